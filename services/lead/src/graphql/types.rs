use async_graphql::{ComplexObject, Context, Enum, Object, SimpleObject};
use chrono::{DateTime, Utc};
use events::lead::LeadStatus as Status;
use kernel::{AccountId, Action, Actor, ContactId, LeadId, SegmentId, UserId, id::TypedId};
use platform::graphql::{IntoGraphql, Long, actor, load};

use super::{
    accounts::ChildCount,
    captures::CaptureObject,
    consents::{ConsentObject, consents_of},
    duplicates::{DuplicateObject, duplicates_of},
    loaders::{CapturesOf, CountOf, Loaders},
};
use crate::{
    app::{App, Person},
    domain::{
        account::Account,
        capture::Capture,
        contact::{Contact, ContactDetails},
        lead::Lead,
        record::Kind,
    },
    store::{accounts::AccountFilter, contacts::ContactFilter, leads::LeadFilter},
};

/// How far the work on a lead has come.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Status")]
pub enum LeadStatus {
    /// Captured, untouched.
    New,
    /// Somebody is at it.
    Working,
    /// Worth an opportunity.
    Qualified,
    /// Not worth more work.
    Disqualified,
    /// Became a contact; read-only.
    Converted,
}

/// A person who may become a customer.
#[derive(SimpleObject)]
#[graphql(complex, name = "Lead")]
pub struct LeadObject {
    id: LeadId,
    /// Grows by one with every change; give it to `updateLead` to refuse overwriting somebody else's.
    version: Long,
    /// Unique among the leads of the workspace, compared without case.
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    /// Job title, as the person or the source wrote it.
    title: Option<String>,
    /// Name of the company, as the source wrote it.
    company: Option<String>,
    /// Host name of the company's site, without `www.`.
    company_domain: Option<String>,
    /// As the source wrote it.
    phone: Option<String>,
    /// As the source wrote it.
    country: Option<String>,
    /// Head count or band, as the source wrote it.
    employees: Option<String>,
    /// What the person wrote, as text.
    message: Option<String>,
    /// Where it came from: a form, an event, the original source of an import.
    source: String,
    /// How far the work on it has come.
    status: LeadStatus,
    /// When it was captured.
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[graphql(skip)]
    account_id: Option<AccountId>,
    #[graphql(skip)]
    contact_id: Option<ContactId>,
}

