use async_graphql::{Context, Object, SimpleObject};
use kernel::OpportunityId;
use platform::graphql::{UserError, mutation};

use super::{
    account_inputs::{CreateAccountInput, UpdateAccountInput},
    contact_inputs::{CreateContactInput, UpdateContactInput},
    duplicates::PossibleDuplicates,
    inputs::{CaptureLeadInput, ConvertLeadInput, ImportOutcome, ImportRowsInput, UpdateLeadInput},
    parts,
    types::{AccountObject, ContactObject, LeadObject},
};
use crate::{app::Imported, error::Error};

#[derive(Default)]
pub struct RecordMutation;

/// What `captureLead` answers.
#[derive(Default, SimpleObject)]
struct CaptureLeadPayload {
    /// Null for whoever may not read it.
    lead: Option<LeadObject>,
    /// False when the address was known: then nothing was made twice, and blanks were filled if one may change the lead.
    created: bool,
    errors: Vec<UserError>,
    #[graphql(flatten)]
    possible: PossibleDuplicates,
}

/// What `updateLead` answers.
#[derive(SimpleObject)]
struct UpdateLeadPayload {
    lead: Option<LeadObject>,
    errors: Vec<UserError>,
}

/// What `convertLead` answers.
#[derive(Default, SimpleObject)]
struct ConvertLeadPayload {
    lead: Option<LeadObject>,
    /// What the lead became.
    contact: Option<ContactObject>,
    /// Where the contact is.
    account: Option<AccountObject>,
    /// The pipeline service opens it when it hears of the conversion, which this answer waits for. Should that take longer
    /// than a second, only the id is there.
    opportunity: Option<OpportunityReference>,
    errors: Vec<UserError>,
}

#[derive(SimpleObject)]
#[graphql(name = "Opportunity", unresolvable)]
struct OpportunityReference {
    id: OpportunityId,
}

/// What `createAccount` answers.
#[derive(SimpleObject)]
struct CreateAccountPayload {
    account: Option<AccountObject>,
    errors: Vec<UserError>,
}

/// What `updateAccount` answers.
#[derive(SimpleObject)]
struct UpdateAccountPayload {
    account: Option<AccountObject>,
    errors: Vec<UserError>,
}

/// What `createContact` answers.
#[derive(SimpleObject)]
struct CreateContactPayload {
    contact: Option<ContactObject>,
    errors: Vec<UserError>,
}

/// What `updateContact` answers.
#[derive(SimpleObject)]
struct UpdateContactPayload {
    contact: Option<ContactObject>,
    errors: Vec<UserError>,
}

/// One outcome for each row that was not rejected.
#[derive(SimpleObject)]
struct ImportPayload {
    /// In the order of the rows.
    outcomes: Vec<ImportedRow>,
    /// What was not imported, and why.
    rejected: Vec<RejectedRow>,
    /// What is wrong with the file as a whole; then nothing was imported.
    errors: Vec<UserError>,
}

/// What became of one row.
#[derive(SimpleObject)]
struct ImportedRow {
    /// As given in the input.
    row: u32,
    outcome: ImportOutcome,
    /// Rows with one key are one record.
    match_key: String,
}

/// One thing wrong with one row; a row can have several.
#[derive(SimpleObject)]
struct RejectedRow {
    /// As given in the input.
    row: u32,
    /// The field at fault, by our name for it.
    field: String,
    /// A stable code, see the error reference.
    code: String,
    /// What is wrong, in words for people.
    message: String,
}

#[Object]
impl RecordMutation {
    /// Takes a lead durably. An address that is known is not captured twice.
    async fn capture_lead(
        &self,
        ctx: &Context<'_>,
        input: CaptureLeadInput,
    ) -> async_graphql::Result<CaptureLeadPayload> {
        let (app, actor) = parts(ctx)?;
        let (captured, errors) = mutation(async { app.capture_lead(actor, input.try_into()?).await }.await)?;
        Ok(captured.map_or_else(
            || CaptureLeadPayload { errors, ..Default::default() },
            |captured| CaptureLeadPayload {
                possible: PossibleDuplicates(captured.lead.as_ref().map(|lead| lead.id)),
                lead: captured.lead.map(Into::into),
                created: captured.created,
                errors: Vec::new(),
            },
        ))
    }

