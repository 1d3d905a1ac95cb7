use async_graphql::{Context, Object, SimpleObject};
use kernel::{Actor, id::TypedId};
use platform::{
    graphql::{UserError, actor, mutation},
    hearing::once_heard,
};

use super::{
    inputs::{CreateOpportunityInput, MoveOpportunityInput, UpdateOpportunityInput},
    types::OpportunityObject,
};
use crate::app::{App, CreateOpportunity, MoveOpportunity, UpdateOpportunity};

pub struct Mutation;

/// What `createOpportunity` answers.
#[derive(SimpleObject)]
struct CreateOpportunityPayload {
    opportunity: Option<OpportunityObject>,
    errors: Vec<UserError>,
}

/// What `moveOpportunity` answers.
#[derive(SimpleObject)]
struct MoveOpportunityPayload {
    opportunity: Option<OpportunityObject>,
    errors: Vec<UserError>,
}

/// What `updateOpportunity` answers.
#[derive(SimpleObject)]
struct UpdateOpportunityPayload {
    opportunity: Option<OpportunityObject>,
    errors: Vec<UserError>,
}

/// What can be changed. What the caller can mend comes back in `errors`, anything else as a top-level error.
#[Object]
impl Mutation {
    /// Opens an opportunity at an account.
    async fn create_opportunity(
        &self,
        ctx: &Context<'_>,
        input: CreateOpportunityInput,
    ) -> async_graphql::Result<CreateOpportunityPayload> {
        let (app, actor) = parts(ctx)?;
        let (opportunity, errors) = mutation(
            async {
                let input: CreateOpportunity = input.try_into()?;
                let named = [Some(input.account.uuid()), input.contact.map(|contact| contact.uuid())];
                once_heard(&app.clock, named.into_iter().flatten(), || app.create_opportunity(actor, input.clone()))
                    .await
            }
            .await,
        )?;
        Ok(CreateOpportunityPayload { opportunity: opportunity.map(Into::into), errors })
    }

    /// Moves an opportunity to a stage of its pipeline; the stage decides whether that wins or loses it. A closed
    /// opportunity cannot move.
    async fn move_opportunity(
        &self,
        ctx: &Context<'_>,
        input: MoveOpportunityInput,
    ) -> async_graphql::Result<MoveOpportunityPayload> {
        let (app, actor) = parts(ctx)?;
        let input: MoveOpportunity = input.into();
        let (opportunity, errors) =
            mutation(once_heard(&app.clock, [input.id.uuid()], || app.move_opportunity(actor, input.clone())).await)?;
        Ok(MoveOpportunityPayload { opportunity: opportunity.map(Into::into), errors })
    }

    /// Changes what is given; a stage changes by `moveOpportunity` only.
    async fn update_opportunity(
        &self,
        ctx: &Context<'_>,
        input: UpdateOpportunityInput,
    ) -> async_graphql::Result<UpdateOpportunityPayload> {
        let (app, actor) = parts(ctx)?;
        let (opportunity, errors) = mutation(
            async {
                let input: UpdateOpportunity = input.try_into()?;
                once_heard(&app.clock, [input.id.uuid()], || app.update_opportunity(actor, input.clone())).await
            }
            .await,
        )?;
        Ok(UpdateOpportunityPayload { opportunity: opportunity.map(Into::into), errors })
    }
}

fn parts<'a>(ctx: &Context<'a>) -> async_graphql::Result<(&'a App, &'a Actor)> {
    Ok((ctx.data_unchecked(), actor(ctx)?))
}
