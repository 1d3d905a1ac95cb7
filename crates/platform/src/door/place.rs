//! Places: so many requests are worked at at once. Whoever is waited for holds none.

use std::{
    fmt,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
    task::Poll,
};

use axum::{
    body::{Body, HttpBody},
    response::Response,
};
use futures::{StreamExt, stream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};

/// Bytes of a body that may be kept without a place.
const LITTLE: usize = 16 * 1024;

/// The place of one request.
pub(super) struct Place {
    places: Arc<Semaphore>,
    held: Mutex<Option<OwnedSemaphorePermit>>,
}

/// While the client sent the rest of its request others took every place.
#[derive(Debug)]
pub(super) struct Taken;

impl fmt::Display for Taken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(super::TOO_MUCH)
    }
}

impl std::error::Error for Taken {}

impl Place {
    pub fn take(places: &Arc<Semaphore>) -> Option<Arc<Self>> {
        let permit = places.clone().try_acquire_owned().ok()?;
        Some(Arc::new(Self { places: places.clone(), held: Mutex::new(Some(permit)) }))
    }

    /// The body of a request, which lets others have the place as long as it waits for the client, and is an error
    /// if there is none again at its end.
    pub fn waits_for(self: &Arc<Self>, body: Body) -> Body {
        if body.is_end_stream() {
            return body;
        }
        let (place, mut data, mut read) = (self.clone(), body.into_data_stream(), 0);
        Body::from_stream(stream::poll_fn(move |context| {
            let polled = data.poll_next_unpin(context);
            match &polled {
                Poll::Ready(Some(Ok(bytes))) => read += bytes.len(),
                // What has come so far is memory, of which there shall be no more than there are places.
                Poll::Pending if read <= LITTLE => *place.held() = None,
                Poll::Pending => {}
                Poll::Ready(None) if !place.take_again() => return Poll::Ready(Some(Err(axum::Error::new(Taken)))),
                Poll::Ready(_) => {}
            }
            polled
        }))
    }

    /// An answer that is made while it is sent keeps the place until then.
    pub fn until_sent(self: Arc<Self>, response: Response) -> Response {
        if response.body().size_hint().exact().is_some() {
            return response;
        }
        response.map(|body| {
            Body::from_stream(body.into_data_stream().inspect(move |_| {
                let _place = &self;
            }))
        })
    }

    fn take_again(&self) -> bool {
        let mut held = self.held();
        if held.is_none() {
            *held = self.places.clone().try_acquire_owned().ok();
        }
        held.is_some()
    }

    fn held(&self) -> MutexGuard<'_, Option<OwnedSemaphorePermit>> {
        self.held.lock().unwrap_or_else(PoisonError::into_inner)
    }
}
