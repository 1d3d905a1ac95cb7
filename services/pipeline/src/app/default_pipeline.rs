use kernel::{Clock, WorkspaceId};
use platform::Tx;

use crate::{
    domain::pipeline::{DEFAULT_PIPELINE, Pipeline},
    error::Error,
    store,
};

/// The pipeline of a workspace that named none, made when it is first needed. Two that need it first at once
/// meet at the unique name: one waits for the other and finds its pipeline.
pub(super) async fn default_pipeline(tx: &mut Tx, workspace: WorkspaceId, clock: &Clock) -> Result<Pipeline, Error> {
    if let Some(pipeline) = store::pipelines::by_name(tx, workspace, DEFAULT_PIPELINE).await? {
        return Ok(pipeline);
    }
    store::pipelines::insert(tx, &Pipeline::new_business(workspace, clock)).await?;
    store::pipelines::by_name(tx, workspace, DEFAULT_PIPELINE).await?.ok_or(Error::Conflict)
}
