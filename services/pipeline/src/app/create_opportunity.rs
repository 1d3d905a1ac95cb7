use events::pipeline::OpportunityCreated;
use kernel::{AccountId, Action, Actor, ContactId, Money, Object, Permission, PipelineId, StageId};
use platform::{
    Tx,
    idempotency::{Request, made_before},
};
use serde_json::{Value, json};

use super::{App, default_pipeline::default_pipeline};
use crate::{
    domain::{
        opportunity::{Opportunity, OpportunityDraft},
        pipeline::Stage,
    },
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct CreateOpportunity {
    pub name: String,
    pub account: AccountId,
    pub contact: Option<ContactId>,
    /// The workspace's default if neither this nor a stage is given.
    pub pipeline: Option<PipelineId>,
    /// The pipeline's first if `None`.
    pub stage: Option<StageId>,
    pub amount: Option<Money>,
    pub idempotency_key: Option<String>,
}

impl App {
    /// Opens an opportunity; the same key and input again find the first one.
    pub async fn create_opportunity(&self, actor: &Actor, input: CreateOpportunity) -> Result<Opportunity, Error> {
        actor.require(Permission::Write)?;
        actor.access.require_some(Object::Opportunity, Action::Create)?;
        if input.amount.is_some() {
            actor.access.require_write(Object::Opportunity, "amount")?;
        }
        let asked = input.asked();
        let request = Request { operation: "createOpportunity", key: input.idempotency_key.as_deref(), input: &asked };
        let id = self.clock.id();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        if let Some(first) = made_before(&mut tx, actor, request, id).await? {
            let opportunity = store::opportunities::by_id(&mut tx, actor, first).await?.ok_or(Error::Conflict)?;
            return Ok(opportunity.seen_by(&actor.access));
        }
        if !store::known::sees_account(&mut tx, actor, input.account).await? {
            return Err(Error::not_found("account", "accountId"));
        }
        if let Some(contact) = input.contact
            && !store::known::sees_contact(&mut tx, actor, contact).await?
        {
            return Err(Error::not_found("contact", "contactId"));
        }
        let stage = self.stage_for(&mut tx, actor, &input).await?;
        let CreateOpportunity { name, account, contact, amount, .. } = input;
        let draft = OpportunityDraft { name, account, contact, amount, owner: actor.user() };
        let opportunity = Opportunity::open(draft, id, &stage, self.clock.now());
        actor.may(Action::Create, Object::Opportunity, &opportunity.facts())?;
        if !store::opportunities::insert(&mut tx, &opportunity).await? {
            return Err(Error::Conflict);
        }
        store::opportunities::insert_entry(&mut tx, &opportunity.stage_entry(&actor.subject)).await?;
        let mut events = self.outbox.events(actor.into());
        events.push(&OpportunityCreated { current: opportunity.published(&stage) });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(opportunity)
    }

    async fn stage_for(&self, tx: &mut Tx, actor: &Actor, input: &CreateOpportunity) -> Result<Stage, Error> {
        if let Some(id) = input.stage {
            let stage = store::pipelines::stage(tx, actor, id).await?.ok_or(Error::not_found("stage", "stageId"))?;
            if input.pipeline.is_some_and(|pipeline| pipeline != stage.pipeline) {
                return Err(Error::invalid("stageId", "the stage belongs to another pipeline"));
            }
            return Ok(stage);
        }
        let pipeline = match input.pipeline {
            Some(id) => {
                store::pipelines::by_id(tx, actor, id).await?.ok_or(Error::not_found("pipeline", "pipelineId"))?
            }
            None => default_pipeline(tx, actor.workspace, &self.clock).await?,
        };
        pipeline.first_stage().cloned().ok_or_else(|| Error::invalid("pipelineId", "the pipeline has no stages"))
    }
}

impl CreateOpportunity {
    /// What an idempotency key stands for.
    fn asked(&self) -> Value {
        let Self { name, account, contact, pipeline, stage, amount, idempotency_key: _ } = self;
        json!({
            "name": name, "account": account, "contact": contact, "pipeline": pipeline, "stage": stage, "amount": amount,
        })
    }
}
