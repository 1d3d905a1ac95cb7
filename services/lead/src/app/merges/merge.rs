use kernel::{Action, Actor, MergeId, Permission};
use platform::{
    Tx,
    idempotency::{Request, made_before},
};
use serde_json::{Value, json};
use uuid::Uuid;

use super::{
    accounts::{accounts, settle_merged},
    family::Relatives,
    preview::{check, decided, records},
    tell,
};
use crate::{
    app::{
        App,
        accounts::{domains_of, tell_domains},
        segments::follow_ids,
    },
    domain::{
        family::{Content, Merge},
        merge::{Choice, FieldOutcome, Plan, merged},
        record::{Kind, Record, RecordChange},
    },
    error::Error,
    store,
};

/// Which records become one, and how.
#[derive(Debug, Clone)]
pub struct MergeRecords {
    pub kind: Kind,
    pub survivor: Uuid,
    pub others: Vec<Uuid>,
    pub plan: Plan,
    /// The survivor's version that was read: refused with `CONFLICT` if it is newer.
    pub version: Option<i64>,
    pub idempotency_key: Option<String>,
}

/// The merge, and what the records are one as.
#[derive(Clone)]
pub struct Merged {
    pub merge: Merge,
    /// `None` if the actor may not read it any more.
    pub survivor: Option<Record>,
}

impl App {
    /// Makes several records one: the survivor shows wherever the others did, which keep their rows and all they said.
    pub async fn merge_records(&self, actor: &Actor, input: MergeRecords) -> Result<Merged, Error> {
        actor.require(Permission::Write)?;
        check(&input)?;
        for field in input.kind.fields().iter().filter(|field| input.plan.choices.contains_key(**field)) {
            actor.access.require_write(input.kind.object(), field)?;
        }
        let asked = input.asked();
        let request =
            Request { operation: operation(input.kind), key: input.idempotency_key.as_deref(), input: &asked };
        let id: MergeId = self.clock.id();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let again = made_before(&mut tx, actor, request, id).await?;
        store::merges::lock(&mut tx, actor.workspace).await?;
        if input.kind == Kind::Account {
            store::hierarchy::lock(&mut tx, actor.workspace).await?;
        }
        if let Some(first) = again {
            return merged_before(&mut tx, actor, first).await;
        }
        let records = records(&mut tx, actor, &input).await?;
        require(actor, &input, &records)?;
        let merged = self.merge(&mut tx, actor, &input, id, &records).await?;
        self.outbox.commit(tx).await?;
        Ok(merged)
    }

    async fn merge(
        &self,
        tx: &mut Tx,
        actor: &Actor,
        input: &MergeRecords,
        id: MergeId,
        records: &[Record],
    ) -> Result<Merged, Error> {
        let (now, workspace, kind) = (self.clock.now(), actor.workspace, input.kind);
        let survivor = records.first().ok_or(Error::Conflict)?;
        let ids: Vec<Uuid> = records.iter().map(Record::id).collect();
        let mut relatives = Relatives::of(tx, workspace, kind, &ids).await?;
        let merge = Merge {
            id,
            workspace,
            kind,
            survivor: input.survivor,
            others: input.others.clone(),
            content: content(survivor, records, &decided(actor, input, records)),
            merged_at: now,
            undone_at: None,
        };
        relatives.after.merge(merge.clone());
        let domains = domains_of(tx, &accounts(&relatives, &[input.survivor])).await?;
        // First, so that a value which is unique is free for the survivor.
        let others = relatives.redirect(tx, &input.others, Some(input.survivor)).await?;
        relatives.reroute(tx).await?;
        store::merges::insert(tx, &merge).await?;
        relatives.save_values(tx, now).await?;
        let current = relatives.records.get(&input.survivor).cloned().ok_or(Error::Conflict)?;
        let mut events = self.outbox.events(actor.into());
        let change = RecordChange { previous: survivor.clone(), current: current.clone() };
        tell::merged(&mut events, &merge, &change, &others, &relatives.redirects());
        if kind == Kind::Account {
            tell_domains(tx, &mut events, domains, &accounts(&relatives, &[input.survivor])).await?;
            settle_merged(tx, &mut events, actor, &relatives, (input.survivor, &input.others), now).await?;
        }
        if kind == Kind::Lead {
            let leads: Vec<_> = ids.iter().copied().map(Into::into).collect();
            follow_ids(tx, &mut events, workspace, &leads, now).await?;
        }
        events.save(tx).await?;
        Ok(Merged { merge, survivor: Some(current.seen_by(&actor.access)) })
    }
}

impl MergeRecords {
    /// What an idempotency key stands for.
    fn asked(&self) -> Value {
        let Self { kind, survivor, others, plan, version, idempotency_key: _ } = self;
        let choice = |choice: &Choice| match choice {
            Choice::Policy(policy) => format!("{policy:?}"),
            Choice::From(id) => id.to_string(),
        };
        let choices: Vec<_> = plan.choices.iter().map(|(field, how)| (field, choice(how))).collect();
        json!({
            "kind": kind, "survivor": survivor, "others": others, "policy": format!("{:?}", plan.policy),
            "choices": choices, "version": version,
        })
    }
}

fn operation(kind: Kind) -> &'static str {
    match kind {
        Kind::Lead => "mergeLeads",
        Kind::Contact => "mergeContacts",
        Kind::Account => "mergeAccounts",
    }
}

/// Refuses an actor who may not change each of them and delete those that go, and leads that became something else.
fn require(actor: &Actor, input: &MergeRecords, records: &[Record]) -> Result<(), Error> {
    let object = input.kind.object();
    for (at, record) in records.iter().enumerate() {
        actor.may(Action::Update, object, &record.facts())?;
        if at > 0 {
            actor.may(Action::Delete, object, &record.facts())?;
            // What it became stays in its name.
            if record.is_closed() {
                return Err(Error::AlreadyConverted);
            }
        }
    }
    let version = records.first().map(Record::version);
    if input.version.is_some() && input.version != version { Err(Error::Conflict) } else { Ok(()) }
}

fn content(survivor: &Record, records: &[Record], outcomes: &[FieldOutcome]) -> Content {
    let (before, after) = (survivor.values(), merged(survivor, outcomes));
    let from = |field: &str| outcomes.iter().find(|outcome| outcome.field == field).and_then(|outcome| outcome.from);
    let steps = Merge::steps(&before, &after, from);
    Content { before: records.iter().map(|record| (record.id(), record.values())).collect(), after, steps }
}

/// What a merge made, to somebody who asks again.
async fn merged_before(tx: &mut Tx, actor: &Actor, id: MergeId) -> Result<Merged, Error> {
    let merge = store::merges::by_id(tx, actor.workspace, id).await?.ok_or(Error::Conflict)?;
    let survivor = store::records::standing_for(tx, actor, merge.kind, merge.survivor).await?;
    Ok(Merged { survivor: survivor.map(|record| record.seen_by(&actor.access)), merge })
}
