use async_graphql::{Enum, InputObject, MaybeUndefined};
use kernel::{AccountId, Code, EmailAddress, LeadId, Money, PersonName, PhoneNumber};
use platform::graphql::{Long, MoneyInput, needed_if_given};

use super::types::LeadStatus;
use crate::{
    app::{CaptureLead, ConvertLead, ImportRow, ImportRows, OpportunityRequest, UpdateLead},
    domain::{lead::Details, normalise::domain_of, rollup::adds_up},
    error::Error,
};

/// Longest value of a field, in characters; a message may be longer.
const MAX_CHARS: usize = 500;
const MAX_MESSAGE_CHARS: usize = 10_000;

/// A person who may become a customer.
#[derive(InputObject)]
pub struct CaptureLeadInput {
    /// An address that is known fills the blanks of its lead, where one may change that lead.
    pub email: String,
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    /// Job title.
    pub title: Option<String>,
    /// Name of the company.
    pub company: Option<String>,
    /// A host or a web address.
    pub company_domain: Option<String>,
    pub phone: Option<String>,
    pub country: Option<String>,
    /// Head count or band, in any notation.
    pub employees: Option<String>,
    /// What the person wrote; up to 10,000 characters.
    pub message: Option<String>,
    /// Where the lead comes from, for example `Webinar`.
    pub source: Option<String>,
    /// Any text you choose, a UUID say: the same key and input again give the first answer, and fill no blanks.
    pub idempotency_key: Option<String>,
}

/// What is left out stays as it is, and null empties what may be empty.
#[derive(InputObject)]
pub struct UpdateLeadInput {
    pub id: LeadId,
    /// The version you read; the update is refused if the lead has changed since.
    pub version: Option<Long>,
    pub first_name: MaybeUndefined<String>,
    pub last_name: MaybeUndefined<String>,
    /// Job title.
    pub title: MaybeUndefined<String>,
    /// Name of the company.
    pub company: MaybeUndefined<String>,
    /// A host or a web address.
    pub company_domain: MaybeUndefined<String>,
    pub phone: MaybeUndefined<String>,
    pub country: MaybeUndefined<String>,
    /// Head count or band, in any notation.
    pub employees: MaybeUndefined<String>,
    /// How far the work on it has come.
    pub status: MaybeUndefined<LeadStatus>,
}

/// Which lead to convert, and into what.
#[derive(InputObject)]
pub struct ConvertLeadInput {
    pub id: LeadId,
    /// The account to convert into; left out, the lead's own, else one is opened for its company.
    pub account_id: Option<AccountId>,
    /// Left out, no opportunity is opened.
    pub opportunity: Option<OpportunityRequestInput>,
    /// Any text you choose, a UUID say: the same key and input again give the first answer, where without a key a
    /// converted lead is an error.
    pub idempotency_key: Option<String>,
}

/// The opportunity to open with a conversion.
#[derive(InputObject)]
pub struct OpportunityRequestInput {
    /// If left out, the account's name, else that of the lead's company; needed if you may read neither.
    pub name: Option<String>,
    /// What it is worth, if somebody has said so.
    pub amount: Option<MoneyInput>,
}

/// A stretch of an export; at most 5,000 rows.
#[derive(InputObject)]
pub struct ImportRowsInput {
    /// The header line's cells; HubSpot's and Salesforce's names are known.
    pub headers: Vec<String>,
    /// The records, in the order of the file.
    pub rows: Vec<ImportRowInput>,
    /// Decides everything and writes nothing.
    #[graphql(default)]
    pub dry_run: bool,
    /// Any text you choose, a UUID say: the same key and rows again give the first answer, where without a key rows that
    /// have arrived are duplicates. A dry run has no use for it.
    pub idempotency_key: Option<String>,
}

/// A record of the file.
#[derive(InputObject)]
pub struct ImportRowInput {
    /// Number of the record, counting from 1 after the header.
    pub row: u32,
    /// As many as there are headers, in their order.
    pub cells: Vec<String>,
}

/// What became of a row.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "crate::app::Outcome")]
pub enum ImportOutcome {
    /// It is new.
    Created,
    /// It filled blanks of a record that was there.
    Updated,
    /// The workspace has it already, or an earlier row was the same.
    Duplicate,
}

pub fn parse_email(field: &'static str, text: &str) -> Result<EmailAddress, Error> {
    EmailAddress::parse(text).map_err(|error| Error::Invalid {
        code: Code::InvalidEmail,
        field,
        reason: error.to_string(),
    })
}

