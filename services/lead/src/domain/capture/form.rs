use std::collections::HashSet;

use events::lead as published;
use kernel::{Code, FormId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};

use super::{is_ticked, names};

pub const MAX_FIELDS: usize = 30;
/// Of all labels, options and texts together, in bytes: a page with the form on it stays small.
const MAX_BYTES: usize = 10_000;
/// Earlier texts to agree to that a form remembers; the oldest go first.
const MAX_EARLIER: usize = 50;

/// What choices a field has; empty for other kinds.
pub type ChoiceOptions = Vec<String>;

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldKind {
    Text,
    Email,
    Phone,
    LongText,
    Choice,
    Checkbox,
}

/// Which field of the lead an answer fills.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LeadField {
    Email,
    FirstName,
    LastName,
    Title,
    Company,
    CompanyDomain,
    Phone,
    Country,
    Employees,
    Message,
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormField {
    /// The name of the input.
    pub slug: String,
    pub label: String,
    pub kind: FieldKind,
    pub required: bool,
    pub options: ChoiceOptions,
    /// `None` for an answer that is kept with the capture alone.
    pub lead_field: Option<LeadField>,
}

/// What a form asks consent for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormConsent {
    pub purpose: String,
    pub text: String,
    /// Whether the form is not taken without it.
    pub required: bool,
    /// Of the text: grows with every change of it.
    pub version: i64,
}

/// What somebody decides about a form.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FormContent {
    pub name: String,
    pub fields: Vec<FormField>,
    /// Of the leads.
    pub source: String,
    pub consent: Option<FormConsent>,
    /// What it asked before, oldest first: a page may still show it.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub earlier_consents: Vec<FormConsent>,
    pub double_opt_in: bool,
    /// Where the form may stand beside our own pages: origins.
    pub allowed_origins: Vec<String>,
    /// Where a browser goes afterwards; at one of the allowed origins.
    pub redirect_url: Option<String>,
    pub active: bool,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Form {
    pub id: FormId,
    pub workspace: WorkspaceId,
    pub version: i64,
    /// Where it is submitted to; nobody guesses it.
    pub slug: String,
    pub content: FormContent,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// Why a form cannot be as somebody wants it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FormProblem {
    pub code: Code,
    pub field: &'static str,
    pub reason: String,
}

impl FormContent {
    pub fn check(&self) -> Result<(), FormProblem> {
        let fail =
            |field, reason: &str| Err(FormProblem { code: Code::InvalidInput, field, reason: reason.to_owned() });
        if self.fields.len() > MAX_FIELDS {
            return fail("fields", &format!("a form has at most {MAX_FIELDS} fields"));
        }
        let (mut slugs, mut filled) = (HashSet::new(), HashSet::new());
        for field in &self.fields {
            field.check()?;
            if !slugs.insert(&field.slug) {
                return fail("fields", &format!("two fields are called {}", field.slug));
            }
            if field.lead_field.is_some_and(|lead_field| !filled.insert(lead_field)) {
                return fail("fields", &format!("another field fills what {} fills", field.slug));
            }
        }
        let asks = |field: &FormField| field.lead_field == Some(LeadField::Email) && field.required;
        if !self.fields.iter().any(asks) {
            return fail(
                "fields",
                "a form asks for the e-mail address, in a required field: it is the lead's identity",
            );
        }
        if let Some(wrong) = self.allowed_origins.iter().find(|origin| !is_origin(origin)) {
            return fail("allowedOrigins", &format!("{wrong} is no origin; one looks like https://www.example.com"));
        }
        if let Some(url) = &self.redirect_url
            && !self.allowed_origins.iter().any(|origin| is_at(url, origin))
        {
            return fail("redirectUrl", "the page to go to is at one of the allowed origins");
        }
        if self.bytes() > MAX_BYTES {
            return fail("fields", &format!("labels, options and texts have more than {MAX_BYTES} bytes together"));
        }
        Ok(())
    }

    fn bytes(&self) -> usize {
        let of_field = |field: &FormField| {
            field.slug.len() + field.label.len() + field.options.iter().map(String::len).sum::<usize>()
        };
        self.name.len()
            + self.fields.iter().map(of_field).sum::<usize>()
            + self.consent.as_ref().map_or(0, |consent| consent.text.len())
    }

    /// The origin that a browser is sent on to.
    pub fn redirect_origin(&self) -> Option<&str> {
        let url = self.redirect_url.as_deref()?;
        self.allowed_origins.iter().map(String::as_str).find(|origin| is_at(url, origin))
    }
}

impl FormContent {
    /// What somebody agreed to: the text that stood beside the tick, as its value says, or the latest where it says none.
    /// `None` without a tick, and for a text that is not known.
    pub fn agreed(&self, given: &str) -> Option<&FormConsent> {
        if !is_ticked(given) {
            return None;
        }
        match given.trim().strip_prefix('v').and_then(|version| version.parse::<i64>().ok()) {
            Some(version) => {
                self.consent.iter().chain(&self.earlier_consents).find(|consent| consent.version == version)
            }
            None => self.consent.as_ref(),
        }
    }
}

