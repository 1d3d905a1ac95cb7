use async_graphql::{InputObject, MaybeUndefined};
use kernel::{AccountId, ContactId, PersonName, PhoneNumber};
use platform::graphql::{Long, needed_if_given};

use super::inputs::{Emptied, parse_email, text};
use crate::{
    app::{CreateContact, UpdateContact},
    domain::contact::ContactDetails,
    error::Error,
    store::{accounts::Under, contacts::ContactFilter},
};

/// All conditions must hold; one left out holds always.
#[derive(Default, InputObject)]
pub struct ContactFilterInput {
    /// Exact, without regard to case.
    pub email: Option<String>,
    /// The company that the contacts work for.
    pub account_id: Option<AccountId>,
    /// This company, and all accounts that are below it.
    pub under_account: Option<AccountId>,
    /// False: what `underAccount` finds is that account's own.
    #[graphql(default = true)]
    pub include_descendants: bool,
}

/// A person at an account.
#[derive(InputObject)]
pub struct CreateContactInput {
    /// Unique among the contacts of the workspace, compared without case.
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// Job title.
    pub title: Option<String>,
    pub phone: Option<String>,
    /// The company they work for.
    pub account_id: Option<AccountId>,
    /// Any text you choose, a UUID say: the same key and input again give the first contact, not a second.
    pub idempotency_key: Option<String>,
}

/// What is left out stays as it is, and null empties what may be empty.
#[derive(InputObject)]
pub struct UpdateContactInput {
    pub id: ContactId,
    /// The version you read; the update is refused if the contact has changed since.
    pub version: Option<Long>,
    /// Unique among the contacts of the workspace, compared without case.
    pub email: MaybeUndefined<String>,
    pub first_name: MaybeUndefined<String>,
    pub last_name: MaybeUndefined<String>,
    /// Job title.
    pub title: MaybeUndefined<String>,
    pub phone: MaybeUndefined<String>,
    /// The company they work for.
    pub account_id: MaybeUndefined<AccountId>,
}

impl TryFrom<ContactFilterInput> for ContactFilter {
    type Error = Error;
    fn try_from(input: ContactFilterInput) -> Result<Self, Error> {
        let email = input.email.map(|email| parse_email("filter.email", &email)).transpose()?;
        let descendants = input.include_descendants;
        let under = input.under_account.map(|parent| Under { parent, descendants });
        Ok(Self { email, account: input.account_id, under })
    }
}

impl TryFrom<CreateContactInput> for CreateContact {
    type Error = Error;
    fn try_from(input: CreateContactInput) -> Result<Self, Error> {
        let details = ContactDetails {
            first_name: text("firstName", input.first_name)?.map(PersonName::new),
            last_name: text("lastName", input.last_name)?.map(PersonName::new),
            title: text("title", input.title)?,
            phone: text("phone", input.phone)?.map(PhoneNumber::new),
        };
        let email = parse_email("email", &input.email)?;
        Ok(Self { email, account: input.account_id, details, idempotency_key: input.idempotency_key })
    }
}

impl TryFrom<UpdateContactInput> for UpdateContact {
    type Error = Error;
    fn try_from(input: UpdateContactInput) -> Result<Self, Error> {
        let mut emptied = Emptied::default();
        let details = ContactDetails {
            first_name: text("firstName", emptied.given("firstName", input.first_name))?.map(PersonName::new),
            last_name: text("lastName", emptied.given("lastName", input.last_name))?.map(PersonName::new),
            title: text("title", emptied.given("title", input.title))?,
            phone: text("phone", emptied.given("phone", input.phone))?.map(PhoneNumber::new),
        };
        Ok(Self {
            id: input.id,
            email: needed_if_given("email", input.email)?.map(|email| parse_email("email", &email)).transpose()?,
            account: input.account_id.into(),
            details,
            emptied: emptied.0,
            version: input.version.map(|version| version.0),
        })
    }
}
