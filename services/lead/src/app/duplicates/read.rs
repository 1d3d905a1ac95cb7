use std::collections::HashMap;

use kernel::{Actor, LeadId, PageArgs, Permission, id::TypedId};

use super::find::{alike, prepared};
use crate::{
    app::App,
    domain::{
        duplicates::{Duplicate, Link},
        lead::Lead,
        record::{Kind, Record},
    },
    error::Error,
    store::{self, duplicates::DuplicateFilter},
};

/// Likely duplicates that a capture tells of.
const TOLD: usize = 10;

/// A lead that one looks like, and why.
#[derive(Debug, Clone)]
pub struct PossibleDuplicate {
    pub lead: Lead,
    pub link: Link,
}

impl App {
    /// One row more than the page holds, if another page follows. What looks like one tells of every field.
    pub async fn duplicates(
        &self,
        actor: &Actor,
        kind: Option<Kind>,
        min_confidence: f64,
        page: PageArgs,
    ) -> Result<Vec<Duplicate>, Error> {
        actor.require(Permission::Read)?;
        let kinds = match kind {
            Some(kind) => {
                kind.object().fields().iter().try_for_each(|field| actor.access.require_shown(kind.object(), field))?;
                vec![kind]
            }
            None => Kind::ALL.into_iter().filter(|kind| !actor.access.hides_some(kind.object())).collect(),
        };
        Ok(store::duplicates::list(&self.db, actor, &DuplicateFilter { kinds, min_confidence }, page).await?)
    }

    /// The leads that this one looks like, the likeliest first, as far as the actor may read them.
    pub async fn possible_duplicates(&self, actor: &Actor, lead: LeadId) -> Result<Vec<PossibleDuplicate>, Error> {
        actor.require(Permission::Read)?;
        if actor.access.hides_some(Kind::Lead.object()) {
            return Ok(Vec::new());
        }
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let own = store::records::readable(&mut tx, actor, Kind::Lead, &[lead.uuid()]).await?;
        let links = alike(&mut tx, actor.workspace, Kind::Lead, prepared(&own)).await?;
        let other = |link: &Link| if link.one == lead.uuid() { link.other } else { link.one };
        let ids: Vec<_> = links.iter().map(other).collect();
        let both = [&ids[..], &[lead.uuid()]].concat();
        let dismissed = store::duplicates::dismissed(&mut tx, actor.workspace, Kind::Lead, &both).await?;
        let readable = store::records::readable(&mut tx, actor, Kind::Lead, &ids).await?;
        tx.rollback().await?;
        let mut leads: HashMap<_, _> = readable
            .into_iter()
            .filter_map(|record| match record {
                Record::Lead(lead) => Some((lead.id.uuid(), *lead)),
                _ => None,
            })
            .collect();
        let links =
            links.into_iter().filter(|link| !dismissed.contains(&(link.one.min(link.other), link.one.max(link.other))));
        let possible = links.filter_map(|link| Some(PossibleDuplicate { lead: leads.remove(&other(&link))?, link }));
        Ok(possible.take(TOLD).collect())
    }
}
