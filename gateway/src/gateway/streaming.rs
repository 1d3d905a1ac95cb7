//! Operations whose responses come one by one.

use futures::{
    FutureExt, Stream, StreamExt,
    future::{self, BoxFuture},
    stream::{self, BoxStream},
};
use kernel::Coded;
use platform::auth::AuthError;
use tokio::time::timeout_at;

use super::{Gateway, late, overloaded};
use crate::{Request, RequestContext, Response, auth::Admission, places::Place};

/// A subscription that counts while it is open.
struct Open(#[expect(dead_code, reason = "held, not read")] Place);

impl Open {
    fn new(place: Place) -> Self {
        metrics::gauge!("gateway_subscriptions").increment(1);
        Self(place)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        metrics::gauge!("gateway_subscriptions").decrement(1);
    }
}

impl Gateway {
    /// The stream ends when `admission` is withdrawn.
    pub(crate) async fn run_stream(
        &self,
        request: Request,
        mut context: RequestContext,
        admission: Option<Admission>,
    ) -> BoxStream<'static, Response> {
        let one = |response| stream::once(async move { response }).boxed();
        let deadline = tokio::time::Instant::now() + self.0.limits.deadline;
        let (request_id, resume_after) = (context.request_id.clone(), request.resume_after.clone());
        let refuse = |mut refused| {
            self.tell(&mut refused, &request_id);
            one(refused)
        };
        let Some(working) = self.0.operations.take(context.actor.as_deref()) else { return refuse(overloaded()) };
        let serving = self.serving();
        let Ok(document) = timeout_at(deadline, self.document(&serving, &request)).await else {
            return refuse(late());
        };
        // What is no subscription, or nothing at all, is told in one response.
        if !document.is_ok_and(|cached| cached.document.kind().is_subscription()) {
            drop(working);
            return one(self.run(request, context).await);
        }
        let Some(place) = self.0.subscriptions.take(context.actor.as_deref()) else { return refuse(overloaded()) };
        let ready = match timeout_at(deadline, self.ready(&serving, request, &mut context)).await {
            Ok(Ok(ready)) => ready,
            Ok(Err(refused)) => return refuse(refused),
            Err(_) => return refuse(late()),
        };
        tracing::info!(kind = "subscription", request_id = %context.request_id, "operation");
        let events = serving.execution(ready.variables, context).subscribe(ready.prepared, resume_after);
        let lost = match admission {
            Some(admission) => admission.lost(self.0.limits.reauthentication).boxed(),
            None => future::pending().boxed(),
        };
        let events = until_lost(events, lost).take_until(self.0.draining.clone().cancelled_owned());
        let open = Open::new(place);
        let gateway = self.clone();
        events
            .map(move |mut event| {
                // Held until the stream ends.
                let _open = &open;
                gateway.tell(&mut event, &request_id);
                event
            })
            .boxed()
    }
}

/// Passes events on until `lost` says why there may be no more; that is the last thing told.
fn until_lost(
    events: BoxStream<'static, Response>,
    lost: BoxFuture<'static, AuthError>,
) -> impl Stream<Item = Response> + Send + 'static {
    stream::unfold(Some((events, lost)), |open| async {
        let (mut events, mut lost) = open?;
        tokio::select! {
            biased;
            error = &mut lost => Some((Response::refused_because(error.code(), error.to_string()), None)),
            event = events.next() => Some((event?, Some((events, lost)))),
        }
    })
}
