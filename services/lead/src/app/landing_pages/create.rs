use events::lead::LandingPageChanged;
use kernel::Actor;
use platform::idempotency::{Request, made_before};
use serde_json::json;

use crate::{
    app::{App, captures::require_capturing},
    domain::landing_page::{LandingPage, PageContent, check_slug},
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct CreateLandingPage {
    pub slug: String,
    pub published: bool,
    pub content: PageContent,
    pub idempotency_key: Option<String>,
}

impl App {
    /// The same key and input again find the first one.
    pub async fn create_landing_page(&self, actor: &Actor, input: CreateLandingPage) -> Result<LandingPage, Error> {
        require_capturing(actor)?;
        let CreateLandingPage { slug, published, content, idempotency_key: key } = input;
        check_slug(&slug)?;
        content.check()?;
        let asked = json!({ "slug": slug, "published": published, "content": content });
        let (id, now) = (self.clock.id(), self.clock.now());
        let workspace = actor.workspace;
        let page =
            LandingPage { id, workspace, version: 1, slug, published, content, created_at: now, updated_at: now };
        self.check_page(&page).await?;
        let request = Request { operation: "createLandingPage", key: key.as_deref(), input: &asked };
        let mut tx = self.db.of(workspace).begin().await?;
        if let Some(first) = made_before(&mut tx, actor, request, page.id).await? {
            return store::landing_pages::by_id(&mut tx, workspace, first).await?.ok_or(Error::Conflict);
        }
        if !store::landing_pages::insert(&mut tx, &page).await? {
            return Err(Error::SlugTaken);
        }
        let mut events = self.outbox.events(actor.into());
        events.push(&LandingPageChanged { page: page.id, previous: None, current: Some(page.published()) });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(page)
    }
}
