//! What comes in over forms: the forms, what somebody gave, and what was taken in.

mod form;
mod given;
mod submission;
mod taken;

pub use form::{ChoiceOptions, FieldKind, Form, FormConsent, FormContent, FormField, FormProblem, LeadField};
pub use given::{Given, NotUtf8};
pub use submission::{Answer, FieldError, Submission, is_ticked, read};
pub use taken::{CONFIRM_WITHIN, Capture, CaptureState, Draft, PageSeen, token_hash};

/// Names of inputs that mean something to us, beside those of a form's own fields.
pub mod names {
    /// No person sees it. Whoever fills it is no person.
    pub const TRAP: &str = "homepage";
    pub const CONSENT: &str = "consent";
    /// Tells two submissions of one page from one that was sent twice.
    pub const NONCE: &str = "_nonce";
    /// The landing page that the form stood on, and its variant.
    pub const PAGE: &str = "_page";
    pub const VARIANT: &str = "_variant";
    pub const UTM: [&str; 5] = ["utm_source", "utm_medium", "utm_campaign", "utm_term", "utm_content"];

    /// What a form's field cannot be called.
    pub fn is_reserved(name: &str) -> bool {
        [TRAP, CONSENT].contains(&name) || name.starts_with('_') || name.starts_with("utm_")
    }
}
