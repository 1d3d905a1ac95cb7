use async_graphql::{Context, InputObject, Object};
use kernel::{Cursor, EnrollmentId, LeadId, PageArgs, id::TypedId};
use platform::graphql::{IntoGraphql, List, actor, load, page};

use super::{
    loaders::Loaders,
    types::{
        EnrollmentObject, LeadObject, MailboxObject, MessageObject, MessageState, MessageTotal, SequenceObject,
        SuppressionObject,
    },
};
use crate::{app::App, domain::enrollment::Enrollment};

pub struct Query;

/// All conditions must hold; one left out holds always.
#[derive(Default, InputObject)]
struct MessageFilterInput {
    /// How far the messages have come.
    state: Option<MessageState>,
}

/// What can be read. Lists come in pages.
#[Object]
impl Query {
    /// One enrolment by its id; null if there is none.
    async fn enrollment(&self, ctx: &Context<'_>, id: EnrollmentId) -> async_graphql::Result<Option<EnrollmentObject>> {
        Ok(load::<Loaders, _, _>(ctx, id).await?.map(|enrollment: Enrollment| enrollment.into()))
    }

    /// The workspace's sequences, newest first.
    async fn sequences(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<SequenceObject>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let sequences = app.sequences(actor(ctx)?, args).await.graphql()?;
        Ok(page(sequences, args.first, Default::default(), |sequence| Cursor {
            time: sequence.created_at,
            id: sequence.id.uuid(),
        }))
    }

    /// The messages of every enrolment, newest first.
    async fn messages(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
        filter: Option<MessageFilterInput>,
    ) -> async_graphql::Result<List<MessageObject, MessageTotal>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let state = filter.unwrap_or_default().state.map(Into::into);
        let messages = app.messages(actor(ctx)?, state, args).await.graphql()?;
        Ok(page(messages, args.first, MessageTotal(state), |message| Cursor {
            time: message.created_at,
            id: message.id.uuid(),
        }))
    }

    /// Addresses nobody writes to, newest first.
    async fn suppressions(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<SuppressionObject>> {
        let app: &App = ctx.data_unchecked();
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let suppressions = app.suppressions(actor(ctx)?, args).await.graphql()?;
        Ok(page(suppressions, args.first, Default::default(), |suppression| Cursor {
            time: suppression.created_at,
            id: suppression.id.uuid(),
        }))
    }

    /// Where the workspace's mail comes from; null until its first lead is enrolled.
    async fn mailbox(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<MailboxObject>> {
        let app: &App = ctx.data_unchecked();
        Ok(app.mailbox(actor(ctx)?).await.graphql()?.map(MailboxObject::from))
    }

    #[graphql(entity)]
    async fn find_lead(&self, id: LeadId) -> LeadObject {
        LeadObject { id }
    }

    #[graphql(entity)]
    async fn find_enrollment(
        &self,
        ctx: &Context<'_>,
        id: EnrollmentId,
    ) -> async_graphql::Result<Option<EnrollmentObject>> {
        Ok(load::<Loaders, _, _>(ctx, id).await?.map(|enrollment: Enrollment| enrollment.into()))
    }
}
