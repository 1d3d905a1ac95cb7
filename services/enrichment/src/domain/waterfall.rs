//! Asking providers in order, field by field, until one is sure enough.

use events::enrichment::RunStatus;
use serde::{Deserialize, Serialize};

use super::{lead::Subject, providers::AccountBase};

/// What a run looks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Field {
    /// Of the company, in the words of the source.
    Industry,
    /// ISO 3166 alpha-2.
    Country,
    /// A head-count band, see [`headcount`](super::headcount).
    Employees,
    CompanyDomain,
    /// How high the person stands, see [`title`](super::title).
    Seniority,
    Department,
}

impl Field {
    /// The field of the lead, in the API's spelling, that this one tells of.
    pub fn of_lead(self) -> Option<&'static str> {
        match self {
            Self::Country => Some("country"),
            Self::Employees => Some("employees"),
            Self::CompanyDomain => Some("companyDomain"),
            Self::Seniority | Self::Department => Some("title"),
            Self::Industry => None,
        }
    }

    /// The field of the account, in the API's spelling, that this one tells of if it is `provider` who answers. A lead
    /// has no industry of its own, so whoever answers tells of the account's.
    pub fn of_account(self, provider: &str) -> Option<&'static str> {
        let repeats = provider == AccountBase.name();
        match self {
            Self::Industry => Some("industry"),
            Self::Country if repeats => Some("country"),
            Self::Employees if repeats => Some("employees"),
            Self::CompanyDomain if repeats => Some("domain"),
            _ => None,
        }
    }

    pub fn as_str(self) -> &'static str {
        match self {
            Self::Industry => "industry",
            Self::Country => "country",
            Self::Employees => "employees",
            Self::CompanyDomain => "company_domain",
            Self::Seniority => "seniority",
            Self::Department => "department",
        }
    }
}

/// Somebody who may know.
pub trait Provider: Send + Sync {
    /// Stable: stored with every answer.
    fn name(&self) -> &'static str;
    fn look_up(&self, subject: &Subject, field: Field) -> Option<Answer>;
}

#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Answer {
    pub value: String,
    /// 0 to 1.
    pub confidence: f64,
}

/// Whom to ask, about what, in which order.
#[derive(Debug, Clone, PartialEq)]
pub struct Waterfall {
    /// Stored with every run; another order or target is another version.
    pub version: i64,
    pub plans: Vec<Plan>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Plan {
    pub field: Field,
    /// Names, in the order of asking.
    pub providers: Vec<&'static str>,
    /// The confidence at which nobody else is asked.
    pub target: f64,
}

/// What was found, and every step on the way.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub status: RunStatus,
    pub fields: Vec<Resolved>,
    pub calls: Vec<Call>,
}

/// The answer chosen for a field.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Resolved {
    pub field: Field,
    pub value: String,
    pub provider: String,
    pub confidence: f64,
}

/// One provider's turn at one field. An answer is a claim, chosen or not.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Call {
    pub provider: String,
    pub field: Field,
    pub outcome: CallOutcome,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub answer: Option<Answer>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CallOutcome {
    Hit,
    /// Asked in vain.
    Miss,
    /// Not asked: another was sure enough.
    Skipped,
}

