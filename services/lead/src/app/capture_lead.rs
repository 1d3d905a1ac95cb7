use events::lead::LeadCaptured;
use kernel::{Action, Actor, EmailAddress, LeadId, Object, Permission};
use platform::{
    Tx,
    idempotency::{Request, made_before},
    outbox::Events,
};
use serde_json::{Value, json};

use super::{
    App,
    matching::{self, Learns},
    may_create::require_create,
    save_changes,
    segments::follow,
};
use crate::{
    domain::lead::{Details, Lead, LeadDraft},
    error::Error,
    store,
};

/// One lead from a form, an integration or a person.
#[derive(Debug, Clone)]
pub struct CaptureLead {
    pub email: EmailAddress,
    pub details: Details,
    pub source: Option<String>,
    pub idempotency_key: Option<String>,
}

/// The lead, and whether it is new: a second capture of one address finds the first.
#[derive(Debug, Clone)]
pub struct Captured {
    /// `None` for one of somebody else's that the actor may not read.
    pub lead: Option<Lead>,
    pub created: bool,
}

/// A lead on its way in, with what is known under its address.
pub(super) struct Arriving {
    /// If it is new.
    pub id: LeadId,
    pub draft: LeadDraft,
    pub known: Option<Lead>,
    pub learns: Learns,
}

impl App {
    /// Stores the lead durably before it answers. Captured again, it only fills what was blank, and not even that for
    /// an actor who may not update it, or whoever knows an address could write into anybody's lead.
    pub async fn capture_lead(&self, actor: &Actor, input: CaptureLead) -> Result<Captured, Error> {
        actor.require(Permission::Write)?;
        actor.access.require_some(Object::Lead, Action::Create)?;
        for field in input.details.given() {
            actor.access.require_write(Object::Lead, field)?;
        }
        match self.try_capture(actor, input.clone()).await {
            // Somebody wrote the same address between our look and our write: now we see it.
            Err(Error::Conflict) => self.try_capture(actor, input).await,
            captured => captured,
        }
    }

    async fn try_capture(&self, actor: &Actor, input: CaptureLead) -> Result<Captured, Error> {
        let asked = input.asked();
        let CaptureLead { email, details, source, idempotency_key } = input;
        let request = Request { operation: "captureLead", key: idempotency_key.as_deref(), input: &asked };
        let draft = LeadDraft { email, details, source, external_id: None, import_fingerprint: None };
        let id = self.clock.id();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let again = made_before(&mut tx, actor, request, id).await?;
        let known = store::leads::known(&mut tx, actor.workspace, &[draft.email.as_str()], &[]).await?.pop();
        let (named, known) = survivor(&mut tx, actor, known).await?;
        if let Some(first) = again {
            let lead = known.ok_or(Error::Conflict)?;
            // The key remembers the id that it offered: a lead that was known then has another.
            return Ok(Captured { created: named == Some(first), lead: shown(actor, lead) });
        }
        let mut events = self.outbox.events(actor.into());
        let (lead, created) =
            self.take_in(&mut tx, &mut events, actor, Arriving { id, draft, known, learns: Learns::Yes }).await?;
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(Captured { lead: if created { Some(lead) } else { shown(actor, lead) }, created })
    }

    /// Makes the lead, or fills the blanks of the one that is known; says whether it is new. `Conflict` if somebody else
    /// wrote it meanwhile.
    pub(super) async fn take_in(
        &self,
        tx: &mut Tx,
        events: &mut Events<'_>,
        actor: &Actor,
        Arriving { id, draft, known, learns }: Arriving,
    ) -> Result<(Lead, bool), Error> {
        let now = self.clock.now();
        if let Some(lead) = known {
            let open = !lead.is_converted() && actor.may(Action::Update, Object::Lead, &lead.facts()).is_ok();
            let mut change = if open { lead.change(now, |lead| lead.details.fill_blanks(draft.details)) } else { None };
            matching::match_again(tx, events, change.as_mut_slice(), now, learns).await?;
            save_changes(tx, events, change.as_slice()).await?;
            return Ok((change.map_or(lead, |change| change.current), false));
        }
        let (workspace, who) = (actor.workspace, (&draft.email, &draft.details));
        let mut index = matching::index_for(tx, workspace, [who]).await?;
        let account = matching::find_account(tx, events, workspace, &mut index, who, now, learns).await?;
        let lead = Lead::capture(draft, id, workspace, account, now);
        require_create(actor, Object::Lead, &lead.facts())?;
        if store::leads::insert(tx, std::slice::from_ref(&lead)).await?.is_empty() {
            return Err(Error::Conflict);
        }
        events.push(&LeadCaptured { current: lead.published() });
        follow(tx, events, &[&lead]).await?;
        Ok((lead, true))
    }
}

impl CaptureLead {
    /// What an idempotency key stands for.
    fn asked(&self) -> Value {
        let Self { email, details, source, idempotency_key: _ } = self;
        let Details { first_name, last_name, title, company, company_domain, phone, country, employees, message } =
            details;
        json!({
            "email": email, "source": source, "firstName": first_name, "lastName": last_name, "title": title,
            "company": company, "companyDomain": company_domain, "phone": phone, "country": country,
            "employees": employees, "message": message,
        })
    }
}

/// A lead that was there already, to somebody who may read it.
fn shown(actor: &Actor, lead: Lead) -> Option<Lead> {
    let readable = actor.may(Action::Read, Object::Lead, &lead.facts()).is_ok();
    readable.then(|| lead.seen_by(&actor.access))
}

/// The lead that is known, by the id that its address names, and the one that shows for it.
pub(super) async fn survivor(
    tx: &mut Tx,
    actor: &Actor,
    known: Option<Lead>,
) -> Result<(Option<LeadId>, Option<Lead>), Error> {
    let named = known.as_ref().map(|lead| lead.id);
    let Some(into) = known.as_ref().and_then(|lead| lead.merged_into) else { return Ok((named, known)) };
    Ok((named, store::leads::any_by_ids(tx, actor.workspace, &[into]).await?.pop()))
}