impl TryFrom<CaptureLeadInput> for CaptureLead {
    type Error = Error;
    fn try_from(input: CaptureLeadInput) -> Result<Self, Error> {
        let details = Details {
            first_name: text("firstName", input.first_name)?.map(PersonName::new),
            last_name: text("lastName", input.last_name)?.map(PersonName::new),
            title: text("title", input.title)?,
            company: text("company", input.company)?,
            company_domain: domain("companyDomain", input.company_domain)?,
            phone: text("phone", input.phone)?.map(PhoneNumber::new),
            country: text("country", input.country)?,
            employees: text("employees", input.employees)?,
            message: bounded("message", input.message, MAX_MESSAGE_CHARS)?,
        };
        Ok(Self {
            email: parse_email("email", &input.email)?,
            details,
            source: text("source", input.source)?,
            idempotency_key: input.idempotency_key,
        })
    }
}

impl TryFrom<UpdateLeadInput> for UpdateLead {
    type Error = Error;
    fn try_from(input: UpdateLeadInput) -> Result<Self, Error> {
        let mut emptied = Emptied::default();
        let details = Details {
            first_name: text("firstName", emptied.given("firstName", input.first_name))?.map(PersonName::new),
            last_name: text("lastName", emptied.given("lastName", input.last_name))?.map(PersonName::new),
            title: text("title", emptied.given("title", input.title))?,
            company: text("company", emptied.given("company", input.company))?,
            company_domain: domain("companyDomain", emptied.given("companyDomain", input.company_domain))?,
            phone: text("phone", emptied.given("phone", input.phone))?.map(PhoneNumber::new),
            country: text("country", emptied.given("country", input.country))?,
            employees: text("employees", emptied.given("employees", input.employees))?,
            message: None,
        };
        Ok(Self {
            id: input.id,
            details,
            emptied: emptied.0,
            status: needed_if_given("status", input.status)?.map(Into::into),
            version: input.version.map(|version| version.0),
        })
    }
}

impl TryFrom<ConvertLeadInput> for ConvertLead {
    type Error = Error;
    fn try_from(input: ConvertLeadInput) -> Result<Self, Error> {
        let opportunity = input.opportunity.map(OpportunityRequest::try_from).transpose()?;
        Ok(Self { id: input.id, account: input.account_id, opportunity, idempotency_key: input.idempotency_key })
    }
}

impl TryFrom<OpportunityRequestInput> for OpportunityRequest {
    type Error = Error;
    fn try_from(input: OpportunityRequestInput) -> Result<Self, Error> {
        let amount = input.amount.map(Money::try_from).transpose().map_err(|error| Error::Invalid {
            code: Code::InvalidInput,
            field: "opportunity.amount.currency",
            reason: error.to_string(),
        })?;
        if amount.is_some_and(|amount| amount.minor < 0 || !adds_up(amount)) {
            let reason = "an amount is not negative, and not more than any opportunity is worth".to_owned();
            return Err(Error::Invalid { code: Code::InvalidInput, field: "opportunity.amount.minor", reason });
        }
        Ok(Self { name: text("opportunity.name", input.name)?, amount })
    }
}

impl From<ImportRowsInput> for ImportRows {
    fn from(input: ImportRowsInput) -> Self {
        let rows = input.rows.into_iter().map(|row| ImportRow { row: row.row, cells: row.cells }).collect();
        Self { headers: input.headers, rows, dry_run: input.dry_run, idempotency_key: input.idempotency_key }
    }
}

/// The fields that an update empties: with null, or with nothing but blanks.
#[derive(Default)]
pub struct Emptied(pub Vec<&'static str>);

impl Emptied {
    /// What is to be written to `field`; a field that is to be empty is noted.
    pub fn given(&mut self, field: &'static str, value: MaybeUndefined<String>) -> Option<String> {
        match value {
            MaybeUndefined::Undefined => None,
            MaybeUndefined::Value(text) if !text.trim().is_empty() => Some(text),
            MaybeUndefined::Null | MaybeUndefined::Value(_) => {
                self.0.push(field);
                None
            }
        }
    }
}

/// Trimmed; blank is nothing.
pub fn text(field: &'static str, value: Option<String>) -> Result<Option<String>, Error> {
    bounded(field, value, MAX_CHARS)
}

fn bounded(field: &'static str, value: Option<String>, max: usize) -> Result<Option<String>, Error> {
    let value = value.map(|value| value.trim().replace('\0', "")).filter(|value| !value.is_empty());
    match &value {
        Some(value) if value.chars().count() > max => {
            Err(Error::Invalid { code: Code::TooLong, field, reason: format!("longer than {max} characters") })
        }
        _ => Ok(value),
    }
}

pub fn domain(field: &'static str, value: Option<String>) -> Result<Option<String>, Error> {
    let invalid =
        || Error::Invalid { code: Code::InvalidInput, field, reason: "not a host name or web address".to_owned() };
    text(field, value)?.map(|value| domain_of(&value).ok_or_else(invalid)).transpose()
}
