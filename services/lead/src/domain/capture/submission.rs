use kernel::{Code, EmailAddress, PersonName, PhoneNumber};
use serde::{Deserialize, Serialize};

use super::{
    FieldKind, FormConsent, FormContent, FormField, Given, LeadField,
    names::{self, TRAP},
    taken::Draft,
};
use crate::domain::{import::visible, lead::Details, normalise::domain_of};

/// Longest value of a field, in characters; a message may be longer.
const MAX_CHARS: usize = 500;
const MAX_LONG_CHARS: usize = 10_000;
const MAX_UTM_CHARS: usize = 200;

/// One thing wrong with a submission. The message never repeats what was given.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FieldError {
    /// The name of the input.
    pub field: String,
    pub code: Code,
    pub message: String,
}

/// An answer that is kept with the capture.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Answer {
    pub label: String,
    pub value: String,
    /// Which field of the lead it is about, if it is about one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub lead_field: Option<LeadField>,
}

/// What a form makes of what was given.
#[derive(Clone, PartialEq, Eq)]
pub struct Submission {
    pub draft: Draft,
    pub answers: Vec<Answer>,
    pub utm: events::lead::Utm,
    /// What they agreed to, in the version that they saw.
    pub consent: Option<FormConsent>,
    /// Something that no person sees was filled.
    pub trapped: bool,
}

/// Cleans what was given and holds it against the form. All that is wrong is said at once.
pub fn read(form: &FormContent, given: &Given) -> Result<Submission, Vec<FieldError>> {
    let (mut errors, mut answers, mut details, mut email) = (Vec::new(), Vec::new(), Details::default(), None);
    for field in &form.fields {
        match value_of(field, given.get(&field.slug)) {
            Ok(None) => {}
            Ok(Some(value)) => match field.lead_field {
                Some(LeadField::Email) => match EmailAddress::parse(&value) {
                    Ok(address) => email = Some(address),
                    Err(error) => errors.push(problem(field, Code::InvalidEmail, &error.to_string())),
                },
                Some(LeadField::CompanyDomain) => match domain_of(&value) {
                    Some(domain) => details.company_domain = Some(domain),
                    None => errors.push(problem(field, Code::InvalidInput, "not a host name or web address")),
                },
                Some(lead_field) => set(&mut details, lead_field, value),
                None => answers.push(Answer { label: field.label.clone(), value, lead_field: None }),
            },
            Err(error) => errors.push(error),
        }
    }
    let consent = form.agreed(given.get(names::CONSENT)).cloned();
    if let Some(asked) = form.consent.as_ref().filter(|_| consent.is_none()) {
        let field = names::CONSENT.to_owned();
        if is_ticked(given.get(names::CONSENT)) {
            let message = "this is not what the form asks; please read it once more".to_owned();
            errors.push(FieldError { field, code: Code::InvalidInput, message });
        } else if asked.required {
            let message = "this has to be agreed to".to_owned();
            errors.push(FieldError { field, code: Code::Required, message });
        }
    }
    match email {
        Some(email) if errors.is_empty() => Ok(Submission {
            draft: Draft { email, said: said(form, &details), details, source: form.source.clone() },
            answers,
            utm: utm(given),
            consent,
            trapped: !given.get(TRAP).trim().is_empty(),
        }),
        _ => Err(errors),
    }
}

fn value_of(field: &FormField, given: &str) -> Result<Option<String>, FieldError> {
    let (value, max) = match field.kind {
        FieldKind::LongText => {
            let lines: Vec<String> = given.lines().map(visible).collect();
            (lines.join("\n").trim().to_owned(), MAX_LONG_CHARS)
        }
        FieldKind::Checkbox => (if is_ticked(given) { "yes" } else { "" }.to_owned(), MAX_CHARS),
        _ => (visible(given), MAX_CHARS),
    };
    if value.is_empty() {
        return if field.required { Err(problem(field, Code::Required, "this is needed")) } else { Ok(None) };
    }
    if value.chars().count() > max {
        return Err(problem(field, Code::TooLong, &format!("longer than {max} characters")));
    }
    if field.kind == FieldKind::Choice && !field.options.contains(&value) {
        return Err(problem(field, Code::InvalidInput, "none of the choices"));
    }
    Ok(Some(value))
}

fn problem(field: &FormField, code: Code, message: &str) -> FieldError {
    FieldError { field: field.slug.clone(), code, message: message.to_owned() }
}

pub fn is_ticked(value: &str) -> bool {
    !["", "false", "off", "no", "0"].contains(&value.trim().to_lowercase().as_str())
}

