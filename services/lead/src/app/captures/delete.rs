use events::lead::FormChanged;
use kernel::{Action, Actor, FormId, Object};

use super::require_capturing;
use crate::{app::App, error::Error, store};

impl App {
    /// Deletes a form; what it took in stays, and becomes leads if it has not yet.
    pub async fn delete_form(&self, actor: &Actor, id: FormId) -> Result<FormId, Error> {
        require_capturing(actor)?;
        actor.access.require_all(Object::Lead, Action::Delete)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let form = store::forms::by_id(&mut tx, actor.workspace, id).await?.ok_or(Error::not_found("form", "id"))?;
        store::forms::delete(&mut tx, actor.workspace, id).await?;
        let mut events = self.outbox.events(actor.into());
        events.push(&FormChanged { form: id, previous: Some(form.published()), current: None });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(id)
    }
}
