//! Who is in which segment follows every lead that is saved, in the transaction that saves it.

use std::collections::HashMap;

use events::lead::{SegmentEntered, SegmentExited};
use kernel::{LeadId, SegmentId, Timestamp, WorkspaceId};
use platform::{Tx, outbox::Events};

use crate::{
    domain::{
        lead::Lead,
        segment::{Member, Segment, moves},
    },
    store,
};

/// Holds leads of one workspace that were just written against its segments.
pub(in crate::app) async fn follow(tx: &mut Tx, events: &mut Events<'_>, leads: &[&Lead]) -> Result<(), sqlx::Error> {
    let Some(&&Lead { workspace, updated_at, .. }) = leads.first() else { return Ok(()) };
    let ids: Vec<LeadId> = leads.iter().map(|lead| lead.id).collect();
    follow_ids(tx, events, workspace, &ids, updated_at).await
}

/// The same, by their ids. While a workspace has no segments this costs a look, however many leads there are.
pub(in crate::app) async fn follow_ids(
    tx: &mut Tx,
    events: &mut Events<'_>,
    workspace: WorkspaceId,
    leads: &[LeadId],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    store::segments::share(tx, workspace).await?;
    let segments = store::segments::all(tx, workspace).await?;
    if segments.is_empty() {
        return Ok(());
    }
    // As they stand now that they are ours to change: whose a lead is may have been noted since it was read.
    let leads = store::leads::any_by_ids(tx, workspace, leads).await?;
    hold(tx, events, workspace, &segments, &leads, now).await
}

/// Lets leads into those of these segments that they fit and out of the others, and tells of each.
pub(super) async fn hold(
    tx: &mut Tx,
    events: &mut Events<'_>,
    workspace: WorkspaceId,
    segments: &[Segment],
    leads: &[Lead],
    now: Timestamp,
) -> Result<(), sqlx::Error> {
    let ids: Vec<LeadId> = leads.iter().map(|lead| lead.id).collect();
    let members = store::segments::members(tx, workspace, &ids).await?;
    let moves = moves(segments, leads, &members, now);
    store::segments::enter(tx, workspace, &moves.entered, now).await?;
    store::segments::exit(tx, workspace, &moves.exited).await?;
    let versions: HashMap<SegmentId, i64> = segments.iter().map(|segment| (segment.id, segment.version)).collect();
    let told = |moved: &[Member]| {
        let versioned = |&(segment, lead): &Member| Some((segment, *versions.get(&segment)?, lead));
        moved.iter().filter_map(versioned).collect::<Vec<_>>()
    };
    for (segment, version, lead) in told(&moves.entered) {
        events.push(&SegmentEntered { segment, version, lead });
    }
    for (segment, version, lead) in told(&moves.exited) {
        events.push(&SegmentExited { segment, version, lead });
    }
    Ok(())
}