    /// Changes what is given. A converted lead is read-only.
    async fn update_lead(&self, ctx: &Context<'_>, input: UpdateLeadInput) -> async_graphql::Result<UpdateLeadPayload> {
        let (app, actor) = parts(ctx)?;
        let (lead, errors) = mutation(async { app.update_lead(actor, input.try_into()?).await }.await)?;
        Ok(UpdateLeadPayload { lead: lead.map(Into::into), errors })
    }

    /// Makes the lead a contact at an account, with an opportunity if one is asked for; all or nothing.
    async fn convert_lead(
        &self,
        ctx: &Context<'_>,
        input: ConvertLeadInput,
    ) -> async_graphql::Result<ConvertLeadPayload> {
        let (app, actor) = parts(ctx)?;
        let (converted, errors) = mutation(async { app.convert_lead(actor, input.try_into()?).await }.await)?;
        let Some(converted) = converted else { return Ok(ConvertLeadPayload { errors, ..Default::default() }) };
        Ok(ConvertLeadPayload {
            lead: Some(converted.lead.into()),
            contact: converted.contact.map(Into::into),
            account: converted.account.map(Into::into),
            opportunity: converted.opportunity.map(|id| OpportunityReference { id }),
            errors,
        })
    }

    /// Opens an account; leads that were waiting for it find it.
    async fn create_account(
        &self,
        ctx: &Context<'_>,
        input: CreateAccountInput,
    ) -> async_graphql::Result<CreateAccountPayload> {
        let (app, actor) = parts(ctx)?;
        let (account, errors) = mutation(async { app.create_account(actor, input.try_into()?).await }.await)?;
        Ok(CreateAccountPayload { account: account.map(Into::into), errors })
    }

    /// Changes what is given. Under a new name or domain, leads that were waiting for it find it.
    async fn update_account(
        &self,
        ctx: &Context<'_>,
        input: UpdateAccountInput,
    ) -> async_graphql::Result<UpdateAccountPayload> {
        let (app, actor) = parts(ctx)?;
        let (account, errors) = mutation(async { app.update_account(actor, input.try_into()?).await }.await)?;
        Ok(UpdateAccountPayload { account: account.map(Into::into), errors })
    }

    /// Makes a contact that is yours; converting a lead makes one too.
    async fn create_contact(
        &self,
        ctx: &Context<'_>,
        input: CreateContactInput,
    ) -> async_graphql::Result<CreateContactPayload> {
        let (app, actor) = parts(ctx)?;
        let (contact, errors) = mutation(async { app.create_contact(actor, input.try_into()?).await }.await)?;
        Ok(CreateContactPayload { contact: contact.map(Into::into), errors })
    }

    /// Changes what is given.
    async fn update_contact(
        &self,
        ctx: &Context<'_>,
        input: UpdateContactInput,
    ) -> async_graphql::Result<UpdateContactPayload> {
        let (app, actor) = parts(ctx)?;
        let (contact, errors) = mutation(async { app.update_contact(actor, input.try_into()?).await }.await)?;
        Ok(UpdateContactPayload { contact: contact.map(Into::into), errors })
    }

    /// Takes a stretch of a lead export; `pipewright import leads` calls this. The same rows again change nothing.
    async fn import_leads(&self, ctx: &Context<'_>, input: ImportRowsInput) -> async_graphql::Result<ImportPayload> {
        let (app, actor) = parts(ctx)?;
        import_payload(app.import_leads(actor, input.into()).await)
    }

    /// Takes a stretch of an account export; `pipewright import accounts` calls this.
    async fn import_accounts(&self, ctx: &Context<'_>, input: ImportRowsInput) -> async_graphql::Result<ImportPayload> {
        let (app, actor) = parts(ctx)?;
        import_payload(app.import_accounts(actor, input.into()).await)
    }
}

fn import_payload(outcome: Result<Imported, Error>) -> async_graphql::Result<ImportPayload> {
    let (imported, errors) = mutation(outcome)?;
    let imported = imported.unwrap_or_default();
    let outcomes = imported.outcomes.into_iter();
    let rejected = imported.rejected.into_iter();
    Ok(ImportPayload {
        outcomes: outcomes
            .map(|row| ImportedRow { row: row.row, outcome: row.outcome.into(), match_key: row.match_key })
            .collect(),
        rejected: rejected
            .map(|error| RejectedRow {
                row: error.row,
                field: error.field.to_owned(),
                code: error.code.as_str().to_owned(),
                message: error.message,
            })
            .collect(),
        errors,
    })
}
