use std::collections::{HashMap, HashSet};

use events::lead::LeadCaptured;
use kernel::{Action, Actor, Code, EmailAddress, Object, Permission};

use serde::{Deserialize, Serialize};

use super::{
    App,
    import_once::{keep_outcomes, outcomes_before},
    matching, require_write, save_changes,
    segments::follow,
};
use crate::{
    domain::{
        import::{ImportKind, Mapping, RowError, parse_lead_row},
        lead::{Lead, LeadChange, LeadDraft},
    },
    error::Error,
    store,
};

const OPERATION: &str = "importLeads";

/// Rows of one call: what a transaction may hold.
const MAX_ROWS: usize = 5_000;

/// A stretch of an export, with its header.
#[derive(Debug, Clone)]
pub struct ImportRows {
    pub headers: Vec<String>,
    pub rows: Vec<ImportRow>,
    /// Decides everything and writes nothing.
    pub dry_run: bool,
    pub idempotency_key: Option<String>,
}

#[derive(Debug, Clone)]
pub struct ImportRow {
    /// Number of the record, counting from 1 after the header.
    pub row: u32,
    pub cells: Vec<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    Created,
    Updated,
    /// The workspace has it already, or an earlier row was the same.
    Duplicate,
}

#[derive(Debug, Clone)]
pub struct RowOutcome {
    pub row: u32,
    pub outcome: Outcome,
    /// Rows with one key are one record: the address of a lead, the compared name of an account.
    pub match_key: String,
}

#[derive(Debug, Clone, Default)]
pub struct Imported {
    pub outcomes: Vec<RowOutcome>,
    pub rejected: Vec<RowError>,
}

impl ImportRows {
    /// What writes nothing needs no key.
    pub(super) fn key(&self) -> Option<&str> {
        self.idempotency_key.as_deref().filter(|_| !self.dry_run)
    }

    pub(super) fn check(&self) -> Result<(), Error> {
        if self.rows.len() <= MAX_ROWS {
            return Ok(());
        }
        let reason = format!("at most {MAX_ROWS} rows a call, not {}", self.rows.len());
        Err(Error::Invalid { code: Code::TooLong, field: "rows", reason })
    }
}

impl App {
    /// Takes a stretch of rows in one transaction.
    ///
    /// A row whose address is known is a duplicate, unless it is the very record that the lead was imported
    /// from (same foreign id) with other content: then the lead is updated. The same rows again change nothing.
    pub async fn import_leads(&self, actor: &Actor, input: ImportRows) -> Result<Imported, Error> {
        actor.require(Permission::Write)?;
        for action in [Action::Create, Action::Update] {
            actor.access.require_all(Object::Lead, action)?;
        }
        input.check()?;
        let mapping = Mapping::detect(&input.headers, ImportKind::Leads)?;
        let mut imported = Imported::default();
        let mut drafts = Vec::with_capacity(input.rows.len());
        for row in &input.rows {
            match parse_lead_row(&mapping, row.row, &row.cells) {
                Ok(parsed) => drafts.push((row.row, LeadDraft::from(parsed))),
                Err(errors) => imported.rejected.extend(errors),
            }
        }
        require_write(actor, Object::Lead, drafts.iter().flat_map(|(_, draft)| draft.details.given()))?;
        let mut tx = self.db.of(actor.workspace).begin().await?;
        if let Some(outcomes) = outcomes_before(&mut tx, actor, &self.clock, OPERATION, &input).await? {
            let rows = drafts.into_iter().zip(outcomes);
            let row = |((row, draft), outcome): ((u32, LeadDraft), Outcome)| RowOutcome {
                row,
                outcome,
                match_key: draft.email.as_str().to_owned(),
            };
            return Ok(Imported { outcomes: rows.map(row).collect(), ..imported });
        }
        let mut known = Known::read(&mut tx, actor, &drafts).await?;
        let mut fresh = Vec::new();
        let mut changes = Vec::new();
        for (row, draft) in drafts {
            let outcome = known.outcome(&draft, self.clock.now());
            imported.outcomes.push(RowOutcome {
                row,
                outcome: outcome.kind(),
                match_key: draft.email.as_str().to_owned(),
            });
            match outcome {
                Decided::New => {
                    known.taken.insert(draft.email.clone());
                    known.fresh_ids.extend(draft.external_id.clone());
                    fresh.push(draft);
                }
                Decided::Changed(change) => changes.push(*change),
                Decided::Same => {}
            }
        }
        if !input.dry_run {
            keep_outcomes(&mut tx, actor, OPERATION, &input, &imported.outcomes).await?;
            self.save_import(tx, actor, fresh, changes).await?;
        }
        Ok(imported)
    }

