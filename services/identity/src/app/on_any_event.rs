use std::{
    collections::HashMap,
    sync::{Arc, Mutex, PoisonError},
};

use async_trait::async_trait;
use events::{Envelope, Event, cadence, enrichment, identity, lead, pipeline, routing};
use kernel::WorkspaceId;
use platform::{
    Tx,
    inbox::{EventHandler, HandleError},
};

use super::App;
use crate::{
    domain::audit::{AuditEntry, Head},
    store,
};

/// Everything that is ever published.
pub const AUDITED: &[&str] = &[
    cadence::AddressSuppressed::TYPE,
    cadence::ConfirmationSent::TYPE,
    cadence::ContactUnsubscribed::TYPE,
    cadence::EnrollmentFinished::TYPE,
    cadence::EnrollmentPaused::TYPE,
    cadence::EnrollmentResumed::TYPE,
    cadence::EnrollmentStarted::TYPE,
    cadence::EnrollmentStopped::TYPE,
    cadence::MailboxChanged::TYPE,
    cadence::MessageResolved::TYPE,
    cadence::MessageSent::TYPE,
    enrichment::EmailVerified::TYPE,
    enrichment::LeadEnriched::TYPE,
    identity::ApiKeyCreated::TYPE,
    identity::ApiKeyRevoked::TYPE,
    identity::PasswordChanged::TYPE,
    identity::RoleChanged::TYPE,
    identity::SessionRevoked::TYPE,
    identity::SessionStarted::TYPE,
    identity::SignInFailed::TYPE,
    identity::TeamChanged::TYPE,
    identity::UserCreated::TYPE,
    identity::UserInvited::TYPE,
    identity::UserUpdated::TYPE,
    identity::WorkspaceCreated::TYPE,
    lead::AccountCreated::TYPE,
    lead::AccountMerged::TYPE,
    lead::AccountUnmerged::TYPE,
    lead::AccountDomainsChanged::TYPE,
    lead::AccountHierarchyChanged::TYPE,
    lead::AccountKeyAttended::TYPE,
    lead::AccountKeyNeglected::TYPE,
    lead::AccountPlanChanged::TYPE,
    lead::AccountSegmentChanged::TYPE,
    lead::AccountUpdated::TYPE,
    lead::CaptureConfirmationRequested::TYPE,
    lead::CaptureConfirmed::TYPE,
    lead::CaptureReceived::TYPE,
    lead::ContactCreated::TYPE,
    lead::ContactMerged::TYPE,
    lead::ContactUnmerged::TYPE,
    lead::ContactUpdated::TYPE,
    lead::ConsentGranted::TYPE,
    lead::ConsentWithdrawn::TYPE,
    lead::DuplicateDismissed::TYPE,
    lead::FormChanged::TYPE,
    lead::LandingPageChanged::TYPE,
    lead::ContactTouched::TYPE,
    lead::KeyAccountRulesChanged::TYPE,
    lead::LeadCaptured::TYPE,
    lead::LeadConverted::TYPE,
    lead::LeadMerged::TYPE,
    lead::LeadUnmerged::TYPE,
    lead::LeadUpdated::TYPE,
    lead::PageConverted::TYPE,
    lead::SegmentBandsChanged::TYPE,
    lead::SegmentChanged::TYPE,
    lead::SegmentEntered::TYPE,
    lead::SegmentExited::TYPE,
    lead::SourceCostRecorded::TYPE,
    pipeline::OpportunityCreated::TYPE,
    pipeline::OpportunityStageChanged::TYPE,
    pipeline::OpportunityUpdated::TYPE,
    routing::LeadRouted::TYPE,
    routing::LeadUnrouted::TYPE,
    routing::RepUpdated::TYPE,
];

/// Where this process thinks that chains end. A guess, which the database confirms: a transaction that rolled
/// back, or another process, makes it wrong.
#[derive(Debug, Clone, Default)]
pub struct Heads(Arc<Mutex<HashMap<WorkspaceId, Head>>>);

impl Heads {
    fn get(&self, workspace: WorkspaceId) -> Option<Head> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).get(&workspace).cloned()
    }

    fn set(&self, workspace: WorkspaceId, head: Head) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).insert(workspace, head);
    }
}

#[async_trait]
impl EventHandler for App {
    /// Adds the event to its workspace's audit trail: two statements while nobody else adds.
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        let entry = match self.append(tx, self.heads.get(event.workspace), event).await? {
            Some(entry) => entry,
            None => {
                let head = store::audit::head(tx, event.workspace).await?;
                let added = self.append(tx, Some(head), event).await?;
                added.ok_or_else(|| HandleError::Other("the audit trail's end moved under its lock".to_owned()))?
            }
        };
        store::audit::insert(tx, &entry).await?;
        self.heads.set(event.workspace, entry.head());
        Ok(())
    }
}

impl App {
    /// Takes the place after `head`, if the chain ends there.
    async fn append(
        &self,
        tx: &mut Tx,
        head: Option<Head>,
        event: &Envelope,
    ) -> Result<Option<AuditEntry>, HandleError> {
        let Some(head) = head else { return Ok(None) };
        let entry = head.next(event).map_err(|error| HandleError::Other(error.to_string()))?;
        let taken = store::audit::advance(tx, &head, &entry).await? == 1;
        Ok(taken.then_some(entry))
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn no_event_goes_unrecorded() {
        let published: BTreeSet<String> = events::examples::all().into_iter().map(|event| event.r#type).collect();
        assert_eq!(AUDITED.iter().map(|kind| (*kind).to_owned()).collect::<BTreeSet<_>>(), published);
    }
}
