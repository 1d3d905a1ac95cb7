//! Who agreed to what.

use async_graphql::{Context, Enum, InputObject, Object, SimpleObject};
use chrono::{DateTime, Utc};
use kernel::{Code, ConsentId, ContactId, LeadId};
use platform::graphql::{Long, UserError, load, mutation};

use super::{
    captures::needed,
    inputs::text,
    loaders::{ConsentsOf, Loaders},
    parts,
};
use crate::{
    app::{Person, RecordConsent},
    domain::consent::{self, ConsentEntry, MAX_PURPOSE},
    error::Error,
};

#[derive(Default)]
pub struct ConsentMutation;

/// What somebody said of what they agree to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "consent::ConsentState")]
pub enum ConsentState {
    Granted,
    Withdrawn,
}

/// Whether a person agrees to something, and how it is known.
#[derive(SimpleObject)]
#[graphql(name = "Consent")]
pub struct ConsentObject {
    /// In small letters.
    purpose: String,
    /// What holds: what was said last.
    state: ConsentState,
    /// When they said it.
    since: DateTime<Utc>,
    /// What they said of it, the last first; at most 20.
    entries: Vec<ConsentEntryObject>,
}

/// One line of the ledger of consents, of which none is ever changed.
#[derive(SimpleObject)]
#[graphql(name = "ConsentEntry")]
pub struct ConsentEntryObject {
    id: ConsentId,
    state: ConsentState,
    /// What they read.
    wording: Option<String>,
    /// How it is known, if somebody recorded it by hand.
    note: Option<String>,
    /// The page on which the form stood, as the browser said.
    page: Option<String>,
    form_version: Option<Long>,
    /// When who has the address followed the link in the mail.
    confirmed_at: Option<DateTime<Utc>>,
    said_at: DateTime<Utc>,
    recorded_at: DateTime<Utc>,
    /// Who recorded it.
    recorded_by: String,
}

/// What a person said, and how it is known. Of `leadId` and `contactId` one is given.
#[derive(InputObject)]
struct RecordConsentInput {
    lead_id: Option<LeadId>,
    contact_id: Option<ContactId>,
    /// What for; compared without case.
    purpose: String,
    state: ConsentState,
    /// What they read, if they read something.
    wording: Option<String>,
    /// How it is known: a call, a letter, a card from a fair.
    note: String,
    /// When they said it, now if left out.
    said_at: Option<DateTime<Utc>>,
    /// Any text you choose, a UUID say: the same key and input again give the first answer.
    idempotency_key: Option<String>,
}

/// What `recordConsent` answers.
#[derive(SimpleObject)]
struct RecordConsentPayload {
    entry: Option<ConsentEntryObject>,
    errors: Vec<UserError>,
}

#[Object]
impl ConsentMutation {
    /// Adds a line to the ledger of who agreed to what.
    async fn record_consent(
        &self,
        ctx: &Context<'_>,
        input: RecordConsentInput,
    ) -> async_graphql::Result<RecordConsentPayload> {
        let (app, actor) = parts(ctx)?;
        let (entry, errors) = mutation(async { app.record_consent(actor, input.try_into()?).await }.await)?;
        Ok(RecordConsentPayload { entry: entry.map(Into::into), errors })
    }
}

/// What a person that was read agreed to, by purpose.
pub async fn consents_of(ctx: &Context<'_>, person: Person) -> async_graphql::Result<Vec<ConsentObject>> {
    let entries = load::<Loaders, _, Vec<ConsentEntry>>(ctx, ConsentsOf(person)).await?.unwrap_or_default();
    let purposes = entries.chunk_by(|one, other| one.purpose == other.purpose);
    Ok(purposes
        .filter_map(|entries| {
            let holds = entries.first()?;
            Some(ConsentObject {
                purpose: holds.purpose.clone(),
                state: holds.state.into(),
                since: holds.said_at,
                entries: entries.iter().cloned().map(Into::into).collect(),
            })
        })
        .collect())
}

impl From<ConsentEntry> for ConsentEntryObject {
    fn from(entry: ConsentEntry) -> Self {
        let ConsentEntry { id, state, wording, note, evidence, said_at, recorded_at, recorded_by, .. } = entry;
        let form_version = evidence.as_ref().map(|evidence| Long(evidence.form_version));
        let confirmed_at = evidence.as_ref().and_then(|evidence| evidence.confirmed_at);
        let page = evidence.and_then(|evidence| evidence.page);
        let state = state.into();
        Self { id, state, wording, note, page, form_version, confirmed_at, said_at, recorded_at, recorded_by }
    }
}

impl TryFrom<RecordConsentInput> for RecordConsent {
    type Error = Error;
    fn try_from(input: RecordConsentInput) -> Result<Self, Error> {
        let RecordConsentInput { lead_id, contact_id, purpose, state, wording, note, said_at, idempotency_key } = input;
        let person = match (lead_id, contact_id) {
            (Some(id), None) => Person::Lead(id),
            (None, Some(id)) => Person::Contact(id),
            (None, None) => {
                let reason = "say who it is: a lead or a contact".to_owned();
                return Err(Error::Invalid { code: Code::Required, field: "leadId", reason });
            }
            (Some(_), Some(_)) => {
                let reason = "either a lead or a contact".to_owned();
                return Err(Error::Invalid { code: Code::InvalidInput, field: "contactId", reason });
            }
        };
        let purpose = needed("purpose", purpose)?;
        if purpose.chars().count() > MAX_PURPOSE {
            let reason = format!("longer than {MAX_PURPOSE} characters");
            return Err(Error::Invalid { code: Code::TooLong, field: "purpose", reason });
        }
        Ok(Self {
            person,
            purpose: consent::purpose(&purpose),
            state: state.into(),
            wording: text("wording", wording)?,
            note: needed("note", note)?,
            said_at,
            idempotency_key,
        })
    }
}
