use async_graphql::{Context, InputObject, Object, SimpleObject};
use kernel::{LeadId, id::TypedId};
use platform::{
    graphql::{UserError, actor, mutation},
    hearing::once_heard,
};

use super::types::{EnrichmentRunObject, LeadObject};
use crate::app::{App, EnrichLead};

pub struct Mutation;

/// Which lead to verify and enrich.
#[derive(InputObject)]
struct EnrichLeadInput {
    lead_id: LeadId,
    /// Any text you choose, a UUID say: the same key and input again give the first run, not a second.
    idempotency_key: Option<String>,
}

/// What `enrichLead` answers.
#[derive(SimpleObject)]
struct EnrichLeadPayload {
    lead: Option<LeadObject>,
    /// The run that was made.
    run: Option<EnrichmentRunObject>,
    errors: Vec<UserError>,
}

/// What can be changed. What the caller can mend comes back in `errors`, anything else as a top-level error.
#[Object]
impl Mutation {
    /// Verifies and enriches a lead again, with what is known by now.
    async fn enrich_lead(&self, ctx: &Context<'_>, input: EnrichLeadInput) -> async_graphql::Result<EnrichLeadPayload> {
        let (app, actor): (&App, _) = (ctx.data_unchecked(), actor(ctx)?);
        let input = EnrichLead { lead: input.lead_id, idempotency_key: input.idempotency_key };
        let (run, errors) =
            mutation(once_heard(&app.clock, [input.lead.uuid()], || app.enrich_lead(actor, input.clone())).await)?;
        let lead = run.as_ref().map(|run| LeadObject { id: run.lead });
        Ok(EnrichLeadPayload { lead, run: run.map(EnrichmentRunObject::from), errors })
    }
}
