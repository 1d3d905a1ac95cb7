use async_graphql::{InputObject, MaybeUndefined};
use kernel::{Code, FormId};
use platform::graphql::{Long, needed_if_given};

use super::{FormFieldKind, FormLeadField};
use crate::{
    app::{CreateForm, UpdateForm},
    domain::capture::{FormConsent, FormContent, FormField},
    error::Error,
    graphql::inputs::text,
};

/// One question of a form.
#[derive(InputObject)]
pub struct FormFieldInput {
    /// The name under which the answer is sent: up to 40 of `a-z`, `0-9` and `_`.
    pub slug: String,
    pub label: String,
    #[graphql(default_with = "FormFieldKind::Text")]
    pub kind: FormFieldKind,
    #[graphql(default)]
    pub required: bool,
    /// Of a choice.
    #[graphql(default)]
    pub options: Vec<String>,
    /// Which field of the lead it fills; left out, the answer is kept with the capture alone.
    pub lead_field: Option<FormLeadField>,
}

/// What a form asks consent for.
#[derive(InputObject)]
pub struct FormConsentInput {
    /// For example `newsletter`.
    pub purpose: String,
    /// What somebody agrees to.
    pub text: String,
    /// Whether the form is not taken without it.
    #[graphql(default)]
    pub required: bool,
}

/// A form with its questions, one of which asks for the e-mail address.
#[derive(InputObject)]
pub struct CreateFormInput {
    pub name: String,
    /// Up to 30, in this order.
    pub fields: Vec<FormFieldInput>,
    /// The source of the leads; the form's name, if left out.
    pub source: Option<String>,
    pub consent: Option<FormConsentInput>,
    /// Make a lead only once the address was confirmed by a link in a mail.
    #[graphql(default)]
    pub double_opt_in: bool,
    /// Origins whose pages it may stand on, for example `https://www.example.com`; our own pages always may.
    #[graphql(default)]
    pub allowed_origins: Vec<String>,
    /// Where a browser goes afterwards: a page at one of the allowed origins.
    pub redirect_url: Option<String>,
    /// Whether it takes anything in.
    #[graphql(default = true)]
    pub active: bool,
    /// Any text you choose, a UUID say: the same key and input again give the first answer.
    pub idempotency_key: Option<String>,
}

/// What is left out stays as it is, and null takes away what may be missing.
#[derive(InputObject)]
pub struct UpdateFormInput {
    pub id: FormId,
    /// The version you read; the update is refused if the form has changed since.
    pub version: Option<Long>,
    pub name: MaybeUndefined<String>,
    /// All of them.
    pub fields: MaybeUndefined<Vec<FormFieldInput>>,
    pub source: MaybeUndefined<String>,
    /// Null asks for none any more.
    pub consent: MaybeUndefined<FormConsentInput>,
    pub double_opt_in: MaybeUndefined<bool>,
    pub allowed_origins: MaybeUndefined<Vec<String>>,
    /// Null shows a page of ours instead.
    pub redirect_url: MaybeUndefined<String>,
    pub active: MaybeUndefined<bool>,
}

/// Which form to delete.
#[derive(InputObject)]
pub struct DeleteFormInput {
    pub id: FormId,
}

impl TryFrom<CreateFormInput> for CreateForm {
    type Error = Error;
    fn try_from(input: CreateFormInput) -> Result<Self, Error> {
        let name = needed("name", input.name)?;
        let content = FormContent {
            fields: fields(input.fields)?,
            source: text("source", input.source)?.unwrap_or_else(|| name.clone()),
            name,
            consent: input.consent.map(consent).transpose()?,
            earlier_consents: Vec::new(),
            double_opt_in: input.double_opt_in,
            allowed_origins: input.allowed_origins,
            redirect_url: text("redirectUrl", input.redirect_url)?,
            active: input.active,
        };
        Ok(Self { content, idempotency_key: input.idempotency_key })
    }
}

impl TryFrom<UpdateFormInput> for UpdateForm {
    type Error = Error;
    fn try_from(input: UpdateFormInput) -> Result<Self, Error> {
        Ok(Self {
            id: input.id,
            version: input.version.map(|version| version.0),
            name: needed_if_given("name", input.name)?.map(|name| needed("name", name)).transpose()?,
            fields: needed_if_given("fields", input.fields)?.map(fields).transpose()?,
            source: needed_if_given("source", input.source)?.map(|source| needed("source", source)).transpose()?,
            consent: match input.consent {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(asked) => Some(Some(consent(asked)?)),
            },
            double_opt_in: needed_if_given("doubleOptIn", input.double_opt_in)?,
            allowed_origins: needed_if_given("allowedOrigins", input.allowed_origins)?,
            redirect_url: match input.redirect_url {
                MaybeUndefined::Undefined => None,
                MaybeUndefined::Null => Some(None),
                MaybeUndefined::Value(url) => Some(text("redirectUrl", Some(url))?),
            },
            active: needed_if_given("active", input.active)?,
        })
    }
}

fn fields(fields: Vec<FormFieldInput>) -> Result<Vec<FormField>, Error> {
    let field = |field: FormFieldInput| {
        let options = field.options.into_iter().map(|option| needed("fields", option)).collect::<Result<_, _>>()?;
        Ok(FormField {
            slug: field.slug,
            label: needed("fields", field.label)?,
            kind: field.kind.into(),
            required: field.required,
            options,
            lead_field: field.lead_field.map(Into::into),
        })
    };
    fields.into_iter().map(field).collect()
}

/// The version is the form's to count.
fn consent(input: FormConsentInput) -> Result<FormConsent, Error> {
    let FormConsentInput { purpose, text, required } = input;
    // Longer than other texts: lawyers write it.
    let text = text.trim().replace('\0', "");
    if text.is_empty() {
        return Err(missing("consent"));
    }
    Ok(FormConsent { purpose: needed("consent", purpose)?, text, required, version: 1 })
}

pub fn needed(field: &'static str, value: String) -> Result<String, Error> {
    text(field, Some(value))?.ok_or_else(|| missing(field))
}

fn missing(field: &'static str) -> Error {
    Error::Invalid { code: Code::Required, field, reason: "this is needed".to_owned() }
}
