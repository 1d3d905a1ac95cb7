//! What an address says about itself. Nothing is looked up and nobody is written to.

use std::{collections::HashSet, sync::LazyLock};

use events::enrichment::{EmailVerified, Verdict};
use kernel::{EmailAddress, LeadId, Timestamp, is_free_mail};
use serde::{Deserialize, Serialize};

/// In the order in which they are made.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Check {
    /// It can be written to at all.
    Syntax,
    /// Its domain can be in the public DNS.
    Domain,
    /// Its domain is none that gives boxes away for minutes.
    Disposable,
    /// It belongs to a person, not to an office such as `info`.
    Role,
    /// It is not a private box at a free-mail provider.
    FreeMail,
}

impl Check {
    /// The check's name in events.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Syntax => "syntax",
            Self::Domain => "domain",
            Self::Disposable => "disposable",
            Self::Role => "role",
            Self::FreeMail => "free_mail",
        }
    }

    /// Whether mail to an address that fails must not be sent; the others only make it risky.
    fn is_fatal(self) -> bool {
        matches!(self, Self::Syntax | Self::Domain | Self::Disposable)
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct CheckResult {
    pub name: Check,
    pub passed: bool,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Verification {
    pub verdict: Verdict,
    pub checks: Vec<CheckResult>,
}

/// The verification in force for a lead.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LeadVerification {
    pub lead: LeadId,
    pub email: EmailAddress,
    pub verification: Verification,
    pub verified_at: Timestamp,
}

impl LeadVerification {
    pub fn published(&self) -> EmailVerified {
        EmailVerified {
            lead: self.lead,
            email: self.email.clone(),
            verdict: self.verification.verdict,
            failed: self.verification.failed().map(|check| check.as_str().to_owned()).collect(),
            verified_at: self.verified_at,
        }
    }
}

impl Verification {
    fn of(checks: impl IntoIterator<Item = (Check, bool)>) -> Self {
        let checks: Vec<CheckResult> = checks.into_iter().map(|(name, passed)| CheckResult { name, passed }).collect();
        let failed: Vec<Check> = checks.iter().filter(|check| !check.passed).map(|check| check.name).collect();
        let verdict = match failed[..] {
            [] => Verdict::Valid,
            _ if failed.iter().any(|check| check.is_fatal()) => Verdict::Invalid,
            _ => Verdict::Risky,
        };
        Self { verdict, checks }
    }

    pub fn failed(&self) -> impl Iterator<Item = Check> {
        self.checks.iter().filter(|check| !check.passed).map(|check| check.name)
    }
}

pub fn verify(email: &EmailAddress) -> Verification {
    let (local, domain) = (email.local_part(), email.domain());
    Verification::of([
        (Check::Syntax, true),
        (Check::Domain, is_public(domain)),
        (Check::Disposable, !is_disposable(domain)),
        (Check::Role, !is_role(local)),
        (Check::FreeMail, !is_free_mail(domain)),
    ])
}

/// [`verify`] of a text that may be no address; then nothing else can be checked.
pub fn verify_text(text: &str) -> Verification {
    match EmailAddress::parse(text) {
        Ok(email) => verify(&email),
        Err(_) => Verification::of([(Check::Syntax, false)]),
    }
}

/// Names that are never in the public DNS (RFC 2606, 6761, 6762, 8375, 9476 and ICANN's `internal`).
/// `example`, reserved too, counts as good: demo data and documentation live there, so that what they show is
/// how real addresses behave.
const PRIVATE_TLDS: [&str; 12] =
    ["alt", "arpa", "corp", "home", "internal", "invalid", "lan", "local", "localdomain", "localhost", "onion", "test"];

fn is_public(domain: &str) -> bool {
    let tld = domain.rsplit('.').next().unwrap_or_default();
    let is_name = tld.chars().count() >= 2 && (tld.chars().all(char::is_alphabetic) || tld.starts_with("xn--"));
    is_name && !PRIVATE_TLDS.contains(&tld)
}

/// One domain a line; `#` begins a comment.
static DISPOSABLE: LazyLock<HashSet<&str>> = LazyLock::new(|| {
    include_str!("disposable.txt")
        .lines()
        .map(str::trim)
        .filter(|line| !line.is_empty() && !line.starts_with('#'))
        .collect()
});

/// Such providers give out boxes under any name below theirs as well.
fn is_disposable(domain: &str) -> bool {
    let parents = std::iter::successors(Some(domain), |domain| domain.split_once('.').map(|(_, parent)| parent));
    parents.into_iter().any(|domain| DISPOSABLE.contains(domain))
}

/// RFC 2142's mailboxes and what else offices are called.
const ROLES: &str = "abuse accounting accounts admin administrator billing bookings careers clients compliance contact \
    contactus customercare customerservice do-not-reply donotreply enquiries enquiry everyone feedback finance ftp hello help \
    helpdesk hostmaster hr info inquiries inquiry investors it jobs legal list mail mailer-daemon management marketing media \
    news newsletter no-reply noc noreply office operations orders partners payroll postmaster presales press privacy \
    procurement purchasing reception recruiting recruitment registrar root sales security service services spam staff \
    subscribe support sysadmin team tech undisclosed-recipients unsubscribe usenet uucp web webmaster welcome www";

fn is_role(local: &str) -> bool {
    let mailbox = local.split('+').next().unwrap_or_default();
    ROLES.split_ascii_whitespace().any(|role| role == mailbox)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn verdicts_follow_from_the_checks_that_fail() {
        use Check::*;
        for (address, verdict, failed) in [
            ("ada@engines.example", Verdict::Valid, &[][..]),
            ("ada@engines.co.uk", Verdict::Valid, &[]),
            ("ada@мойдомен.рф", Verdict::Valid, &[]),
            ("Sales+web@engines.example", Verdict::Risky, &[Role]),
            ("ada@gmail.com", Verdict::Risky, &[FreeMail]),
            ("info@gmx.de", Verdict::Risky, &[Role, FreeMail]),
            ("ada@mailinator.com", Verdict::Invalid, &[Disposable]),
            ("info@box.yopmail.com", Verdict::Invalid, &[Disposable, Role]),
            ("ada@engines.test", Verdict::Invalid, &[Domain]),
            ("ada@engines.invalid", Verdict::Invalid, &[Domain]),
            ("ada@mail.localhost", Verdict::Invalid, &[Domain]),
            ("ada@192.168.0.1", Verdict::Invalid, &[Domain]),
            ("not an address", Verdict::Invalid, &[Syntax]),
            ("", Verdict::Invalid, &[Syntax]),
        ] {
            let verification = verify_text(address);
            assert_eq!(
                (verification.verdict, verification.failed().collect::<Vec<_>>()),
                (verdict, failed.to_vec()),
                "{address}"
            );
        }
    }

    #[test]
    fn a_domain_that_merely_contains_a_disposable_one_is_good() {
        for address in ["ada@notmailinator.com", "ada@mailinator.com.engines.example", "ada@com"] {
            assert!(verify_text(address).failed().all(|check| check != Check::Disposable), "{address}");
        }
    }

    #[test]
    fn the_embedded_list_is_clean() {
        let lines = include_str!("disposable.txt").lines().filter(|line| !line.starts_with('#'));
        let lines: Vec<&str> = lines.collect();
        assert!(lines.is_sorted(), "sorted");
        assert_eq!(lines.len(), DISPOSABLE.len(), "no blank line and none twice");
        for line in lines {
            assert!(EmailAddress::parse(&format!("a@{line}")).is_ok_and(|email| email.domain() == line), "{line}");
            assert!(!is_free_mail(line), "{line}");
        }
    }

    #[test]
    fn a_check_has_one_name() {
        for check in [Check::Syntax, Check::Domain, Check::Disposable, Check::Role, Check::FreeMail] {
            assert_eq!(serde_json::to_value(check).unwrap(), check.as_str());
        }
    }
}
