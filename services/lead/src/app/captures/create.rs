use events::lead::FormChanged;
use kernel::Actor;
use platform::idempotency::{Request, made_before};
use serde_json::json;

use super::require_capturing;
use crate::{
    app::App,
    domain::capture::{Form, FormContent},
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct CreateForm {
    pub content: FormContent,
    pub idempotency_key: Option<String>,
}

impl App {
    /// The same key and input again find the first one.
    pub async fn create_form(&self, actor: &Actor, input: CreateForm) -> Result<Form, Error> {
        require_capturing(actor)?;
        let CreateForm { content, idempotency_key: key } = input;
        content.check()?;
        let asked = json!(content);
        let (id, now) = (self.clock.id(), self.clock.now());
        let slug = self.secret();
        let form = Form { id, workspace: actor.workspace, version: 1, slug, content, created_at: now, updated_at: now };
        let request = Request { operation: "createForm", key: key.as_deref(), input: &asked };
        let mut tx = self.db.of(actor.workspace).begin().await?;
        if let Some(first) = made_before(&mut tx, actor, request, form.id).await? {
            return store::forms::by_id(&mut tx, actor.workspace, first).await?.ok_or(Error::Conflict);
        }
        store::forms::insert(&mut tx, &form).await?;
        let mut events = self.outbox.events(actor.into());
        events.push(&FormChanged { form: form.id, previous: None, current: Some(form.published()) });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(form)
    }

    /// What nobody guesses: 128 bits.
    pub(super) fn secret(&self) -> String {
        let mut bytes = [0; 16];
        self.clock.random(&mut bytes);
        bytes.iter().map(|byte| format!("{byte:02x}")).collect()
    }
}
