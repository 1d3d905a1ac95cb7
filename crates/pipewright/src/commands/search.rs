//! `pipewright search rebuild`: the index is derived, so it can be thrown away and built again from what the
//! services have published.

use anyhow::bail;
use platform::config::Config;

use crate::stack::Shared;

pub async fn rebuild(config: Config) -> anyhow::Result<()> {
    let _ = Shared::connect(config).await?;
    bail!("not yet")
}
