//! Subscriptions that can be resumed: each response says which event it tells of, and whoever names that event
//! hears what followed it.

use std::{
    collections::VecDeque,
    sync::{Arc, Mutex, PoisonError},
};

use async_graphql::{Context, Response, Value};
use futures::{Stream, StreamExt};
use kernel::{EventId, IdError};

use super::IntoGraphql;

/// Where a response of a subscription has the id of its event: in its `extensions`.
pub const EVENT_ID: &str = "eventId";

/// One subscription of one subgraph, as its resolver and its transport see it.
#[derive(Debug, Clone)]
pub(super) struct Listening {
    after: Option<Arc<str>>,
    /// Events on their way from the resolver to the transport, which follow one another.
    told: Arc<Mutex<VecDeque<EventId>>>,
}

impl Listening {
    pub fn new(after: Option<Arc<str>>) -> Self {
        Self { after, told: Arc::default() }
    }

    fn told(&self, id: EventId) {
        self.told.lock().unwrap_or_else(PoisonError::into_inner).push_back(id);
    }

    /// Puts the id of the event on the response that tells of it.
    pub fn name(&self, response: Response) -> Response {
        let id = self.told.lock().unwrap_or_else(PoisonError::into_inner).pop_front();
        match id {
            Some(id) => response.extension(EVENT_ID, Value::from(id.to_string())),
            None => response,
        }
    }
}

/// After which event a subscription shall go on; `None` is from now on.
pub fn resume_after(ctx: &Context<'_>) -> async_graphql::Result<Option<EventId>> {
    let after = ctx.data_opt::<Listening>().and_then(|listening| listening.after.as_deref());
    after.map(str::parse::<EventId>).transpose().map_err(NoEvent).graphql()
}

/// The events of a subscription that can be resumed, each with its id.
pub fn resumable<T, S>(ctx: &Context<'_>, events: S) -> impl Stream<Item = T> + use<T, S>
where
    S: Stream<Item = (EventId, T)>,
{
    let listening = ctx.data_opt::<Listening>().cloned();
    events.map(move |(id, event)| {
        if let Some(listening) = &listening {
            listening.told(id);
        }
        event
    })
}

/// What a client gave for the id of an event is none.
#[derive(Debug, thiserror::Error)]
#[error("what the subscription shall go on after is no event of ours")]
struct NoEvent(#[source] IdError);

impl kernel::Coded for NoEvent {
    fn code(&self) -> kernel::Code {
        kernel::Code::CannotResume
    }
}
