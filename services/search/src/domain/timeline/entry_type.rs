use serde::{Deserialize, Serialize};

macro_rules! entry_types {
    ($($name:ident = $text:literal),+ $(,)?) => {
        /// What kind of thing happened.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
        pub enum EntryType {
            $(#[serde(rename = $text)] $name,)+
        }

        impl EntryType {
            pub const ALL: &'static [Self] = &[$(Self::$name,)+];

            /// The name in the database.
            pub fn as_str(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)+
                }
            }
        }
    };
}

entry_types!(
    LeadCaptured = "lead_captured",
    LeadUpdated = "lead_updated",
    LeadConverted = "lead_converted",
    LeadMerged = "lead_merged",
    LeadUnmerged = "lead_unmerged",
    CaptureReceived = "capture_received",
    AccountCreated = "account_created",
    AccountUpdated = "account_updated",
    AccountMerged = "account_merged",
    AccountUnmerged = "account_unmerged",
    ContactCreated = "contact_created",
    ContactUpdated = "contact_updated",
    ContactMerged = "contact_merged",
    ContactUnmerged = "contact_unmerged",
    SegmentEntered = "segment_entered",
    SegmentExited = "segment_exited",
    EmailVerified = "email_verified",
    LeadEnriched = "lead_enriched",
    LeadRouted = "lead_routed",
    LeadUnrouted = "lead_unrouted",
    EnrollmentStarted = "enrollment_started",
    EnrollmentPaused = "enrollment_paused",
    EnrollmentResumed = "enrollment_resumed",
    EnrollmentStopped = "enrollment_stopped",
    EnrollmentFinished = "enrollment_finished",
    MessageSent = "message_sent",
    MessageResolved = "message_resolved",
    Unsubscribed = "unsubscribed",
    OpportunityCreated = "opportunity_created",
    OpportunityStageChanged = "opportunity_stage_changed",
    OpportunityUpdated = "opportunity_updated",
);

/// A set of types; the empty one stands for all.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Hash)]
pub struct EntryTypes(u64);

impl EntryTypes {
    /// `None` for all.
    pub fn get(self) -> Option<Vec<EntryType>> {
        let chosen = EntryType::ALL.iter().copied().filter(|one| self.0 & bit(*one) != 0);
        (self.0 != 0).then(|| chosen.collect())
    }
}

impl FromIterator<EntryType> for EntryTypes {
    fn from_iter<I: IntoIterator<Item = EntryType>>(types: I) -> Self {
        Self(types.into_iter().fold(0, |set, one| set | bit(one)))
    }
}

fn bit(one: EntryType) -> u64 {
    1 << (one as u64)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_set_gives_back_what_was_put_into_it() {
        assert_eq!(EntryTypes::default().get(), None);
        assert_eq!(EntryTypes::from_iter([]).get(), None);
        for one in EntryType::ALL {
            assert_eq!(EntryTypes::from_iter([*one, *one]).get(), Some(vec![*one]));
        }
        assert_eq!(EntryTypes::from_iter(EntryType::ALL.iter().copied()).get().unwrap(), EntryType::ALL);
    }
}
