//! Forms, and what came in over them.

mod inputs;
mod mutation;
mod query;

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use chrono::{DateTime, Utc};
use events::lead::{Consent, Utm};
use kernel::{CaptureId, FormId};
use platform::{
    db::Text,
    graphql::{Long, load},
};

use crate::{
    app::App,
    domain::capture::{self, Answer, Capture, CaptureState, Form, FormConsent, FormField},
    graphql::loaders::{Loaders, SubmissionsOf},
    html,
    store::forms::Submissions,
};

pub use inputs::needed;
pub use mutation::FormMutation;
pub use query::FormQuery;

/// What a visitor fills in so that it becomes a lead.
#[derive(SimpleObject)]
#[graphql(complex, name = "Form")]
pub struct FormObject {
    id: FormId,
    /// Grows by one with every change; give it to `updateForm` to refuse overwriting somebody else's.
    version: Long,
    name: String,
    /// What it asks, in this order.
    fields: Vec<FormFieldObject>,
    /// The source of the leads that it takes in.
    source: String,
    /// What it asks consent for, if it does.
    consent: Option<FormConsentObject>,
    /// Whether a lead is made only once the address was confirmed by a link in a mail.
    double_opt_in: bool,
    /// Origins whose pages it may stand on, beside our own.
    allowed_origins: Vec<String>,
    /// Where a browser goes afterwards.
    redirect_url: Option<String>,
    /// Whether it takes anything in.
    active: bool,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[graphql(skip)]
    form: Form,
}

#[ComplexObject]
impl FormObject {
    /// Where it is submitted to, and where it stands on a page of its own.
    async fn url(&self, ctx: &Context<'_>) -> String {
        let app: &App = ctx.data_unchecked();
        format!("{}/f/{}", app.public_url, self.form.slug)
    }

    /// HTML to paste into a page at one of the allowed origins. It needs no script and brings nothing along.
    async fn snippet(&self, ctx: &Context<'_>) -> String {
        let app: &App = ctx.data_unchecked();
        html::form::snippet(&self.form, &app.public_url)
    }

    /// What came in so far, as far as you may read its leads; what has no lead is counted for who may read every lead.
    async fn submissions(&self, ctx: &Context<'_>) -> async_graphql::Result<FormSubmissions> {
        let found = load::<Loaders, _, Vec<Submissions>>(ctx, SubmissionsOf(self.id)).await?;
        Ok(FormSubmissions::of(&found.unwrap_or_default()))
    }
}

/// How many submissions there are, by what became of them.
#[derive(SimpleObject)]
pub struct FormSubmissions {
    /// Those that have a lead.
    captured: Long,
    /// Those that are about to have one.
    waiting: Long,
    /// Those whose address was not confirmed yet, or not in time.
    unconfirmed: Long,
    /// Those that no person sent.
    spam: Long,
    /// When the last came.
    last_at: Option<DateTime<Utc>>,
}

impl FormSubmissions {
    fn of(counted: &[Submissions]) -> Self {
        let of = |wanted| {
            let found = counted.iter().find(|Submissions { state: Text(state), .. }| *state == wanted);
            Long(found.map_or(0, |row| row.number))
        };
        Self {
            captured: of(CaptureState::Captured),
            waiting: of(CaptureState::Received),
            unconfirmed: of(CaptureState::Pending),
            spam: of(CaptureState::Spam),
            last_at: counted.iter().map(|row| row.last_at).max(),
        }
    }
}

/// One question of a form.
#[derive(SimpleObject)]
#[graphql(name = "FormField")]
pub struct FormFieldObject {
    /// The name under which the answer is sent.
    slug: String,
    label: String,
    kind: FormFieldKind,
    required: bool,
    /// Of a choice.
    options: Vec<String>,
    /// Which field of the lead it fills; null for an answer that is kept with the capture alone.
    lead_field: Option<FormLeadField>,
}

/// How a question is answered.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "capture::FieldKind")]
pub enum FormFieldKind {
    Text,
    /// The lead's e-mail address.
    Email,
    Phone,
    /// Several lines, up to 10,000 characters.
    LongText,
    /// One of the options.
    Choice,
    /// Yes, or nothing.
    Checkbox,
}

/// A field of a lead that a form can fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "capture::LeadField")]
pub enum FormLeadField {
    Email,
    FirstName,
    LastName,
    /// Job title.
    Title,
    /// Name of the company.
    Company,
    /// A host or a web address.
    CompanyDomain,
    Phone,
    Country,
    /// Head count or band.
    Employees,
    /// What the person writes.
    Message,
}

