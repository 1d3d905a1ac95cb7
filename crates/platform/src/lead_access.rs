//! Who may see a lead, for services that keep something about leads of others: its verification, its route, its
//! messages. What they keep is governed by the lead, so they keep beside it what the lead's permissions look at.

use std::sync::Arc;

use async_trait::async_trait;
use events::{
    Envelope, Event,
    lead::{Lead, LeadCaptured, LeadConverted, LeadUpdated},
    routing::{LeadRouted, LeadUnrouted, owner_of},
};
use kernel::{Action, Actor, Denied, EventId, Facts, LeadId, Object, UserId, WorkspaceId, access::Rows};
use sqlx::{FromRow, QueryBuilder};

use crate::{
    Db, Tx,
    db::{AccessColumns, ListBind, push_allowed, push_rows},
    execute,
    inbox::{EventHandler, HandleError, Handler},
    with_db, with_tx,
};

const COLUMNS: AccessColumns =
    AccessColumns { owner: "a.owner_id", country: Some("a.country"), source: Some("a.source"), industry: None };

/// The handler that keeps the table; `name` is `<service>-lead-access`.
pub fn handler(name: &'static str) -> Handler {
    let subjects = &[LeadCaptured::TYPE, LeadUpdated::TYPE, LeadConverted::TYPE, LeadRouted::TYPE, LeadUnrouted::TYPE];
    Handler { name, subjects, apply: Arc::new(Keeper) }
}

/// The handler of the service that decides whose a lead is, and so calls [`save_owners`] itself.
pub fn attributes_handler(name: &'static str) -> Handler {
    Handler { subjects: &[LeadCaptured::TYPE, LeadUpdated::TYPE, LeadConverted::TYPE], ..handler(name) }
}

/// Appends the condition that the actor may read the lead in `column`, of a table or alias that has a `workspace_id`
/// beside it. A `where` must be open already.
pub fn push_readable<DB: ListBind>(query: &mut QueryBuilder<DB>, actor: &Actor, column: &str)
where
    WorkspaceId: for<'q> sqlx::Encode<'q, DB> + sqlx::Type<DB>,
{
    let rows = actor.access.rows(Object::Lead, Action::Read);
    if rows == Rows::All {
        return;
    }
    query.push(" and ").push(column).push(" in (select a.lead_id from lead_access a where a.workspace_id = ");
    query.push_bind(actor.workspace);
    push_allowed(query, &rows, &COLUMNS);
    query.push(")");
}

/// What an actor may do with a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Verdict {
    Allowed,
    Denied(Denied),
    /// The actor may not even know that there is such a lead.
    Unseen,
}

impl Verdict {
    /// Refuses what is denied; with `missing` what the actor may not even see.
    pub fn or_refuse<E: From<Denied>>(self, missing: E) -> Result<(), E> {
        match self {
            Self::Allowed => Ok(()),
            Self::Denied(denied) => Err(denied.into()),
            Self::Unseen => Err(missing),
        }
    }
}

/// Whether the actor may do `action` with the lead. What nobody has heard of is nobody's.
pub async fn verdict(tx: &mut Tx, actor: &Actor, action: Action, lead: LeadId) -> Result<Verdict, sqlx::Error> {
    let unbounded = |action| actor.access.rows(Object::Lead, action) == Rows::All;
    if unbounded(action) && unbounded(Action::Read) {
        return Ok(Verdict::Allowed);
    }
    let known: Option<Row> =
        with_tx!(tx, conn => sqlx::query_as(FACTS).bind(actor.workspace).bind(lead).fetch_optional(conn).await?);
    let row = known.unwrap_or_default();
    if actor.may(Action::Read, Object::Lead, &row.facts()).is_err() {
        return Ok(Verdict::Unseen);
    }
    Ok(actor.may(action, Object::Lead, &row.facts()).map_or_else(Verdict::Denied, |()| Verdict::Allowed))
}

/// Whether the actor may read a lead whose owner is known better than from the table: from the event that says so.
pub async fn reads(db: &Db, actor: &Actor, lead: LeadId, owner: UserId) -> Result<bool, sqlx::Error> {
    if actor.access.rows(Object::Lead, Action::Read) == Rows::All {
        return Ok(true);
    }
    let known: Option<Row> = with_db!(db.of(actor.workspace), pool => sqlx::query_as(FACTS).bind(actor.workspace).bind(lead).fetch_optional(pool).await?);
    let row = Row { owner_id: Some(owner), ..known.unwrap_or_default() };
    Ok(actor.may(Action::Read, Object::Lead, &row.facts()).is_ok())
}

const FACTS: &str = "select owner_id, country, source from lead_access where workspace_id = $1 and lead_id = $2";

#[derive(Default, FromRow)]
struct Row {
    owner_id: Option<UserId>,
    country: Option<String>,
    source: Option<String>,
}

impl Row {
    fn facts(&self) -> Facts<'_> {
        Facts {
            owner: self.owner_id,
            country: self.country.as_deref(),
            source: self.source.as_deref(),
            ..Facts::default()
        }
    }
}

struct Keeper;

#[async_trait]
impl EventHandler for Keeper {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        if let Some(owner) = owner_of(event)? {
            return Ok(save_owners(tx, event.workspace, event.id, &[owner]).await?);
        }
        match event.r#type.as_str() {
            LeadCaptured::TYPE => save_attributes(tx, event, &event.payload::<LeadCaptured>()?.current).await?,
            LeadUpdated::TYPE => save_attributes(tx, event, &event.payload::<LeadUpdated>()?.current).await?,
            LeadConverted::TYPE => save_attributes(tx, event, &event.payload::<LeadConverted>()?.current).await?,
            _ => {}
        }
        Ok(())
    }
}

async fn save_attributes(tx: &mut Tx, event: &Envelope, lead: &Lead) -> Result<(), sqlx::Error> {
    const SQL: &str = "insert into lead_access (workspace_id, lead_id, version, country, source) values ($1, $2, $3, $4, $5) \
        on conflict (workspace_id, lead_id) do update \
        set version = excluded.version, country = excluded.country, source = excluded.source \
        where lead_access.version < excluded.version";
    execute!(
        tx,
        sqlx::query(SQL).bind(event.workspace).bind(lead.id).bind(lead.version).bind(&lead.country).bind(&lead.source)
    )?;
    Ok(())
}

/// Notes whose leads these are now, unless a later event has said so already.
pub async fn save_owners(
    tx: &mut Tx,
    workspace: WorkspaceId,
    event: EventId,
    owners: &[(LeadId, Option<UserId>)],
) -> Result<(), sqlx::Error> {
    with_tx!(tx, conn => {
        let mut query =
            QueryBuilder::new("insert into lead_access (workspace_id, lead_id, version, owner_id, owner_event) ");
        push_rows(&mut query, owners, |mut row, &(lead, owner)| {
            row.push_bind(workspace).push_bind(lead).push_bind(0_i64).push_bind(owner).push_bind(event);
        });
        query.push(
            " on conflict (workspace_id, lead_id) do update \
             set owner_id = excluded.owner_id, owner_event = excluded.owner_event \
             where lead_access.owner_event is null or lead_access.owner_event < excluded.owner_event",
        );
        query.build().persistent(owners.len() == 1).execute(conn).await?;
    });
    Ok(())
}
