//! The providers that come with Pipewright. They know only what they are given, so they cost nothing and can
//! be asked again with the same result.

use kernel::is_free_mail;

use super::{
    country, headcount,
    lead::Subject,
    title,
    waterfall::{Answer, Field, Plan, Provider, Waterfall},
};

pub const ALL: [&dyn Provider; 4] = [&AccountBase, &Form, &EmailDomain, &TitleParser];

/// The waterfall every workspace begins with.
pub fn standard_waterfall() -> Waterfall {
    let plan = |field, providers: &[&'static str], target| Plan { field, providers: providers.to_vec(), target };
    Waterfall {
        version: 1,
        plans: vec![
            plan(Field::Industry, &["account_base", "email_domain"], 0.8),
            plan(Field::Country, &["account_base", "form", "email_domain"], 0.8),
            plan(Field::Employees, &["account_base", "form"], 0.8),
            plan(Field::CompanyDomain, &["account_base", "email_domain", "form"], 0.8),
            plan(Field::Seniority, &["title_parser"], 0.7),
            plan(Field::Department, &["title_parser"], 0.7),
        ],
    }
}

/// What the workspace's own accounts say.
#[derive(Debug)]
pub struct AccountBase;

impl Provider for AccountBase {
    fn name(&self) -> &'static str {
        "account_base"
    }

    fn look_up(&self, subject: &Subject, field: Field) -> Option<Answer> {
        let account = subject.account.as_ref()?;
        let value = match field {
            Field::Industry => account.industry.clone(),
            Field::Country => account.country.as_deref().and_then(country::code).map(str::to_owned),
            Field::Employees => account.employees.as_deref().and_then(headcount::band).map(str::to_owned),
            Field::CompanyDomain => account.domain.clone(),
            Field::Seniority | Field::Department => None,
        };
        value.map(|value| Answer { value, confidence: 0.9 })
    }
}

/// What the lead said, brought into form. People guess at their own company's size.
#[derive(Debug)]
pub struct Form;

impl Provider for Form {
    fn name(&self) -> &'static str {
        "form"
    }

    fn look_up(&self, subject: &Subject, field: Field) -> Option<Answer> {
        let value = match field {
            Field::Country => subject.country.as_deref().and_then(country::code)?,
            Field::Employees => subject.employees.as_deref().and_then(headcount::band)?,
            Field::CompanyDomain => subject.company_domain.as_deref().filter(|domain| !is_free_mail(domain))?,
            _ => return None,
        };
        Some(Answer { value: value.to_owned(), confidence: 0.6 })
    }
}

/// What the address's domain gives away.
#[derive(Debug)]
pub struct EmailDomain;

impl Provider for EmailDomain {
    fn name(&self) -> &'static str {
        "email_domain"
    }

    fn look_up(&self, subject: &Subject, field: Field) -> Option<Answer> {
        let domain = subject.email_domain.as_str();
        let (value, confidence) = match field {
            Field::Country => (country::of_domain(domain)?, 0.5),
            Field::Industry => (sector(domain)?, 0.6),
            // A person's private box says nothing about where they work.
            Field::CompanyDomain => (Some(domain).filter(|domain| !is_free_mail(domain))?, 0.8),
            _ => return None,
        };
        Some(Answer { value: value.to_owned(), confidence })
    }
}

/// What the job title says about the person.
#[derive(Debug)]
pub struct TitleParser;

impl Provider for TitleParser {
    fn name(&self) -> &'static str {
        "title_parser"
    }

    fn look_up(&self, subject: &Subject, field: Field) -> Option<Answer> {
        let title = subject.title.as_deref()?;
        let value = match field {
            Field::Seniority => title::seniority(title)?,
            Field::Department => title::department(title)?,
            _ => return None,
        };
        Some(Answer { value: value.to_owned(), confidence: 0.7 })
    }
}