    async fn save_import(
        &self,
        mut tx: platform::Tx,
        actor: &Actor,
        fresh: Vec<LeadDraft>,
        mut changes: Vec<LeadChange>,
    ) -> Result<(), Error> {
        let now = self.clock.now();
        let mut events = self.outbox.events(actor.into());
        let mut index =
            matching::index_for(&mut tx, actor.workspace, fresh.iter().map(|draft| (&draft.email, &draft.details)))
                .await?;
        let mut leads = Vec::with_capacity(fresh.len());
        for draft in fresh {
            let who = (&draft.email, &draft.details);
            let account = matching::find_account(
                &mut tx,
                &mut events,
                actor.workspace,
                &mut index,
                who,
                now,
                matching::Learns::Yes,
            )
            .await?;
            leads.push(Lead::capture(draft, self.clock.id(), actor.workspace, account, now));
        }
        // The events are written down while the database takes the rows.
        let written = async {
            for lead in &leads {
                events.push(&LeadCaptured { current: lead.published() });
            }
        };
        let (inserted, ()) = futures::join!(store::leads::insert(&mut tx, &leads), written);
        if inserted?.len() < leads.len() {
            // Another import took some of the addresses meanwhile; the client sends the stretch again.
            return Err(Error::Conflict);
        }
        follow(&mut tx, &mut events, &leads.iter().collect::<Vec<_>>()).await?;
        matching::match_again(&mut tx, &mut events, &mut changes, now, matching::Learns::Yes).await?;
        save_changes(&mut tx, &mut events, &changes).await?;
        events.save(&mut tx).await?;
        Ok(self.outbox.commit(tx).await?)
    }
}

enum Decided {
    New,
    Changed(Box<LeadChange>),
    Same,
}

impl Decided {
    fn kind(&self) -> Outcome {
        match self {
            Self::New => Outcome::Created,
            Self::Changed(_) => Outcome::Updated,
            Self::Same => Outcome::Duplicate,
        }
    }
}

/// What the workspace already knows of a stretch of rows.
struct Known {
    by_external_id: HashMap<String, Lead>,
    taken: HashSet<EmailAddress>,
    /// Foreign ids of leads that this stretch makes.
    fresh_ids: HashSet<String>,
}

impl Known {
    async fn read(tx: &mut platform::Tx, actor: &Actor, drafts: &[(u32, LeadDraft)]) -> Result<Self, Error> {
        let emails: Vec<&str> = drafts.iter().map(|(_, draft)| draft.email.as_str()).collect();
        let external_ids: Vec<&str> = drafts.iter().filter_map(|(_, draft)| draft.external_id.as_deref()).collect();
        let leads = store::leads::known(tx, actor.workspace, &emails, &external_ids).await?;
        let taken = leads.iter().map(|lead| lead.email.clone()).collect();
        let by_external_id = leads.into_iter().filter_map(|lead| Some((lead.external_id.clone()?, lead))).collect();
        Ok(Self { by_external_id, taken, fresh_ids: HashSet::new() })
    }

    fn outcome(&mut self, draft: &LeadDraft, now: kernel::Timestamp) -> Decided {
        let Some(lead) = draft.external_id.as_ref().and_then(|id| self.by_external_id.get_mut(id)) else {
            // One record under two addresses is one lead, as it is when its rows come in two stretches.
            let seen = draft.external_id.as_ref().is_some_and(|id| self.fresh_ids.contains(id));
            return if seen || self.taken.contains(&draft.email) { Decided::Same } else { Decided::New };
        };
        // The address is the lead's identity: a row that changes it does not move the lead to another person.
        if lead.import_fingerprint == draft.import_fingerprint
            || lead.email != draft.email
            || lead.is_converted()
            || lead.merged_into.is_some()
        {
            return Decided::Same;
        }
        let change = lead.change(now, |lead| {
            lead.details.overwrite_with(draft.details.clone());
            lead.source = draft.source.clone().unwrap_or_else(|| lead.source.clone());
            lead.import_fingerprint.clone_from(&draft.import_fingerprint);
        });
        change.map_or(Decided::Same, |change| {
            *lead = change.current.clone();
            Decided::Changed(Box::new(change))
        })
    }
}
