use async_graphql::{Context, Object, SimpleObject};
use kernel::FormId;
use platform::graphql::{UserError, mutation};

use super::{
    FormObject,
    inputs::{CreateFormInput, DeleteFormInput, UpdateFormInput},
};
use crate::graphql::parts;

#[derive(Default)]
pub struct FormMutation;

/// What `createForm` answers.
#[derive(SimpleObject)]
struct CreateFormPayload {
    form: Option<FormObject>,
    errors: Vec<UserError>,
}

/// What `updateForm` answers.
#[derive(SimpleObject)]
struct UpdateFormPayload {
    form: Option<FormObject>,
    errors: Vec<UserError>,
}

/// What `deleteForm` answers.
#[derive(SimpleObject)]
struct DeleteFormPayload {
    /// The form that is gone.
    deleted_id: Option<FormId>,
    errors: Vec<UserError>,
}

#[Object]
impl FormMutation {
    /// Makes a form that visitors fill in, on a page of its own, on landing pages, and where its snippet is pasted.
    async fn create_form(&self, ctx: &Context<'_>, input: CreateFormInput) -> async_graphql::Result<CreateFormPayload> {
        let (app, actor) = parts(ctx)?;
        let (form, errors) = mutation(async { app.create_form(actor, input.try_into()?).await }.await)?;
        Ok(CreateFormPayload { form: form.map(Into::into), errors })
    }

    /// Changes what is given. Another text to agree to is another version of it: who agreed before has agreed to the one
    /// before.
    async fn update_form(&self, ctx: &Context<'_>, input: UpdateFormInput) -> async_graphql::Result<UpdateFormPayload> {
        let (app, actor) = parts(ctx)?;
        let (form, errors) = mutation(async { app.update_form(actor, input.try_into()?).await }.await)?;
        Ok(UpdateFormPayload { form: form.map(Into::into), errors })
    }

    /// Deletes a form; what it took in stays.
    async fn delete_form(&self, ctx: &Context<'_>, input: DeleteFormInput) -> async_graphql::Result<DeleteFormPayload> {
        let (app, actor) = parts(ctx)?;
        let (deleted_id, errors) = mutation(app.delete_form(actor, input.id).await)?;
        Ok(DeleteFormPayload { deleted_id, errors })
    }
}