#[ComplexObject]
impl LeadObject {
    /// Found by the company's domain, else by its name.
    async fn account(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<AccountObject>> {
        let Some(id) = self.account_id else { return Ok(None) };
        Ok(load::<Loaders, _, Account>(ctx, id).await?.map(AccountObject::from))
    }

    /// What it looks like one with; null to whom a field of leads is hidden.
    async fn duplicates(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Vec<DuplicateObject>>> {
        duplicates_of(ctx, Kind::Lead, self.id.uuid()).await
    }

    /// What it was converted into.
    async fn contact(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<ContactObject>> {
        let Some(id) = self.contact_id else { return Ok(None) };
        Ok(load::<Loaders, _, Contact>(ctx, id).await?.map(ContactObject::from))
    }

    /// What the person agreed to, by purpose.
    async fn consents(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<ConsentObject>> {
        consents_of(ctx, Person::Lead(self.id)).await
    }

    /// What forms took in for it, newest first; at most 50.
    async fn captures(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<CaptureObject>> {
        if actor(ctx)?.access.require_some(Kind::Lead.object(), Action::Read).is_err() {
            return Ok(Vec::new());
        }
        let captures = load::<Loaders, _, Vec<Capture>>(ctx, CapturesOf(self.id)).await?;
        Ok(captures.unwrap_or_default().into_iter().map(CaptureObject::from).collect())
    }
}

impl From<Lead> for LeadObject {
    fn from(lead: Lead) -> Self {
        let details = lead.details;
        Self {
            id: lead.id,
            version: Long(lead.version),
            email: lead.email.into_string(),
            first_name: details.first_name.map(kernel::PersonName::into_string),
            last_name: details.last_name.map(kernel::PersonName::into_string),
            title: details.title,
            company: details.company,
            company_domain: details.company_domain,
            phone: details.phone.map(kernel::PhoneNumber::into_string),
            country: details.country,
            employees: details.employees,
            message: details.message,
            source: lead.source,
            status: lead.status.into(),
            created_at: lead.created_at,
            updated_at: lead.updated_at,
            account_id: lead.account,
            contact_id: lead.contact,
        }
    }
}

/// A company that is sold to.
#[derive(SimpleObject)]
#[graphql(complex, name = "Account")]
pub struct AccountObject {
    id: AccountId,
    /// Grows by one with every change; give it to `updateAccount` to refuse overwriting somebody else's.
    version: Long,
    name: String,
    /// Host name of the company's site, without `www.`.
    domain: Option<String>,
    /// As the source wrote it.
    industry: Option<String>,
    /// As the source wrote it.
    country: Option<String>,
    /// Head count or band, as the source wrote it.
    employees: Option<String>,
    /// Whose account it is.
    owner: Option<UserReference>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[graphql(skip)]
    pub account: Account,
}

/// Known to the identity service.
#[derive(SimpleObject)]
#[graphql(name = "User", unresolvable)]
pub struct UserReference {
    id: UserId,
}

impl From<UserId> for UserReference {
    fn from(id: UserId) -> Self {
        Self { id }
    }
}

impl From<Account> for AccountObject {
    fn from(account: Account) -> Self {
        let details = account.details.clone();
        Self {
            id: account.id,
            version: Long(account.version),
            name: details.name,
            domain: details.domain,
            industry: details.industry,
            country: details.country,
            employees: details.employees,
            owner: account.owner.map(Into::into),
            created_at: account.created_at,
            updated_at: account.updated_at,
            account,
        }
    }
}

/// A person at an account.
#[derive(SimpleObject)]
#[graphql(complex, name = "Contact")]
pub struct ContactObject {
    id: ContactId,
    /// Grows by one with every change; give it to `updateContact` to refuse overwriting somebody else's.
    version: Long,
    /// Unique among the contacts of the workspace, compared without case.
    email: String,
    first_name: Option<String>,
    last_name: Option<String>,
    /// Job title.
    title: Option<String>,
    /// As the source wrote it.
    phone: Option<String>,
    /// Whose contact it is.
    owner: Option<UserReference>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
    #[graphql(skip)]
    account_id: Option<AccountId>,
}

#[ComplexObject]
impl ContactObject {
    /// What they agreed to, by purpose.
    async fn consents(&self, ctx: &Context<'_>) -> async_graphql::Result<Vec<ConsentObject>> {
        consents_of(ctx, Person::Contact(self.id)).await
    }

    /// What it looks like one with; null to whom a field of contacts is hidden.
    async fn duplicates(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<Vec<DuplicateObject>>> {
        duplicates_of(ctx, Kind::Contact, self.id.uuid()).await
    }

    /// The company they work for.
    async fn account(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<AccountObject>> {
        let Some(id) = self.account_id else { return Ok(None) };
        Ok(load::<Loaders, _, Account>(ctx, id).await?.map(AccountObject::from))
    }
}

impl From<Contact> for ContactObject {
    fn from(contact: Contact) -> Self {
        let ContactDetails { first_name, last_name, title, phone } = contact.details;
        Self {
            id: contact.id,
            version: Long(contact.version),
            email: contact.email.into_string(),
            first_name: first_name.map(kernel::PersonName::into_string),
            last_name: last_name.map(kernel::PersonName::into_string),
            title,
            phone: phone.map(kernel::PhoneNumber::into_string),
            owner: contact.owner.map(Into::into),
            created_at: contact.created_at,
            updated_at: contact.updated_at,
            account_id: contact.account,
        }
    }
}

/// Counts only when asked.
pub enum LeadTotal {
    Found(Box<LeadFilter>),
    In(SegmentId),
}

#[Object]
impl LeadTotal {
    /// How many leads the filter finds, on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<Long> {
        let (app, actor): (&App, &Actor) = (ctx.data_unchecked(), actor(ctx)?);
        match self {
            Self::Found(filter) => app.count_leads(actor, filter).await.graphql().map(Long),
            Self::In(segment) => count_of(ctx, *segment).await,
        }
    }
}

/// How many leads that the actor may read are in a segment.
pub async fn count_of(ctx: &Context<'_>, segment: SegmentId) -> async_graphql::Result<Long> {
    Ok(Long(load::<Loaders, _, i64>(ctx, CountOf(segment)).await?.unwrap_or_default()))
}

/// Counts only when asked.
pub enum AccountTotal {
    Found(AccountFilter),
    /// Right below this one.
    Below(AccountId),
}

#[Object]
impl AccountTotal {
    /// How many accounts the filter finds, on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<Long> {
        let (app, actor): (&App, &Actor) = (ctx.data_unchecked(), actor(ctx)?);
        match self {
            Self::Found(filter) => app.count_accounts(actor, filter).await.graphql().map(Long),
            Self::Below(parent) => {
                Ok(Long(load::<Loaders, _, i64>(ctx, ChildCount(*parent)).await?.unwrap_or_default()))
            }
        }
    }
}

/// Counts only when asked.
pub struct ContactTotal(pub ContactFilter);

#[Object]
impl ContactTotal {
    /// How many contacts the filter finds, on all pages.
    async fn total_count(&self, ctx: &Context<'_>) -> async_graphql::Result<Long> {
        let (app, actor): (&App, &Actor) = (ctx.data_unchecked(), actor(ctx)?);
        app.count_contacts(actor, &self.0).await.graphql().map(Long)
    }
}
