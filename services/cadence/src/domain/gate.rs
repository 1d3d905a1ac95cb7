//! The send gate: may this message leave at this instant? A pure function of what is known, asked again for
//! every attempt, and kept with the message.

use chrono::TimeDelta;
use events::{enrichment::Verdict, lead::LeadStatus};
use kernel::{Candidate, Decision, DecisionId, MessageId, Timestamp, inputs_hash};
use serde::{Deserialize, Serialize};
use serde_json::json;

use super::lead::{closed_because, undeliverable_because};

/// What the gate looks at. Names nobody: it is stored, and shown to who asks why.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Inputs {
    pub at: Timestamp,
    /// `None` if nobody has verified the address.
    pub verdict: Option<Verdict>,
    /// Why the address is suppressed, if it is.
    pub suppressed: Option<String>,
    pub lead_status: LeadStatus,
    /// Whether the lead still has the address the enrolment began with.
    pub address_is_current: bool,
    /// Template tokens with neither value nor fallback.
    pub unresolved: Vec<String>,
    /// Why no mail can be made of it, if so.
    pub unwritable: Option<String>,
    pub mailbox_paused: bool,
    /// The last message that went, or may have gone, to this address.
    pub last_message_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Rules {
    pub version: i64,
    /// Between two messages to one address.
    pub gap_hours: i64,
    /// How long a message waits for a paused mailbox before it asks again.
    pub paused_minutes: i64,
}

impl Rules {
    pub const CURRENT: Self = Self { version: 1, gap_hours: 24, paused_minutes: 15 };
}

/// What the gate says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Ruling {
    Allowed,
    /// Never: the message is refused and its enrolment stops.
    Refused(Vec<String>),
    /// Not now: it asks again at this time.
    Postponed(Timestamp),
}

pub const ALLOWED: &str = "allowed";
const REFUSED: &str = "refused";
const POSTPONED: &str = "postponed";

/// Each check is a candidate of the decision; one that fails says why.
pub fn decide(id: DecisionId, message: MessageId, inputs: &Inputs, rules: &Rules) -> (Decision, Ruling) {
    let refusals = refusals(inputs);
    let waits = waits(inputs, rules);
    let failed: Vec<String> = refusals.iter().filter_map(|check| check.rejected_because.clone()).collect();
    let until = waits.iter().filter_map(|(_, until)| *until).max();
    let verdict = match until {
        _ if !failed.is_empty() => Ruling::Refused(failed),
        Some(until) => Ruling::Postponed(until),
        None => Ruling::Allowed,
    };
    let outcome = match &verdict {
        Ruling::Allowed => ALLOWED,
        Ruling::Refused(_) => REFUSED,
        Ruling::Postponed(_) => POSTPONED,
    };
    let json = json!(inputs);
    let decision = Decision {
        id,
        kind: "send_message".to_owned(),
        subject: message.to_string(),
        rule_version: rules.version,
        inputs_hash: inputs_hash(&json),
        inputs: json,
        candidates: refusals.into_iter().chain(waits.into_iter().map(|(check, _)| check)).collect(),
        outcome: outcome.to_owned(),
        chosen: None,
        decided_at: inputs.at,
    };
    (decision, verdict)
}

/// Why a decision was not `allowed`.
pub fn reasons(decision: &Decision) -> Vec<String> {
    decision.candidates.iter().filter_map(|check| check.rejected_because.clone()).collect()
}

/// Checks whose failure is final.
fn refusals(inputs: &Inputs) -> Vec<Candidate> {
    let address = (!inputs.address_is_current).then(|| "the lead has another address now".to_owned());
    let tokens = (!inputs.unresolved.is_empty())
        .then(|| format!("the template has no value for {}", inputs.unresolved.join(", ")));
    vec![
        check("address_verified", undeliverable_because(inputs.verdict).map(str::to_owned)),
        check(
            "address_not_suppressed",
            inputs.suppressed.as_ref().map(|reason| format!("the address is suppressed: {reason}")),
        ),
        check("lead_open", closed_because(inputs.lead_status).map(str::to_owned)),
        check("address_current", address),
        check("tokens_resolved", tokens),
        check("mail_writable", inputs.unwritable.clone()),
    ]
}

