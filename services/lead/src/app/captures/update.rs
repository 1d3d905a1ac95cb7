use events::lead::FormChanged;
use kernel::{Actor, FormId};

use super::require_capturing;
use crate::{
    app::App,
    domain::capture::{Form, FormConsent, FormContent, FormField},
    error::Error,
    store,
};

/// What to change; `None` keeps a value.
#[derive(Debug, Clone)]
pub struct UpdateForm {
    pub id: FormId,
    /// The version that was read: refused with `CONFLICT` if the form is newer.
    pub version: Option<i64>,
    pub name: Option<String>,
    pub fields: Option<Vec<FormField>>,
    pub source: Option<String>,
    /// `Some(None)` asks for none any more.
    pub consent: Option<Option<FormConsent>>,
    pub double_opt_in: Option<bool>,
    pub allowed_origins: Option<Vec<String>>,
    pub redirect_url: Option<Option<String>>,
    pub active: Option<bool>,
}

impl App {
    pub async fn update_form(&self, actor: &Actor, input: UpdateForm) -> Result<Form, Error> {
        require_capturing(actor)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let form = store::forms::by_id(&mut tx, actor.workspace, input.id).await?;
        let form = form.ok_or(Error::not_found("form", "id"))?;
        if input.version.is_some_and(|version| version != form.version) {
            return Err(Error::Conflict);
        }
        let content = input.apply(form.content.clone());
        content.check()?;
        let Some(current) = form.change(content, self.clock.now()) else { return Ok(form) };
        if store::forms::update(&mut tx, &current).await? == 0 {
            return Err(Error::Conflict);
        }
        let mut events = self.outbox.events(actor.into());
        let (previous, now_is) = (form.published(), current.published());
        events.push(&FormChanged { form: form.id, previous: Some(previous), current: Some(now_is) });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(current)
    }
}

impl UpdateForm {
    fn apply(self, known: FormContent) -> FormContent {
        FormContent {
            name: self.name.unwrap_or(known.name),
            fields: self.fields.unwrap_or(known.fields),
            source: self.source.unwrap_or(known.source),
            consent: self.consent.unwrap_or(known.consent),
            earlier_consents: known.earlier_consents,
            double_opt_in: self.double_opt_in.unwrap_or(known.double_opt_in),
            allowed_origins: self.allowed_origins.unwrap_or(known.allowed_origins),
            redirect_url: self.redirect_url.unwrap_or(known.redirect_url),
            active: self.active.unwrap_or(known.active),
        }
    }
}
