//! A series of messages with pauses between them. A version is never edited; a change makes the next.

use kernel::{Clock, SequenceId, StepId, Timestamp, WorkspaceId};

/// The name of the sequence that routed leads enter.
pub const DEFAULT_NAME: &str = "Inbound welcome";

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sequence {
    pub id: SequenceId,
    pub workspace: WorkspaceId,
    pub name: String,
    pub version: i64,
    pub created_at: Timestamp,
    /// In the order of their positions.
    pub steps: Vec<Step>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Step {
    pub id: StepId,
    /// From 1.
    pub position: i64,
    /// Days after the step before; the first step's count from the enrolment.
    pub delay_days: i64,
    pub subject: String,
    pub body: String,
}

impl Sequence {
    /// What every workspace starts with: a greeting at once, a reminder after three days.
    pub fn inbound_welcome(workspace: WorkspaceId, clock: &Clock) -> Self {
        let step = |position, delay_days, subject: &str, body: &str| Step {
            id: clock.id(),
            position,
            delay_days,
            subject: subject.to_owned(),
            body: body.to_owned(),
        };
        let steps = vec![
            step(1, 0, "{{first_name|Hello}}, thank you for getting in touch", FIRST),
            step(2, 3, "Shall we find a time, {{first_name|there}}?", SECOND),
        ];
        Self { id: clock.id(), workspace, name: DEFAULT_NAME.to_owned(), version: 1, created_at: clock.now(), steps }
    }
}

const FIRST: &str = "Hi {{first_name|there}},

thank you for your interest. I look after {{company|your team}} on our side from now on.

What made you look for something new? A line or two in reply is enough, and I will come back with what fits.

Best regards
{{owner_name|Your contact}}";

const SECOND: &str = "Hi {{first_name|there}},

I wrote to you a few days ago and do not want to crowd your inbox: if {{company|your team}} is still looking, reply with two times that suit you and I will send an invitation.

If it is not the moment, no reply is needed.

Best regards
{{owner_name|Your contact}}";

#[cfg(test)]
mod tests {
    use super::*;
    use crate::domain::template::{Values, render};

    #[test]
    fn the_default_sequence_can_go_to_anybody() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let sequence = Sequence::inbound_welcome(clock.id(), &clock);
        let values = Values::default();
        for step in &sequence.steps {
            assert!(
                render(&step.subject, &values).is_ok() && render(&step.body, &values).is_ok(),
                "step {}",
                step.position
            );
        }
    }
}
