use async_graphql::{InputObject, MaybeUndefined};
use kernel::{AccountId, Code};
use platform::graphql::{Long, needed_if_given};

use super::inputs::{Emptied, domain, text};
use crate::{
    app::{CreateAccount, UpdateAccount},
    domain::account::AccountDetails,
    error::Error,
};

/// A company that is sold to.
#[derive(InputObject)]
pub struct CreateAccountInput {
    pub name: String,
    /// A host or a web address.
    pub domain: Option<String>,
    pub industry: Option<String>,
    pub country: Option<String>,
    /// Head count or band, in any notation.
    pub employees: Option<String>,
    /// Any text you choose, a UUID say: the same key and input again give the first account, not a second.
    pub idempotency_key: Option<String>,
}

/// What is left out stays as it is, and null empties what may be empty.
#[derive(InputObject)]
pub struct UpdateAccountInput {
    pub id: AccountId,
    /// The version you read; the update is refused if the account has changed since.
    pub version: Option<Long>,
    pub name: MaybeUndefined<String>,
    /// A host or a web address, in the place of the primary one; one of the account's own moves to the front. Null takes the
    /// primary one away: then the oldest of the others is, or none if there was no other.
    pub domain: MaybeUndefined<String>,
    pub industry: MaybeUndefined<String>,
    pub country: MaybeUndefined<String>,
    /// Head count or band, in any notation.
    pub employees: MaybeUndefined<String>,
}

impl TryFrom<CreateAccountInput> for CreateAccount {
    type Error = Error;
    fn try_from(input: CreateAccountInput) -> Result<Self, Error> {
        let details = AccountDetails {
            name: name(input.name)?,
            domain: domain("domain", input.domain)?,
            industry: text("industry", input.industry)?,
            country: text("country", input.country)?,
            employees: text("employees", input.employees)?,
        };
        Ok(Self { details, idempotency_key: input.idempotency_key })
    }
}

impl TryFrom<UpdateAccountInput> for UpdateAccount {
    type Error = Error;
    fn try_from(input: UpdateAccountInput) -> Result<Self, Error> {
        let mut emptied = Emptied::default();
        Ok(Self {
            id: input.id,
            name: needed_if_given("name", input.name)?.map(name).transpose()?,
            domain: domain("domain", emptied.given("domain", input.domain))?,
            industry: text("industry", emptied.given("industry", input.industry))?,
            country: text("country", emptied.given("country", input.country))?,
            employees: text("employees", emptied.given("employees", input.employees))?,
            emptied: emptied.0,
            version: input.version.map(|version| version.0),
        })
    }
}

fn name(value: String) -> Result<String, Error> {
    let required =
        || Error::Invalid { code: Code::Required, field: "name", reason: "an account needs a name".to_owned() };
    text("name", Some(value))?.ok_or_else(required)
}
