//! What the gateway remembers of credentials ends when identity tells of a change, whoever made it and through whichever
//! gateway.

use std::time::Duration;

use events::{
    Event,
    identity::{ApiKeyRevoked, RoleChanged, SessionRevoked, TeamChanged, UserUpdated},
};
use futures::{
    StreamExt,
    future::try_join_all,
    stream::{self, BoxStream},
};
use gateway::Gateway;
use platform::bus::{Bus, BusError};
use tokio_util::sync::CancellationToken;

/// What can take a right away.
const CHANGES: [&str; 5] =
    [UserUpdated::TYPE, TeamChanged::TYPE, RoleChanged::TYPE, ApiKeyRevoked::TYPE, SessionRevoked::TYPE];

/// How long to wait before listening again to a bus that went away. Meanwhile nothing is remembered for longer than
/// the gateway says.
const PAUSE: Duration = Duration::from_secs(1);

/// Runs until `stop`.
pub async fn follow(bus: Bus, gateway: Gateway, stop: CancellationToken) -> anyhow::Result<()> {
    let following = async {
        loop {
            match listen(&bus).await {
                Ok(mut changes) => {
                    // For what was missed.
                    gateway.forget_credentials();
                    while changes.next().await.is_some() {
                        gateway.forget_credentials();
                    }
                }
                Err(error) => tracing::warn!(%error, "changes of rights cannot be followed"),
            }
            tokio::time::sleep(PAUSE).await;
        }
    };
    stop.run_until_cancelled(following).await;
    Ok(())
}

/// Ends when one of the streams does, so that none is missing unnoticed.
async fn listen(bus: &Bus) -> Result<BoxStream<'static, ()>, BusError> {
    let streams = try_join_all(CHANGES.map(|change| bus.live(change, None))).await?;
    let told = streams.into_iter().map(|stream| stream.map(Some).chain(stream::iter([None])).boxed());
    Ok(stream::select_all(told).take_while(|event| std::future::ready(event.is_some())).map(drop).boxed())
}
