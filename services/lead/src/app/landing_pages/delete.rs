use events::lead::LandingPageChanged;
use kernel::{Action, Actor, LandingPageId, Object};

use crate::{
    app::{App, captures::require_capturing},
    error::Error,
    store,
};

impl App {
    /// Deletes a page with what was counted of it; what its form took in stays.
    pub async fn delete_landing_page(&self, actor: &Actor, id: LandingPageId) -> Result<LandingPageId, Error> {
        require_capturing(actor)?;
        actor.access.require_all(Object::Lead, Action::Delete)?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let page = store::landing_pages::by_id(&mut tx, actor.workspace, id).await?;
        let page = page.ok_or(Error::not_found("landing page", "id"))?;
        store::landing_pages::delete(&mut tx, actor.workspace, id).await?;
        let mut events = self.outbox.events(actor.into());
        events.push(&LandingPageChanged { page: id, previous: Some(page.published()), current: None });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(id)
    }
}