/// Names that only schools and authorities get: `.edu`, `.ac.uk`, `.gov.au`.
fn sector(domain: &str) -> Option<&'static str> {
    let mut labels = domain.rsplit('.');
    let tld = labels.next()?;
    let label = if tld.len() == 2 { labels.next()? } else { tld };
    // The label must have an owner's name before it: `gov.example` is anybody's, `ac.fr` is a company.
    match (label, labels.next().is_some()) {
        ("edu", true) => Some("Education"),
        ("ac", true) if tld != "ac" => Some("Education"),
        ("gov" | "mil", true) => Some("Government"),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use events::enrichment::RunStatus;
    use kernel::{Clock, Timestamp};

    use super::*;
    use crate::domain::{
        lead::AccountFacts,
        waterfall::{CallOutcome, Outcome, run_waterfall},
    };

    fn subject() -> Subject {
        Subject {
            email_domain: "engines.de".into(),
            title: Some("VP Sales".into()),
            company: Some("Engines".into()),
            company_domain: Some("engines.example".into()),
            country: Some("Frankreich".into()),
            employees: Some("16034".into()),
            account: None,
        }
    }

    fn account() -> AccountFacts {
        AccountFacts {
            id: Clock::fixed(Timestamp::UNIX_EPOCH, 1).id(),
            domain: Some("engines.example".into()),
            industry: Some("Industrials".into()),
            country: Some("Dublin, Ireland".into()),
            employees: None,
        }
    }

    fn found(outcome: &Outcome) -> Vec<(&'static str, &str, &str)> {
        outcome
            .fields
            .iter()
            .map(|found| (found.field.as_str(), found.value.as_str(), found.provider.as_str()))
            .collect()
    }

    #[test]
    fn a_known_account_is_believed_before_the_form() {
        let subject = Subject { account: Some(account()), ..subject() };
        let outcome = run_waterfall(&subject, &standard_waterfall(), &ALL);
        assert_eq!(outcome.status, RunStatus::Complete);
        assert_eq!(
            found(&outcome),
            [
                ("industry", "Industrials", "account_base"),
                ("country", "IE", "account_base"),
                ("employees", "10001+", "form"),
                ("company_domain", "engines.example", "account_base"),
                ("seniority", "VP", "title_parser"),
                ("department", "Sales", "title_parser"),
            ]
        );
    }

    #[test]
    fn without_an_account_the_form_and_the_address_answer() {
        let outcome = run_waterfall(&subject(), &standard_waterfall(), &ALL);
        assert_eq!(outcome.status, RunStatus::Partial);
        assert_eq!(
            found(&outcome)[..3],
            [
                ("country", "FR", "form"),
                ("employees", "10001+", "form"),
                ("company_domain", "engines.de", "email_domain")
            ]
        );
        let domain_from_form =
            outcome.calls.iter().find(|call| call.field == Field::CompanyDomain && call.provider == "form").unwrap();
        assert_eq!(domain_from_form.outcome, CallOutcome::Skipped);
    }

    #[test]
    fn a_bare_free_mail_address_gives_nothing() {
        let subject = Subject {
            email_domain: "gmail.com".into(),
            title: None,
            company_domain: None,
            country: None,
            employees: None,
            ..subject()
        };
        let outcome = run_waterfall(&subject, &standard_waterfall(), &ALL);
        assert_eq!((outcome.status, outcome.fields.len()), (RunStatus::Empty, 0));
        assert!(outcome.calls.iter().all(|call| call.outcome == CallOutcome::Miss));
    }

    #[test]
    fn every_provider_of_the_standard_waterfall_exists() {
        for name in standard_waterfall().plans.iter().flat_map(|plan| &plan.providers) {
            assert!(ALL.iter().any(|provider| provider.name() == *name), "{name}");
        }
    }

    #[test]
    fn schools_and_authorities_are_known_by_their_domain() {
        for (domain, sector_of) in [
            ("mit.edu", Some("Education")),
            ("cs.ox.ac.uk", Some("Education")),
            ("unsw.edu.au", Some("Education")),
            ("nasa.gov", Some("Government")),
            ("ato.gov.au", Some("Government")),
            ("gov.example", None),
            ("ac.fr", None),
            ("edu", None),
            ("engines.de", None),
        ] {
            assert_eq!(sector(domain), sector_of, "{domain}");
        }
    }
}
