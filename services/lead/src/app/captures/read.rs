use kernel::{Actor, FormId, PageArgs, Permission};

use crate::{app::App, domain::capture::Form, error::Error, store};

impl App {
    pub async fn form(&self, actor: &Actor, id: FormId) -> Result<Option<Form>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::forms::by_ids(&self.db, actor.workspace, &[id]).await?.pop())
    }

    /// One row more than the page holds, if another page follows.
    pub async fn forms(&self, actor: &Actor, page: PageArgs) -> Result<Vec<Form>, Error> {
        actor.require(Permission::Read)?;
        Ok(store::forms::list(&self.db, actor.workspace, page).await?)
    }

    /// The form that visitors reach there, unless it is switched off. Knowing the address is all they need.
    pub async fn open_form(&self, slug: &str) -> Result<Option<Form>, Error> {
        Ok(store::forms::by_slug(&self.db, slug).await?.filter(|form| form.content.active))
    }
}
