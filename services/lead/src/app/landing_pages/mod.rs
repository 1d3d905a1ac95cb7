//! Landing pages: made, served and counted.

mod create;
mod delete;
mod read;
mod update;

use std::collections::HashMap;

use kernel::{Code, FormId, WorkspaceId};

pub use create::CreateLandingPage;
pub use update::UpdateLandingPage;

use super::App;
use crate::{
    domain::{capture::Form, landing_page::LandingPage},
    error::Error,
    html::{self, landing},
    store,
};

/// Bytes that a page may have, in any of its variants.
pub const MAX_PAGE_BYTES: usize = 50_000;

impl App {
    /// Refuses a page with a form that is not there, and one that is too heavy for a slow line.
    async fn check_page(&self, page: &LandingPage) -> Result<(), Error> {
        let forms = self.forms_on(page).await?;
        for form in page.content.forms() {
            if !forms.contains_key(&form) {
                return Err(Error::not_found("form", "variants"));
            }
        }
        for variant in &page.content.variants {
            let rendered = landing::page(page, variant, &forms, &[]);
            if rendered.len() + html::ROOM > MAX_PAGE_BYTES {
                let reason = format!("{}: the page would have more than {MAX_PAGE_BYTES} bytes", variant.name);
                return Err(Error::Invalid { code: Code::TooLong, field: "variants", reason });
            }
        }
        Ok(())
    }

    async fn forms_on(&self, page: &LandingPage) -> Result<HashMap<FormId, Form>, Error> {
        let ids: Vec<FormId> = page.content.forms().into_iter().collect();
        self.forms_named(page.workspace, &ids).await
    }

    async fn forms_named(&self, workspace: WorkspaceId, ids: &[FormId]) -> Result<HashMap<FormId, Form>, Error> {
        let forms = store::forms::by_ids(&self.db, workspace, ids).await?;
        Ok(forms.into_iter().map(|form| (form.id, form)).collect())
    }
}
