//! Forms, what they take in, the pages that they stand on, and what a source of leads costs.

use kernel::{CaptureId, ConsentId, EmailAddress, FormId, LandingPageId, LeadId, Money, SourceCostId, Timestamp};
use serde::{Deserialize, Serialize};

use crate::event;

/// A form as it stands at `version`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Form {
    pub id: FormId,
    pub version: i64,
    pub name: String,
    /// The source of the leads that it takes in.
    pub source: String,
    /// What it asks consent for.
    pub purpose: Option<String>,
    /// Whether who submits it confirms their address.
    pub double_opt_in: bool,
    pub active: bool,
}

/// A form was made, changed or deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct FormChanged {
    pub form: FormId,
    /// Left out when it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<Form>,
    /// Left out when it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<Form>,
}
event!(FormChanged, "crm.lead.form.changed.v1", |e| e.form);

/// Where a visitor came from, as the link that they followed said.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Utm {
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub source: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub medium: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub campaign: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub term: Option<String>,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub content: Option<String>,
}

/// Somebody agreed to something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Consent {
    /// What for.
    pub purpose: String,
    /// What they read when they agreed.
    pub text: String,
    /// Of the text: grows by one with every change of it.
    pub version: i64,
    pub evidence: ConsentEvidence,
}

/// What shows that they did.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentEvidence {
    pub given_at: Timestamp,
    /// The page on which the form stood, as the browser said.
    pub page: Option<String>,
    pub form: FormId,
    pub form_version: i64,
    /// When who has the address followed the link in the mail.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub confirmed_at: Option<Timestamp>,
}

/// What a person said of what they agree to, as it stands in the ledger.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentStatement {
    pub consent: ConsentId,
    /// Whose it is.
    pub email: EmailAddress,
    /// In small letters.
    pub purpose: String,
    /// What they read.
    pub wording: Option<String>,
    /// How it is known.
    pub note: Option<String>,
    /// Of the form on which they said it.
    pub capture: Option<CaptureId>,
    pub said_at: Timestamp,
}

/// A person agreed to something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentGranted {
    pub statement: ConsentStatement,
}
event!(ConsentGranted, "crm.lead.consent.granted.v1", |e| e.statement.consent);

/// A person no longer agrees to something.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ConsentWithdrawn {
    pub statement: ConsentStatement,
}
event!(ConsentWithdrawn, "crm.lead.consent.withdrawn.v1", |e| e.statement.consent);

/// What a form took in has become a lead, or has found its lead.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaptureReceived {
    pub capture: CaptureId,
    pub form: FormId,
    pub lead: LeadId,
    pub email: EmailAddress,
    /// Whether the lead is new.
    pub created: bool,
    pub page: Option<LandingPageId>,
    pub variant: Option<String>,
    pub utm: Utm,
    pub consent: Option<Consent>,
    /// When the form was submitted.
    pub at: Timestamp,
}
event!(CaptureReceived, "crm.lead.capture.received.v1", |e| e.capture);

/// A form was submitted whose addresses are to be confirmed: whoever has the address is to be sent the link.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaptureConfirmationRequested {
    pub capture: CaptureId,
    pub form: FormId,
    pub form_name: String,
    pub email: EmailAddress,
    /// What to follow.
    pub url: String,
    pub expires_at: Timestamp,
}
event!(CaptureConfirmationRequested, "crm.lead.capture.confirmation_requested.v1", |e| e.capture);

/// Who has the address followed the link in time.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct CaptureConfirmed {
    pub capture: CaptureId,
    pub form: FormId,
    pub email: EmailAddress,
    pub at: Timestamp,
}
event!(CaptureConfirmed, "crm.lead.capture.confirmed.v1", |e| e.capture);

/// A landing page as it stands at `version`.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LandingPage {
    pub id: LandingPageId,
    pub version: i64,
    /// It is served at `/p/{slug}`.
    pub slug: String,
    pub title: String,
    pub published: bool,
}

/// A landing page was made, changed or deleted.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct LandingPageChanged {
    pub page: LandingPageId,
    /// Left out when it is new.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub previous: Option<LandingPage>,
    /// Left out when it is gone.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub current: Option<LandingPage>,
}
event!(LandingPageChanged, "crm.lead.page.changed.v1", |e| e.page);

/// A visitor of a landing page submitted its form.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct PageConverted {
    pub page: LandingPageId,
    /// Which of its variants they saw.
    pub variant: String,
    pub capture: CaptureId,
    pub lead: LeadId,
    pub at: Timestamp,
}
event!(PageConverted, "crm.lead.page.converted.v1", |e| e.page);

/// Money was spent on a source of leads.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct SourceCostRecorded {
    pub cost: SourceCostId,
    pub source: String,
    pub amount: Money,
    pub spent_at: Timestamp,
}
event!(SourceCostRecorded, "crm.lead.source_cost.recorded.v1", |e| e.cost);