fn set(details: &mut Details, field: LeadField, value: String) {
    match field {
        LeadField::FirstName => details.first_name = Some(PersonName::new(value)),
        LeadField::LastName => details.last_name = Some(PersonName::new(value)),
        LeadField::Title => details.title = Some(value),
        LeadField::Company => details.company = Some(value),
        LeadField::Phone => details.phone = Some(PhoneNumber::new(value)),
        LeadField::Country => details.country = Some(value),
        LeadField::Employees => details.employees = Some(value),
        LeadField::Message => details.message = Some(value),
        // Read by rules of their own.
        LeadField::Email | LeadField::CompanyDomain => {}
    }
}

/// What fills fields of the lead, under the labels that the form had.
fn said(form: &FormContent, details: &Details) -> Vec<Answer> {
    let answer = |field: &FormField| {
        let value = text_of(details, field.lead_field?)?.to_owned();
        Some(Answer { label: field.label.clone(), value, lead_field: field.lead_field })
    };
    form.fields.iter().filter_map(answer).collect()
}

fn text_of(details: &Details, field: LeadField) -> Option<&str> {
    match field {
        LeadField::FirstName => details.first_name.as_ref().map(PersonName::as_str),
        LeadField::LastName => details.last_name.as_ref().map(PersonName::as_str),
        LeadField::Title => details.title.as_deref(),
        LeadField::Company => details.company.as_deref(),
        LeadField::CompanyDomain => details.company_domain.as_deref(),
        LeadField::Phone => details.phone.as_ref().map(PhoneNumber::as_str),
        LeadField::Country => details.country.as_deref(),
        LeadField::Employees => details.employees.as_deref(),
        LeadField::Message => details.message.as_deref(),
        LeadField::Email => None,
    }
}

impl Answer {
    /// Whether a lead says the same.
    pub fn stands_in(&self, details: &Details) -> bool {
        self.lead_field.is_some_and(|field| text_of(details, field) == Some(self.value.as_str()))
    }
}

/// A long value is cut: nobody typed it, and nobody can mend it.
fn utm(given: &Given) -> events::lead::Utm {
    let [source, medium, campaign, term, content] = names::UTM.map(|name| {
        let value: String = visible(given.get(name)).chars().take(MAX_UTM_CHARS).collect();
        Some(value).filter(|value| !value.is_empty())
    });
    events::lead::Utm { source, medium, campaign, term, content }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn field(slug: &str, kind: FieldKind, lead_field: Option<LeadField>) -> FormField {
        let options = if kind == FieldKind::Choice { vec!["Yes".to_owned(), "No".to_owned()] } else { Vec::new() };
        let required = kind == FieldKind::Email;
        FormField { slug: slug.into(), label: slug.into(), kind, required, options, lead_field }
    }

    fn form() -> FormContent {
        FormContent {
            name: "Demo".into(),
            fields: vec![
                field("email", FieldKind::Email, Some(LeadField::Email)),
                field("first", FieldKind::Text, Some(LeadField::FirstName)),
                field("text", FieldKind::LongText, Some(LeadField::Message)),
                field("pick", FieldKind::Choice, None),
            ],
            source: "Website".into(),
            consent: None,
            earlier_consents: Vec::new(),
            double_opt_in: false,
            allowed_origins: Vec::new(),
            redirect_url: None,
            active: true,
        }
    }

    fn given(pairs: &[(&str, &str)]) -> Given {
        let object = pairs.iter().map(|(name, value)| ((*name).to_owned(), (*value).into())).collect();
        Given::from_json(object).unwrap()
    }

    #[test]
    fn what_cannot_be_seen_is_dropped_and_formulas_are_text() {
        let given = given(&[
            ("email", " Ada\u{200b}@Engines.example"),
            ("first", "A\u{202e}da"),
            ("text", "=HYPERLINK(\"x\")\r\nsecond\u{7}"),
            ("pick", "Yes"),
        ]);
        let submission = read(&form(), &given).unwrap();
        assert_eq!(submission.draft.email.as_str(), "ada@engines.example");
        assert_eq!(submission.draft.details.first_name.unwrap().as_str(), "Ada");
        assert_eq!(submission.draft.details.message.as_deref(), Some("=HYPERLINK(\"x\")\nsecond"));
        assert_eq!(submission.answers.len(), 1);
    }

    #[test]
    fn all_that_is_wrong_is_said_at_once() {
        let given = given(&[("email", "nobody"), ("first", &"x".repeat(501)), ("pick", "Maybe")]);
        let errors = read(&form(), &given).err().unwrap();
        let said: Vec<_> = errors.iter().map(|error| (error.field.as_str(), error.code)).collect();
        assert_eq!(said, [("email", Code::InvalidEmail), ("first", Code::TooLong), ("pick", Code::InvalidInput)]);
    }
}