/// What a form asks consent for.
#[derive(SimpleObject)]
#[graphql(name = "FormConsent")]
pub struct FormConsentObject {
    purpose: String,
    /// What somebody agrees to.
    text: String,
    /// Whether the form is not taken without it.
    required: bool,
    /// Of the text: grows by one with every change of it.
    version: Long,
}

/// What one submission of a form gave to a lead.
#[derive(SimpleObject)]
#[graphql(complex, name = "LeadCapture")]
pub struct CaptureObject {
    id: CaptureId,
    /// When the form was submitted.
    at: DateTime<Utc>,
    /// Where the visitor came from.
    utm: UtmObject,
    /// What they agreed to, if they did.
    consent: Option<ConsentObject>,
    /// What they answered beside the fields of the lead, and what they gave for fields of a lead that was known and kept its
    /// own.
    answers: Vec<CaptureAnswer>,
    /// The variant of the landing page that they saw.
    variant: Option<String>,
    #[graphql(skip)]
    form_id: FormId,
    #[graphql(skip)]
    page_id: Option<kernel::LandingPageId>,
}

#[ComplexObject]
impl CaptureObject {
    /// Null when it was deleted since.
    async fn form(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<FormObject>> {
        Ok(load::<Loaders, _, Form>(ctx, self.form_id).await?.map(FormObject::from))
    }

    /// The landing page that the form stood on; null for a form elsewhere, and when the page was deleted since.
    async fn page(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<super::landing_pages::LandingPageObject>> {
        let Some(id) = self.page_id else { return Ok(None) };
        let page = load::<Loaders, _, crate::domain::landing_page::LandingPage>(ctx, id).await?;
        Ok(page.map(Into::into))
    }
}

/// What the link said by which a visitor came.
#[derive(SimpleObject)]
#[graphql(name = "Utm")]
pub struct UtmObject {
    source: Option<String>,
    medium: Option<String>,
    campaign: Option<String>,
    term: Option<String>,
    content: Option<String>,
}

/// What somebody agreed to, with what shows it.
#[derive(SimpleObject)]
#[graphql(name = "CaptureConsent")]
pub struct ConsentObject {
    purpose: String,
    /// What they read.
    text: String,
    /// Of the text.
    version: Long,
    at: DateTime<Utc>,
    /// The page on which the form stood, as the browser said.
    page: Option<String>,
    /// When who has the address followed the link in the mail.
    confirmed_at: Option<DateTime<Utc>>,
}

/// An answer that is kept with the capture.
#[derive(SimpleObject)]
pub struct CaptureAnswer {
    label: String,
    value: String,
    /// The field of the lead that says otherwise; null for an answer that is about none.
    lead_field: Option<FormLeadField>,
}

impl From<Form> for FormObject {
    fn from(form: Form) -> Self {
        let content = form.content.clone();
        Self {
            id: form.id,
            version: Long(form.version),
            name: content.name,
            fields: content.fields.into_iter().map(Into::into).collect(),
            source: content.source,
            consent: content.consent.map(Into::into),
            double_opt_in: content.double_opt_in,
            allowed_origins: content.allowed_origins,
            redirect_url: content.redirect_url,
            active: content.active,
            created_at: form.created_at,
            updated_at: form.updated_at,
            form,
        }
    }
}

impl From<FormField> for FormFieldObject {
    fn from(field: FormField) -> Self {
        let FormField { slug, label, kind, required, options, lead_field } = field;
        Self { slug, label, kind: kind.into(), required, options, lead_field: lead_field.map(Into::into) }
    }
}

impl From<FormConsent> for FormConsentObject {
    fn from(consent: FormConsent) -> Self {
        let FormConsent { purpose, text, required, version } = consent;
        Self { purpose, text, required, version: Long(version) }
    }
}

impl From<Capture> for CaptureObject {
    fn from(capture: Capture) -> Self {
        let Utm { source, medium, campaign, term, content } = capture.utm;
        let answer = |Answer { label, value, lead_field }| CaptureAnswer {
            label,
            value,
            lead_field: lead_field.map(Into::into),
        };
        Self {
            id: capture.id,
            at: capture.received_at,
            utm: UtmObject { source, medium, campaign, term, content },
            consent: capture.consent.map(Into::into),
            answers: capture.answers.into_iter().map(answer).collect(),
            variant: capture.seen.as_ref().map(|seen| seen.variant.clone()),
            form_id: capture.form,
            page_id: capture.seen.map(|seen| seen.page),
        }
    }
}

impl From<Consent> for ConsentObject {
    fn from(consent: Consent) -> Self {
        let Consent { purpose, text, version, evidence } = consent;
        Self {
            purpose,
            text,
            version: Long(version),
            at: evidence.given_at,
            page: evidence.page,
            confirmed_at: evidence.confirmed_at,
        }
    }
}
