//! Personal data that does not print itself: `Debug` shows a mark, so no log line can carry it by accident.
//! `as_str` is the deliberate way out.

use std::fmt;

use serde::{Deserialize, Serialize};
use thiserror::Error;

macro_rules! redacted {
    ($name:ident) => {
        impl $name {
            pub fn as_str(&self) -> &str {
                &self.0
            }
            pub fn into_string(self) -> String {
                self.0
            }
        }

        impl fmt::Debug for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(concat!(stringify!($name), "(…)"))
            }
        }
    };
}

/// A syntactically valid address, trimmed and in lower case: the form in which two addresses are compared.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(transparent))]
#[serde(try_from = "String")]
pub struct EmailAddress(String);
redacted!(EmailAddress);

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
#[error("not an e-mail address: {problem}")]
pub struct EmailError {
    pub problem: EmailProblem,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum EmailProblem {
    #[error("it is empty")]
    Empty,
    #[error("it is longer than 254 characters")]
    TooLong,
    #[error("it needs exactly one @")]
    At,
    #[error("the part before the @ is missing, too long or has a character that cannot stand there")]
    Local,
    #[error("the part after the @ is not a domain name")]
    Domain,
}

impl EmailAddress {
    /// Accepts what SMTP carries in practice (RFC 5321 dot-string, RFC 6531 letters of any script); quoted
    /// local parts and address literals are refused.
    pub fn parse(text: &str) -> Result<Self, EmailError> {
        let fail = |problem| Err(EmailError { problem });
        let text = text.trim().to_lowercase();
        if text.is_empty() {
            return fail(EmailProblem::Empty);
        }
        if text.len() > 254 {
            return fail(EmailProblem::TooLong);
        }
        let Some((local, domain)) = text.split_once('@').filter(|(_, domain)| !domain.contains('@')) else {
            return fail(EmailProblem::At);
        };
        if !is_local_part(local) {
            return fail(EmailProblem::Local);
        }
        if !is_domain(domain) {
            return fail(EmailProblem::Domain);
        }
        Ok(Self(text))
    }

    pub fn local_part(&self) -> &str {
        self.0.split_once('@').map_or("", |(local, _)| local)
    }

    pub fn domain(&self) -> &str {
        self.0.split_once('@').map_or("", |(_, domain)| domain)
    }
}

impl TryFrom<String> for EmailAddress {
    type Error = EmailError;
    fn try_from(text: String) -> Result<Self, EmailError> {
        Self::parse(&text)
    }
}

fn is_local_part(local: &str) -> bool {
    let allowed = |c: char| {
        if c.is_ascii() { c.is_ascii_alphanumeric() || "!#$%&'*+-/=?^_`{|}~".contains(c) } else { c.is_alphanumeric() }
    };
    !local.is_empty() && local.len() <= 64 && local.split('.').all(|atom| !atom.is_empty() && atom.chars().all(allowed))
}

fn is_domain(domain: &str) -> bool {
    let label = |label: &str| {
        !label.is_empty()
            && label.len() <= 63
            && !label.starts_with('-')
            && !label.ends_with('-')
            && label.chars().all(|c| c.is_alphanumeric() || c == '-')
    };
    domain.contains('.') && domain.split('.').all(label)
}

/// A phone number as it was given, trimmed.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(transparent))]
pub struct PhoneNumber(String);
redacted!(PhoneNumber);

impl PhoneNumber {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

/// A first or last name, in any script.
#[derive(Clone, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[cfg_attr(feature = "sqlx", derive(sqlx::Type), sqlx(transparent))]
pub struct PersonName(String);
redacted!(PersonName);

impl PersonName {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn case_and_space_do_not_make_another_address() {
        assert_eq!(EmailAddress::parse(" Ada@Example.COM "), EmailAddress::parse("ada@example.com"));
    }

    #[test]
    fn broken_addresses_say_what_is_wrong() {
        for (text, problem) in [
            ("", EmailProblem::Empty),
            ("not-an-address", EmailProblem::At),
            ("two@@at.example", EmailProblem::At),
            ("foo bar@x.example", EmailProblem::Local),
            ("@acme.example", EmailProblem::Local),
            ("john.doe@", EmailProblem::Domain),
            ("a@localhost", EmailProblem::Domain),
        ] {
            assert_eq!(EmailAddress::parse(text), Err(EmailError { problem }), "{text}");
        }
    }

    #[test]
    fn an_address_does_not_print_itself() {
        let email = EmailAddress::parse("ada@example.com").unwrap();
        assert_eq!(format!("{email:?}"), "EmailAddress(…)");
    }
}
