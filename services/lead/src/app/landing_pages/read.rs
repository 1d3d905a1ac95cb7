use std::collections::HashMap;

use kernel::{Action, Actor, FormId, LandingPageId, Object, PageArgs, Permission};

use crate::{
    app::App,
    domain::{
        capture::Form,
        landing_page::{LandingPage, VariantStats},
    },
    error::Error,
    store,
};

impl App {
    pub async fn landing_page(&self, actor: &Actor, id: LandingPageId) -> Result<Option<LandingPage>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::landing_pages::by_ids(&self.db, actor.workspace, &[id]).await?.pop())
    }

    /// One row more than the page holds, if another page follows.
    pub async fn landing_pages(&self, actor: &Actor, page: PageArgs) -> Result<Vec<LandingPage>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::landing_pages::list(&self.db, actor.workspace, page).await?)
    }

    /// What visitors made of a page's variants, those that are gone included: for who may read every lead, for a conversion
    /// is one, and rates of some would be wrong.
    pub async fn page_stats(&self, actor: &Actor, id: LandingPageId) -> Result<Vec<VariantStats>, Error> {
        actor.access.require_all(Object::Lead, Action::Read)?;
        let page = self.landing_page(actor, id).await?.ok_or(Error::not_found("landing page", "pageId"))?;
        let mut stats = store::landing_pages::stats(&self.db, actor.workspace, id).await?;
        for variant in &page.content.variants {
            if !stats.iter().any(|known| known.variant == variant.name) {
                stats.push(VariantStats { variant: variant.name.clone(), views: 0, conversions: 0 });
            }
        }
        stats.sort_by(|a, b| a.variant.cmp(&b.variant));
        Ok(stats)
    }

    /// The page that visitors reach there, with its forms. Knowing the address is all they need.
    pub async fn published_page(&self, slug: &str) -> Result<Option<(LandingPage, HashMap<FormId, Form>)>, Error> {
        let page = store::landing_pages::by_slug(&self.db, slug).await?.filter(|page| page.published);
        let Some(page) = page else { return Ok(None) };
        let forms = self.forms_on(&page).await?;
        Ok(Some((page, forms)))
    }

    /// A visitor sees this variant for the first time.
    pub async fn count_view(&self, page: &LandingPage, variant: &str) -> Result<(), Error> {
        let mut tx = self.db.of(page.workspace).begin().await?;
        store::landing_pages::count_view(&mut tx, page.workspace, page.id, variant).await?;
        Ok(tx.commit().await?)
    }
}
