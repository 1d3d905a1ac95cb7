//! What the gateway remembers of credentials ends when identity tells of a change on the bus, whoever made it and
//! through whichever gateway.

use std::{error::Error, future::ready, time::Duration};

use events::{
    Event,
    identity::{ApiKeyCreated, ApiKeyRevoked, RoleChanged, SessionRevoked, TeamChanged, UserUpdated},
};
use futures::{
    StreamExt,
    future::try_join_all,
    stream::{self, BoxStream},
};
use kernel::{Clock, WorkspaceId};
use platform::{
    bus::{Bus, BusError},
    config::Secret,
};
use tokio_util::sync::CancellationToken;

use crate::Gateway;

/// What can take a right away. A key may take another's place.
const CHANGES: [&str; 6] = [
    UserUpdated::TYPE,
    TeamChanged::TYPE,
    RoleChanged::TYPE,
    ApiKeyCreated::TYPE,
    ApiKeyRevoked::TYPE,
    SessionRevoked::TYPE,
];

/// How long to wait before trying again a bus that is away. Meanwhile nothing is remembered for longer than the gateway
/// says.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until `stop`.
pub async fn follow(bus: Bus, gateway: Gateway, stop: CancellationToken) -> anyhow::Result<()> {
    stop.run_until_cancelled(forget_what_changes(&bus, &gateway)).await;
    Ok(())
}

/// Runs until `stop`, on a bus of other processes: it may be away, also at first.
pub async fn follow_at(url: Secret, clock: Clock, gateway: Gateway, stop: CancellationToken) -> anyhow::Result<()> {
    let following = async {
        let bus = connect(&url, &clock).await;
        forget_what_changes(&bus, &gateway).await;
    };
    stop.run_until_cancelled(following).await;
    Ok(())
}

async fn connect(url: &Secret, clock: &Clock) -> Bus {
    loop {
        match Bus::connect(url.expose(), clock.clone()).await {
            Ok(bus) => return bus,
            Err(error) => warn(&error),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

async fn forget_what_changes(bus: &Bus, gateway: &Gateway) {
    loop {
        match listen(bus).await {
            Ok(mut changes) => {
                // For what was missed.
                gateway.forget_credentials(None);
                while let Some(workspace) = changes.next().await {
                    gateway.forget_credentials(Some(workspace));
                }
            }
            Err(error) => warn(&error),
        }
        tokio::time::sleep(PAUSE).await;
    }
}

/// The workspaces of the changes. Ends when one of the streams does, so that none is missing unnoticed.
async fn listen(bus: &Bus) -> Result<BoxStream<'static, WorkspaceId>, BusError> {
    let streams = try_join_all(CHANGES.map(|change| bus.live(change, None))).await?;
    let told = streams.into_iter().map(|stream| stream.map(Some).chain(stream::iter([None])).boxed());
    let whole = stream::select_all(told).take_while(|event| ready(event.is_some()));
    Ok(whole.filter_map(|event| ready(event.map(|event| event.workspace))).boxed())
}

fn warn(error: &BusError) {
    tracing::warn!(error = error as &dyn Error, "changes of rights cannot be followed");
}
