use events::lead::{AccountCreated, ContactCreated, LeadConverted, LeadStatus, RequestedOpportunity};
use kernel::{AccountId, Action, Actor, Code, Facts, LeadId, Money, Object, OpportunityId, Permission, id::TypedId};
use platform::{
    Tx,
    idempotency::{Request, made_before},
    outbox::Events,
};
use serde_json::{Value, json};

use super::{
    App, accounts::follow_size, link_leads::link_leads, matching, may_create::require_create, segments::follow,
};
use crate::{
    domain::{
        account::Account,
        contact::Contact,
        conversion::Conversion,
        lead::Lead,
        record::{Kind, Record},
    },
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct ConvertLead {
    pub id: LeadId,
    /// The account to convert into; the lead's own, else one with its company's name, if `None`.
    pub account: Option<AccountId>,
    pub opportunity: Option<OpportunityRequest>,
    pub idempotency_key: Option<String>,
}

#[derive(Debug, Clone)]
pub struct OpportunityRequest {
    /// The account's, else the company's, as far as the actor may know them, if `None`.
    pub name: Option<String>,
    pub amount: Option<Money>,
}

/// What the lead became. The pipeline service opens the opportunity when it hears of the conversion; its id
/// is known already.
#[derive(Debug, Clone)]
pub struct Converted {
    pub lead: Lead,
    /// `None` if the actor may not read it; the account alike.
    pub contact: Option<Contact>,
    pub account: Option<Account>,
    pub opportunity: Option<OpportunityId>,
}

impl App {
    /// Makes a contact, finds or opens the account, and asks for the opportunity, all or nothing. A person
    /// who is a contact already is not made again.
    pub async fn convert_lead(&self, actor: &Actor, input: ConvertLead) -> Result<Converted, Error> {
        actor.require(Permission::Write)?;
        let asked = input.asked();
        let request = Request { operation: "convertLead", key: input.idempotency_key.as_deref(), input: &asked };
        // Chosen before it is known whether one is asked for: it is what the request's key remembers.
        let (opportunity, now) = (self.clock.id(), self.clock.now());
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let again = made_before(&mut tx, actor, request, opportunity).await?;
        let lead = store::leads::by_id(&mut tx, actor, input.id).await?.ok_or(Error::not_found("lead", "id"))?;
        if let Some(first) = again {
            return converted_before(&mut tx, actor, lead, input.opportunity.map(|_| first)).await;
        }
        actor.may(Action::Update, Object::Lead, &lead.facts())?;
        actor.access.require_write(Object::Lead, "status")?;
        actor.access.require_some(Object::Contact, Action::Create)?;
        if let Some(opportunity) = &input.opportunity {
            let promised = Facts { owner: lead.owner, ..Facts::default() };
            require_create(actor, Object::Opportunity, &promised)?;
            if opportunity.amount.is_some() {
                actor.access.require_write(Object::Opportunity, "amount")?;
            }
        }
        if lead.is_converted() {
            return Err(Error::AlreadyConverted);
        }
        let mut events = self.outbox.events(actor.into());
        let conversion = Conversion::new(&lead, &actor.access);
        let account = self.account_of(&mut tx, &mut events, actor, &conversion, input.account).await?;
        let contact = match store::contacts::by_email(&mut tx, actor.workspace, &lead.email).await? {
            Some(contact) => contact,
            None => {
                let draft = conversion.contact(account.id);
                let contact = Contact::create(draft, self.clock.id(), actor.workspace, now);
                require_create(actor, Object::Contact, &contact.facts())?;
                if !store::contacts::insert(&mut tx, &contact).await? {
                    return Err(Error::Conflict);
                }
                events.push(&ContactCreated { current: contact.published() });
                contact
            }
        };
        let promised = |request: OpportunityRequest| request.promised(opportunity, actor, &account, &conversion);
        let opportunity = input.opportunity.map(promised).transpose()?;
        let change = lead.change(now, |lead| {
            lead.status = LeadStatus::Converted;
            lead.account = Some(account.id);
            lead.contact = Some(contact.id);
        });
        let change = change.ok_or(Error::AlreadyConverted)?;
        if store::leads::update(&mut tx, &change).await? == 0 {
            return Err(Error::Conflict);
        }
        let opportunity_id = opportunity.as_ref().map(|opportunity| opportunity.id);
        events.push(&LeadConverted {
            previous: change.previous.published(),
            current: change.current.published(),
            contact: contact.id,
            account: account.id,
            opportunity,
            owner: change.current.owner,
        });
        follow(&mut tx, &mut events, &[&change.current]).await?;
        link_leads(&mut tx, &mut events, actor.workspace, std::slice::from_ref(&account), now).await?;
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(Converted {
            lead: change.current.seen_by(&actor.access),
            contact: Some(contact)
                .filter(|contact| actor.may(Action::Read, Object::Contact, &contact.facts()).is_ok())
                .map(|contact| contact.seen_by(&actor.access)),
            account: Some(account)
                .filter(|account| actor.may(Action::Read, Object::Account, &account.facts()).is_ok())
                .map(|account| account.seen_by(&actor.access)),
            opportunity: opportunity_id,
        })
    }

    /// The account that is named, else the lead's own, else one that fits, else a new one.
    async fn account_of(
        &self,
        tx: &mut Tx,
        events: &mut Events<'_>,
        actor: &Actor,
        conversion: &Conversion<'_>,
        named: Option<AccountId>,
    ) -> Result<Account, Error> {
        let lead = conversion.lead;
        if let Some(id) = named {
            return store::accounts::by_id(tx, actor, id).await?.ok_or(Error::not_found("account", "accountId"));
        }
        let own = if lead.account.is_some() {
            lead.account
        } else {
            // Since it was captured, the lead may have learned its company.
            let (who, seen) = ((&lead.email, &lead.details), conversion.seen());
            let index = matching::index_for(tx, actor.workspace, [who, seen]).await?;
            // What would be a new account's domain may be another's, if the one that the lead gives is hidden.
            index.find(who.0, who.1).or_else(|| index.find(seen.0, seen.1))
        };
        if let Some(id) = own
            // It is there, whoever may read it.
            && let Some(account) = store::accounts::any_by_id(tx, actor.workspace, id).await?
        {
            return Ok(account);
        }
        let draft = conversion.account().ok_or_else(|| Error::Invalid {
            code: Code::Required,
            field: "accountId",
            reason: "the lead names no company: say which account it belongs to".to_owned(),
        })?;
        let account = Account::create(draft, self.clock.id(), actor.workspace, self.clock.now());
        let account = account.owned_by(lead.owner.or(actor.user()));
        require_create(actor, Object::Account, &account.facts())?;
        if store::accounts::insert(tx, std::slice::from_ref(&account)).await?.is_empty() {
            return Err(Error::Conflict);
        }
        events.push(&AccountCreated { current: account.published() });
        follow_size(tx, events, &[&account], account.created_at).await?;
        Ok(account)
    }
}

impl ConvertLead {
    /// What an idempotency key stands for.
    fn asked(&self) -> Value {
        let Self { id, account, opportunity, idempotency_key: _ } = self;
        let opportunity = opportunity.as_ref().map(|request| json!({ "name": request.name, "amount": request.amount }));
        json!({ "lead": id, "account": account, "opportunity": opportunity })
    }
}

impl OpportunityRequest {
    /// The opportunity, under no name that the actor may not read.
    fn promised(
        self,
        id: OpportunityId,
        actor: &Actor,
        account: &Account,
        conversion: &Conversion<'_>,
    ) -> Result<RequestedOpportunity, Error> {
        let is_read = actor.may(Action::Read, Object::Account, &account.facts()).is_ok();
        let account = is_read.then(|| account.details.name.clone());
        let name = self.name.or(account).or_else(|| conversion.company()).ok_or_else(|| Error::Invalid {
            code: Code::Required,
            field: "opportunity.name",
            reason: "you may read neither the account nor the lead's company: say what to call it".to_owned(),
        })?;
        Ok(RequestedOpportunity { id, name, amount: self.amount })
    }
}

/// What a lead became, to somebody who asks again.
async fn converted_before(
    tx: &mut Tx,
    actor: &Actor,
    lead: Lead,
    opportunity: Option<OpportunityId>,
) -> Result<Converted, Error> {
    let contact = match lead.contact {
        Some(id) => store::records::standing_for(tx, actor, Kind::Contact, id.uuid()).await?,
        None => None,
    };
    let account = match lead.account {
        Some(id) => store::records::standing_for(tx, actor, Kind::Account, id.uuid()).await?,
        None => None,
    };
    let seen = |record: Record| record.seen_by(&actor.access);
    let contact = contact.map(seen).and_then(|record| match record {
        Record::Contact(contact) => Some(*contact),
        _ => None,
    });
    let account = account.map(seen).and_then(|record| match record {
        Record::Account(account) => Some(*account),
        _ => None,
    });
    Ok(Converted { lead: lead.seen_by(&actor.access), contact, account, opportunity })
}