/// Asks for every field of the waterfall. Of several answers the most confident wins, of equals the first.
/// A name that no provider has is passed over.
pub fn run_waterfall(subject: &Subject, waterfall: &Waterfall, providers: &[&dyn Provider]) -> Outcome {
    let mut outcome = Outcome { status: RunStatus::Empty, fields: Vec::new(), calls: Vec::new() };
    for plan in &waterfall.plans {
        let mut best: Option<Resolved> = None;
        let planned =
            plan.providers.iter().filter_map(|name| providers.iter().find(|provider| provider.name() == *name));
        for provider in planned {
            let sure = best.as_ref().is_some_and(|best| best.confidence >= plan.target);
            let answer = if sure { None } else { provider.look_up(subject, plan.field) };
            outcome.calls.push(Call {
                provider: provider.name().to_owned(),
                field: plan.field,
                outcome: match &answer {
                    Some(_) => CallOutcome::Hit,
                    None if sure => CallOutcome::Skipped,
                    None => CallOutcome::Miss,
                },
                answer: answer.clone(),
            });
            if let Some(Answer { value, confidence }) = answer
                && best.as_ref().is_none_or(|best| confidence > best.confidence)
            {
                best = Some(Resolved { field: plan.field, value, provider: provider.name().to_owned(), confidence });
            }
        }
        outcome.fields.extend(best);
    }
    outcome.status = match outcome.fields.len() {
        0 => RunStatus::Empty,
        found if found == waterfall.plans.len() => RunStatus::Complete,
        _ => RunStatus::Partial,
    };
    outcome
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Says(&'static str, &'static str, f64);

    impl Provider for Says {
        fn name(&self) -> &'static str {
            self.0
        }
        fn look_up(&self, _: &Subject, field: Field) -> Option<Answer> {
            (field == Field::Industry && !self.1.is_empty())
                .then(|| Answer { value: self.1.to_owned(), confidence: self.2 })
        }
    }

    fn run(target: f64, providers: &[Says]) -> Outcome {
        let names = providers.iter().map(|provider| provider.0).collect();
        let waterfall =
            Waterfall { version: 1, plans: vec![Plan { field: Field::Industry, providers: names, target }] };
        let providers: Vec<&dyn Provider> = providers.iter().map(|provider| provider as &dyn Provider).collect();
        run_waterfall(&subject(), &waterfall, &providers)
    }

    fn subject() -> Subject {
        Subject {
            email_domain: "engines.example".into(),
            title: None,
            company: None,
            company_domain: None,
            country: None,
            employees: None,
            account: None,
        }
    }

    fn outcomes(outcome: &Outcome) -> Vec<CallOutcome> {
        outcome.calls.iter().map(|call| call.outcome).collect()
    }

    #[test]
    fn who_comes_after_a_sure_answer_is_not_asked() {
        let outcome = run(0.8, &[Says("a", "", 0.0), Says("b", "Machinery", 0.8), Says("c", "Steel", 1.0)]);
        assert_eq!(outcomes(&outcome), [CallOutcome::Miss, CallOutcome::Hit, CallOutcome::Skipped]);
        assert_eq!((outcome.fields[0].value.as_str(), outcome.fields[0].provider.as_str()), ("Machinery", "b"));
    }

    #[test]
    fn the_most_confident_answer_wins_and_of_equals_the_first() {
        let outcome = run(0.9, &[Says("a", "Steel", 0.5), Says("b", "Machinery", 0.7), Says("c", "Retail", 0.7)]);
        assert_eq!(outcomes(&outcome), [CallOutcome::Hit; 3]);
        assert_eq!(outcome.fields[0].value, "Machinery");
        assert_eq!(
            outcome.calls[2].answer,
            Some(Answer { value: "Retail".into(), confidence: 0.7 }),
            "a loser's claim is kept"
        );
    }

    #[test]
    fn the_status_tells_how_much_was_found() {
        assert_eq!(run(0.9, &[Says("a", "", 0.0)]).status, RunStatus::Empty);
        assert_eq!(run(0.9, &[Says("a", "Steel", 0.1)]).status, RunStatus::Complete);
        let plan = |field| Plan { field, providers: vec!["a"], target: 0.5 };
        let waterfall = Waterfall { version: 1, plans: vec![plan(Field::Industry), plan(Field::Country)] };
        assert_eq!(run_waterfall(&subject(), &waterfall, &[&Says("a", "Steel", 0.1)]).status, RunStatus::Partial);
    }

    #[test]
    fn an_unknown_provider_is_passed_over() {
        let waterfall = Waterfall {
            version: 1,
            plans: vec![Plan { field: Field::Industry, providers: vec!["gone", "a"], target: 0.5 }],
        };
        let outcome = run_waterfall(&subject(), &waterfall, &[&Says("a", "Steel", 0.6)]);
        assert_eq!((outcome.calls.len(), outcome.fields.len()), (1, 1));
    }

    #[test]
    fn a_field_has_one_name() {
        use Field::*;
        for field in [Industry, Country, Employees, CompanyDomain, Seniority, Department] {
            assert_eq!(serde_json::to_value(field).unwrap(), field.as_str());
        }
    }
}