impl FormConsent {
    /// What its tick sends.
    pub fn tick(&self) -> String {
        format!("v{}", self.version)
    }
}

impl LeadField {
    /// As the API spells it.
    pub fn name(self) -> &'static str {
        match self {
            Self::Email => "email",
            Self::FirstName => "firstName",
            Self::LastName => "lastName",
            Self::Title => "title",
            Self::Company => "company",
            Self::CompanyDomain => "companyDomain",
            Self::Phone => "phone",
            Self::Country => "country",
            Self::Employees => "employees",
            Self::Message => "message",
        }
    }
}

impl FormField {
    fn check(&self) -> Result<(), FormProblem> {
        let fail = |reason: String| Err(FormProblem { code: Code::InvalidInput, field: "fields", reason });
        let slug = &self.slug;
        let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_';
        if slug.is_empty() || slug.len() > 40 || !slug.chars().all(plain) || names::is_reserved(slug) {
            return fail(format!(
                "{slug:?} cannot be the name of a field: it has up to 40 of a-z, 0-9 and _, and is neither reserved nor begins with _ or utm_"
            ));
        }
        if self.label.is_empty() {
            return fail(format!("{slug} needs a label"));
        }
        if (self.kind == FieldKind::Choice) == self.options.is_empty() {
            return fail(format!("{slug}: a choice has options, and nothing else has"));
        }
        if (self.kind == FieldKind::Email) != (self.lead_field == Some(LeadField::Email)) {
            return fail(format!("{slug}: a field of the kind EMAIL is the lead's e-mail address, and no other is"));
        }
        Ok(())
    }
}

impl Form {
    /// Takes other content; `None` if that changes nothing. Another text to agree to is another version of it.
    pub fn change(&self, mut content: FormContent, now: Timestamp) -> Option<Self> {
        if let Some(consent) = &mut content.consent {
            consent.version = match &self.content.consent {
                Some(known) if (&consent.purpose, &consent.text) == (&known.purpose, &known.text) => known.version,
                Some(known) => known.version + 1,
                // Above every earlier one: whatever changed a text made another version of the form.
                None => self.version + 1,
            };
        }
        content.earlier_consents.clone_from(&self.content.earlier_consents);
        if let Some(known) = &self.content.consent
            && content.consent.as_ref().map(|consent| consent.version) != Some(known.version)
        {
            content.earlier_consents.push(known.clone());
        }
        if content.earlier_consents.len() > MAX_EARLIER {
            content.earlier_consents.remove(0);
        }
        if content == self.content {
            return None;
        }
        Some(Self { version: self.version + 1, content, updated_at: now, ..self.clone() })
    }

    pub fn published(&self) -> published::Form {
        let FormContent { name, source, consent, double_opt_in, active, .. } = self.content.clone();
        let purpose = consent.map(|consent| consent.purpose);
        published::Form { id: self.id, version: self.version, name, source, purpose, double_opt_in, active }
    }

    /// Whether a page of this origin may submit the form. A browser that says none asks from no page.
    pub fn allows(&self, origin: &str) -> bool {
        self.content.allowed_origins.iter().any(|known| known.eq_ignore_ascii_case(origin))
    }
}

/// As a browser writes it: a scheme, a host and perhaps a port, and nothing behind.
fn is_origin(text: &str) -> bool {
    let host = text.strip_prefix("https://").or_else(|| text.strip_prefix("http://"));
    let fits = |c: char| c.is_ascii_alphanumeric() || "-.:[]".contains(c);
    host.is_some_and(|host| !host.is_empty() && host.len() <= 255 && host.chars().all(fits))
}

fn is_at(url: &str, origin: &str) -> bool {
    let rest = url.strip_prefix(origin);
    rest.is_some_and(|rest| rest.is_empty() || rest.starts_with(['/', '?']))
        && url.chars().all(|c| c.is_ascii_graphic())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_browser_is_sent_on_to_an_allowed_origin_only() {
        for (url, fits) in [
            ("https://example.com/thanks?x=1", true),
            ("https://example.com", true),
            ("https://example.com.evil.example/", false),
            ("https://example.com@evil.example/", false),
            ("https://evil.example/https://example.com", false),
            ("https://example.com/a\r\nset-cookie: x", false),
        ] {
            assert_eq!(is_at(url, "https://example.com"), fits, "{url}");
        }
    }

    #[test]
    fn an_origin_has_nothing_behind_it() {
        for (text, fits) in [
            ("https://www.example.com", true),
            ("http://localhost:3000", true),
            ("https://www.example.com/", false),
            ("www.example.com", false),
            ("*", false),
            ("javascript://x", false),
            ("https://a b", false),
        ] {
            assert_eq!(is_origin(text), fits, "{text}");
        }
    }
}
