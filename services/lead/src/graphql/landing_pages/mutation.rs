use async_graphql::{Context, Object, SimpleObject};
use kernel::LandingPageId;
use platform::graphql::{UserError, mutation};

use super::{
    LandingPageObject,
    inputs::{CreateLandingPageInput, DeleteLandingPageInput, UpdateLandingPageInput},
};
use crate::graphql::parts;

#[derive(Default)]
pub struct LandingPageMutation;

/// What `createLandingPage` answers.
#[derive(SimpleObject)]
struct CreateLandingPagePayload {
    landing_page: Option<LandingPageObject>,
    errors: Vec<UserError>,
}

/// What `updateLandingPage` answers.
#[derive(SimpleObject)]
struct UpdateLandingPagePayload {
    landing_page: Option<LandingPageObject>,
    errors: Vec<UserError>,
}

/// What `deleteLandingPage` answers.
#[derive(SimpleObject)]
struct DeleteLandingPagePayload {
    /// The page that is gone.
    deleted_id: Option<LandingPageId>,
    errors: Vec<UserError>,
}

#[Object]
impl LandingPageMutation {
    /// Makes a page that visitors come to. One that would weigh 50 kB or more is refused.
    async fn create_landing_page(
        &self,
        ctx: &Context<'_>,
        input: CreateLandingPageInput,
    ) -> async_graphql::Result<CreateLandingPagePayload> {
        let (app, actor) = parts(ctx)?;
        let (page, errors) = mutation(async { app.create_landing_page(actor, input.try_into()?).await }.await)?;
        Ok(CreateLandingPagePayload { landing_page: page.map(Into::into), errors })
    }

    /// Changes what is given.
    async fn update_landing_page(
        &self,
        ctx: &Context<'_>,
        input: UpdateLandingPageInput,
    ) -> async_graphql::Result<UpdateLandingPagePayload> {
        let (app, actor) = parts(ctx)?;
        let (page, errors) = mutation(async { app.update_landing_page(actor, input.try_into()?).await }.await)?;
        Ok(UpdateLandingPagePayload { landing_page: page.map(Into::into), errors })
    }

    /// Deletes a page with what was counted of it; what its form took in stays.
    async fn delete_landing_page(
        &self,
        ctx: &Context<'_>,
        input: DeleteLandingPageInput,
    ) -> async_graphql::Result<DeleteLandingPagePayload> {
        let (app, actor) = parts(ctx)?;
        let (deleted_id, errors) = mutation(app.delete_landing_page(actor, input.id).await)?;
        Ok(DeleteLandingPagePayload { deleted_id, errors })
    }
}
