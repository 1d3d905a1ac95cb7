use events::lead::LandingPageChanged;
use kernel::{Actor, LandingPageId};

use crate::{
    app::{App, captures::require_capturing},
    domain::landing_page::{LandingPage, PageContent, Variant, check_slug},
    error::Error,
    store,
};

/// What to change; `None` keeps a value.
#[derive(Debug, Clone)]
pub struct UpdateLandingPage {
    pub id: LandingPageId,
    /// The version that was read: refused with `CONFLICT` if the page is newer.
    pub version: Option<i64>,
    pub slug: Option<String>,
    pub published: Option<bool>,
    pub title: Option<String>,
    pub language: Option<String>,
    pub variants: Option<Vec<Variant>>,
}

impl App {
    pub async fn update_landing_page(&self, actor: &Actor, input: UpdateLandingPage) -> Result<LandingPage, Error> {
        require_capturing(actor)?;
        let UpdateLandingPage { id, version, slug, published, title, language, variants } = input;
        let page = store::landing_pages::by_ids(&self.db, actor.workspace, &[id]).await?.pop();
        let page = page.ok_or(Error::not_found("landing page", "id"))?;
        if version.is_some_and(|version| version != page.version) {
            return Err(Error::Conflict);
        }
        // What is taken down need not be whole any more.
        let is_checked = variants.is_some() || (published == Some(true) && !page.published);
        let known = page.content.clone();
        let content = PageContent {
            title: title.unwrap_or(known.title),
            language: language.unwrap_or(known.language),
            variants: variants.unwrap_or(known.variants),
        };
        content.check()?;
        let slug = slug.unwrap_or_else(|| page.slug.clone());
        check_slug(&slug)?;
        let published = published.unwrap_or(page.published);
        let Some(current) = page.change(slug, published, content, self.clock.now()) else { return Ok(page) };
        if is_checked {
            self.check_page(&current).await?;
        }
        let mut tx = self.db.of(actor.workspace).begin().await?;
        if store::landing_pages::update(&mut tx, &current).await? == 0 {
            return Err(Error::Conflict);
        }
        let mut events = self.outbox.events(actor.into());
        let (previous, now_is) = (page.published(), current.published());
        events.push(&LandingPageChanged { page: id, previous: Some(previous), current: Some(now_is) });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(current)
    }
}