/// Checks that time can mend, with when to ask again.
fn waits(inputs: &Inputs, rules: &Rules) -> Vec<(Candidate, Option<Timestamp>)> {
    let resumes = inputs.mailbox_paused.then(|| inputs.at + TimeDelta::minutes(rules.paused_minutes));
    let free =
        inputs.last_message_at.map(|last| last + TimeDelta::hours(rules.gap_hours)).filter(|free| *free > inputs.at);
    let gap = format!("another message went to this address less than {} hours ago", rules.gap_hours);
    vec![
        (check("mailbox_running", resumes.map(|_| "the mailbox is paused".to_owned())), resumes),
        (check("frequency_cap", free.map(|_| gap)), free),
    ]
}

fn check(id: &str, rejected_because: Option<String>) -> Candidate {
    Candidate { id: id.to_owned(), eligible: rejected_because.is_none(), rejected_because }
}

#[cfg(test)]
mod tests {
    use kernel::Clock;

    use super::*;

    fn inputs() -> Inputs {
        Inputs {
            at: Timestamp::UNIX_EPOCH,
            verdict: Some(Verdict::Risky),
            suppressed: None,
            lead_status: LeadStatus::New,
            address_is_current: true,
            unresolved: Vec::new(),
            unwritable: None,
            mailbox_paused: false,
            last_message_at: None,
        }
    }

    fn says(inputs: &Inputs) -> Ruling {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        decide(clock.id(), clock.id(), inputs, &Rules::CURRENT).1
    }

    #[test]
    fn a_verified_address_of_an_open_lead_may_be_written_to() {
        assert_eq!(says(&inputs()), Ruling::Allowed);
    }

    #[test]
    fn every_refusal_is_told_at_once() {
        let inputs = Inputs {
            verdict: Some(Verdict::Invalid),
            suppressed: Some("the recipient unsubscribed".into()),
            lead_status: LeadStatus::Converted,
            unresolved: vec!["owner_name".into()],
            mailbox_paused: true,
            ..inputs()
        };
        let Ruling::Refused(reasons) = says(&inputs) else { panic!("allowed") };
        assert_eq!(
            reasons,
            [
                "the address is invalid",
                "the address is suppressed: the recipient unsubscribed",
                "the lead was converted",
                "the template has no value for owner_name",
            ]
        );
    }

    #[test]
    fn an_address_nobody_could_verify_is_not_written_to() {
        for verdict in [None, Some(Verdict::Unknown)] {
            assert!(matches!(says(&Inputs { verdict, ..inputs() }), Ruling::Refused(_)), "{verdict:?}");
        }
    }

    #[test]
    fn a_message_waits_for_the_mailbox_and_for_the_last_one_to_be_a_day_old() {
        let hour = |hours| Timestamp::UNIX_EPOCH + TimeDelta::hours(hours);
        assert_eq!(says(&Inputs { last_message_at: Some(hour(-2)), ..inputs() }), Ruling::Postponed(hour(22)));
        assert_eq!(says(&Inputs { last_message_at: Some(hour(-24)), ..inputs() }), Ruling::Allowed);
        let both = Inputs { last_message_at: Some(hour(-2)), mailbox_paused: true, ..inputs() };
        assert_eq!(says(&both), Ruling::Postponed(hour(22)));
    }

    #[test]
    fn a_stored_decision_can_be_taken_again() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let inputs = Inputs { verdict: None, last_message_at: Some(Timestamp::UNIX_EPOCH), ..inputs() };
        let (decision, _) = decide(clock.id(), clock.id(), &inputs, &Rules::CURRENT);
        let stored: Decision = serde_json::from_str(&serde_json::to_string(&decision).unwrap()).unwrap();
        let replayed = decide(
            stored.id,
            stored.subject.parse().unwrap(),
            &serde_json::from_value(stored.inputs.clone()).unwrap(),
            &Rules::CURRENT,
        )
        .0;
        assert_eq!(replayed, decision);
        assert_eq!(stored.inputs_hash, inputs_hash(&stored.inputs));
    }
}
