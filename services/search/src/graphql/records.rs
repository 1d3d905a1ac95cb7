//! Objects of other services, which describe them; this service adds their timelines.

use async_graphql::{ComplexObject, Context, SimpleObject};
use kernel::{AccountId, ContactId, LeadId, OpportunityId};

use super::timeline::{Timeline, TimelineEntryType, timeline};

#[derive(SimpleObject)]
#[graphql(complex, name = "Lead")]
pub struct LeadObject {
    pub id: LeadId,
}

#[ComplexObject]
impl LeadObject {
    /// What happened to the lead in all services, the last first: an effect
    /// before its cause, whatever the clocks say. What you may not read is left out.
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
        #[graphql(desc = "All if left out or empty.")] types: Option<Vec<TimelineEntryType>>,
    ) -> async_graphql::Result<Option<Timeline>> {
        timeline(ctx, self.id, first, after, types).await
    }
}

#[derive(SimpleObject)]
#[graphql(complex, name = "Account")]
pub struct AccountObject {
    pub id: AccountId,
}

#[ComplexObject]
impl AccountObject {
    /// What happened to the account in all services, and to its leads, contacts and opportunities, the last first: an effect
    /// before its cause, whatever the clocks say. What you may not read is left out.
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
        #[graphql(desc = "All if left out or empty.")] types: Option<Vec<TimelineEntryType>>,
    ) -> async_graphql::Result<Option<Timeline>> {
        timeline(ctx, self.id, first, after, types).await
    }
}

#[derive(SimpleObject)]
#[graphql(complex, name = "Contact")]
pub struct ContactObject {
    pub id: ContactId,
}

#[ComplexObject]
impl ContactObject {
    /// What happened to the contact in all services, to the lead that it was, and to its opportunities, the last first: an effect
    /// before its cause, whatever the clocks say. What you may not read is left out.
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
        #[graphql(desc = "All if left out or empty.")] types: Option<Vec<TimelineEntryType>>,
    ) -> async_graphql::Result<Option<Timeline>> {
        timeline(ctx, self.id, first, after, types).await
    }
}

#[derive(SimpleObject)]
#[graphql(complex, name = "Opportunity")]
pub struct OpportunityObject {
    pub id: OpportunityId,
}

#[ComplexObject]
impl OpportunityObject {
    /// What happened to the opportunity in all services, the last first: an effect
    /// before its cause, whatever the clocks say. What you may not read is left out.
    async fn timeline(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
        #[graphql(desc = "All if left out or empty.")] types: Option<Vec<TimelineEntryType>>,
    ) -> async_graphql::Result<Option<Timeline>> {
        timeline(ctx, self.id, first, after, types).await
    }
}
