use async_graphql::{Context, Object, connection::EmptyFields};
use kernel::{Cursor, FormId, PageArgs, id::TypedId};
use platform::graphql::{IntoGraphql, List, page};

use super::FormObject;
use crate::graphql::parts;

#[derive(Default)]
pub struct FormQuery;

#[Object]
impl FormQuery {
    /// One form by its id; null if there is none.
    async fn form(&self, ctx: &Context<'_>, id: FormId) -> async_graphql::Result<Option<FormObject>> {
        let (app, actor) = parts(ctx)?;
        Ok(app.form(actor, id).await.graphql()?.map(FormObject::from))
    }

    /// The workspace's forms, newest first.
    async fn forms(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<FormObject>> {
        let (app, actor) = parts(ctx)?;
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let forms = app.forms(actor, args).await.graphql()?;
        Ok(page(forms, args.first, EmptyFields, |form| Cursor { time: form.created_at, id: form.id.uuid() }))
    }
}
