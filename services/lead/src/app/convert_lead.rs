use events::lead::{AccountCreated, ContactCreated, LeadConverted, LeadStatus, RequestedOpportunity};
use kernel::{
    AccountId, Action, Actor, Code, LeadId, Money, Object, OpportunityId, Permission, id::TypedId, is_free_mail,
};
use platform::{
    Tx,
    idempotency::{Request, made_before},
    outbox::Events,
};
use serde_json::{Value, json};

use super::{App, accounts::follow_size, link_leads::link_leads, matching, segments::follow};
use crate::{
    domain::{
        account::{Account, AccountDetails, AccountDraft},
        contact::{Contact, ContactDraft},
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
    /// `<company>` if `None`.
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
            actor.access.require_some(Object::Opportunity, Action::Create)?;
            if opportunity.amount.is_some() {
                actor.access.require_write(Object::Opportunity, "amount")?;
            }
        }
        if lead.is_converted() {
            return Err(Error::AlreadyConverted);
        }
        let mut events = self.outbox.events(actor.into());
        let account = self.account_of(&mut tx, &mut events, actor, &lead, input.account).await?;
        let contact = match store::contacts::by_email(&mut tx, actor.workspace, &lead.email).await? {
            Some(contact) => contact,
            None => {
                let draft = ContactDraft::from_lead(&lead, account.id);
                let contact = Contact::create(draft, self.clock.id(), actor.workspace, now);
                if !store::contacts::insert(&mut tx, &contact).await? {
                    return Err(Error::Conflict);
                }
                events.push(&ContactCreated { current: contact.published() });
                contact
            }
        };
        let opportunity = input.opportunity.map(|request| RequestedOpportunity {
            id: opportunity,
            name: request.name.unwrap_or_else(|| account.details.name.clone()),
            amount: request.amount,
        });
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
        lead: &Lead,
        named: Option<AccountId>,
    ) -> Result<Account, Error> {
        if let Some(id) = named {
            return store::accounts::by_id(tx, actor, id).await?.ok_or(Error::not_found("account", "accountId"));
        }
        let own = if lead.account.is_some() {
            lead.account
        } else {
            // Since it was captured, the lead may have learned its company.
            let who = (&lead.email, &lead.details);
            matching::index_for(tx, actor.workspace, [who]).await?.find(who.0, who.1)
        };
        if let Some(id) = own
            // It is there, whoever may read it.
            && let Some(account) = store::accounts::any_by_id(tx, actor.workspace, id).await?
        {
            return Ok(account);
        }
        actor.access.require_some(Object::Account, Action::Create)?;
        let account = self.account_for(actor, lead)?.owned_by(lead.owner.or(actor.user()));
        if store::accounts::insert(tx, std::slice::from_ref(&account)).await?.is_empty() {
            return Err(Error::Conflict);
        }
        events.push(&AccountCreated { current: account.published() });
        follow_size(tx, events, &[&account], account.created_at).await?;
        Ok(account)
    }

    fn account_for(&self, actor: &Actor, lead: &Lead) -> Result<Account, Error> {
        let domain = lead.match_domain().map(str::to_owned);
        let name = lead.details.company.clone().or_else(|| domain.clone()).ok_or_else(|| Error::Invalid {
            code: Code::Required,
            field: "accountId",
            reason: "the lead names no company: say which account it belongs to".to_owned(),
        })?;
        let details = AccountDetails {
            name,
            domain: domain.filter(|domain| !is_free_mail(domain)),
            country: lead.details.country.clone(),
            employees: lead.details.employees.clone(),
            ..AccountDetails::default()
        };
        let draft = AccountDraft { details, external_id: None, import_fingerprint: None };
        Ok(Account::create(draft, self.clock.id(), actor.workspace, self.clock.now()))
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
