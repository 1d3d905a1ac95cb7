use events::cadence::EnrollmentStopped;
use kernel::{Timestamp, WorkspaceId};
use platform::{Tx, outbox::Events};

use crate::{
    domain::enrollment::{Enrollment, EnrollmentState},
    error::Error,
    store::{self, enrollments::Of},
};

/// Ends an enrolment before its last step: what was queued will not leave.
pub(super) async fn stop(
    tx: &mut Tx,
    events: &mut Events<'_>,
    enrollment: &Enrollment,
    why: &str,
    now: Timestamp,
) -> Result<Enrollment, Error> {
    let stopped = enrollment.moved(EnrollmentState::Stopped, Some(why), now);
    if store::enrollments::update(tx, &stopped).await? == 0 {
        return Err(Error::Conflict);
    }
    store::messages::cancel(tx, stopped.workspace, stopped.id).await?;
    events.push(&EnrollmentStopped { enrollment: stopped.id, lead: stopped.lead, why: why.to_owned() });
    Ok(stopped)
}

/// Ends every running enrolment of a lead or an address.
pub(super) async fn stop_running(
    tx: &mut Tx,
    events: &mut Events<'_>,
    workspace: WorkspaceId,
    of: Of<'_>,
    why: &str,
    now: Timestamp,
) -> Result<(), Error> {
    for enrollment in store::enrollments::running(tx, workspace, of).await? {
        stop(tx, events, &enrollment, why, now).await?;
    }
    Ok(())
}
