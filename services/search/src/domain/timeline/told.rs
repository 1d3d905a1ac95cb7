//! Which events the timeline knows.

use events::{
    Envelope, Event, PayloadError,
    cadence::{
        ContactUnsubscribed, EnrollmentFinished, EnrollmentPaused, EnrollmentResumed, EnrollmentStarted,
        EnrollmentStopped, MessageResolved, MessageSent,
    },
    enrichment::{EmailVerified, LeadEnriched},
    lead::{
        AccountCreated, AccountMerged, AccountUnmerged, AccountUpdated, CaptureReceived, ContactCreated, ContactMerged,
        ContactUnmerged, ContactUpdated, LeadCaptured, LeadConverted, LeadMerged, LeadUnmerged, LeadUpdated,
        SegmentEntered, SegmentExited,
    },
    pipeline::{OpportunityCreated, OpportunityStageChanged, OpportunityUpdated},
    routing::{LeadRouted, LeadUnrouted},
};

use super::{Happening, about_leads, about_merges, about_others};

/// How the timeline tells of a payload.
trait Tell: Event {
    fn tell(&self, event: &Envelope) -> Happening;
}

macro_rules! told {
    ($($payload:ident by $tell:path),+ $(,)?) => {
        $(impl Tell for $payload {
            fn tell(&self, event: &Envelope) -> Happening {
                $tell(event, self)
            }
        })+

        /// The types of all events that stand on a timeline.
        pub const SUBJECTS: &[&str] = &[$($payload::TYPE,)+];

        /// What the timeline keeps of the event; `None` for one of no interest.
        pub fn happening(event: &Envelope) -> Result<Option<Happening>, PayloadError> {
            Ok(match event.r#type.as_str() {
                $($payload::TYPE => Some(event.payload::<$payload>()?.tell(event)),)+
                _ => None,
            })
        }
    };
}

told!(
    LeadCaptured by about_leads::captured,
    LeadUpdated by about_leads::updated,
    LeadConverted by about_leads::converted,
    LeadMerged by about_merges::leads_merged,
    LeadUnmerged by about_merges::leads_unmerged,
    CaptureReceived by about_leads::submitted,
    AccountCreated by about_others::account_created,
    AccountUpdated by about_others::account_updated,
    AccountMerged by about_merges::accounts_merged,
    AccountUnmerged by about_merges::accounts_unmerged,
    ContactCreated by about_others::contact_created,
    ContactUpdated by about_others::contact_updated,
    ContactMerged by about_merges::contacts_merged,
    ContactUnmerged by about_merges::contacts_unmerged,
    SegmentEntered by about_leads::segment_entered,
    SegmentExited by about_leads::segment_exited,
    EmailVerified by about_leads::verified,
    LeadEnriched by about_leads::enriched,
    LeadRouted by about_leads::routed,
    LeadUnrouted by about_leads::unrouted,
    EnrollmentStarted by about_leads::enrolled,
    EnrollmentPaused by about_leads::paused,
    EnrollmentResumed by about_leads::resumed,
    EnrollmentStopped by about_leads::stopped,
    EnrollmentFinished by about_leads::finished,
    MessageSent by about_leads::sent,
    MessageResolved by about_leads::resolved,
    ContactUnsubscribed by about_leads::unsubscribed,
    OpportunityCreated by about_others::opportunity_created,
    OpportunityStageChanged by about_others::stage_changed,
    OpportunityUpdated by about_others::opportunity_updated,
);

#[cfg(test)]
mod tests {
    use events::examples;

    use super::*;

    #[test]
    fn every_type_has_its_example_and_tells_of_a_record() {
        let told: Vec<_> = examples::all().iter().filter_map(|event| happening(event).unwrap()).collect();
        assert_eq!(told.len(), SUBJECTS.len());
        for one in told {
            assert!(!one.records.is_empty() && !one.told.title.is_empty(), "{:?}", one.entry_type);
            assert!(one.place.state.is_some() || one.place.part_of.is_some(), "{:?} follows nothing", one.entry_type);
        }
    }
}
