use async_graphql::{Context, Object, SimpleObject};
use platform::graphql::{UserError, mutation};

use super::{
    ChangedSince, MergeObject,
    inputs::{MergeAccountsInput, MergeContactsInput, MergeLeadsInput, UnmergeInput},
};
use crate::{
    app::{MergeRecords, Merged},
    domain::record::Record,
    error::Error,
    graphql::{
        duplicates::RecordSet,
        parts,
        types::{AccountObject, ContactObject, LeadObject},
    },
};

#[derive(Default)]
pub struct MergeMutation;

/// What `mergeLeads` answers.
#[derive(SimpleObject)]
struct MergeLeadsPayload {
    /// What they are one as.
    lead: Option<LeadObject>,
    merge: Option<MergeObject>,
    errors: Vec<UserError>,
}

/// What `mergeContacts` answers.
#[derive(SimpleObject)]
struct MergeContactsPayload {
    /// What they are one as.
    contact: Option<ContactObject>,
    merge: Option<MergeObject>,
    errors: Vec<UserError>,
}

/// What `mergeAccounts` answers.
#[derive(SimpleObject)]
struct MergeAccountsPayload {
    /// What they are one as.
    account: Option<AccountObject>,
    merge: Option<MergeObject>,
    errors: Vec<UserError>,
}

/// What `unmerge` answers.
#[derive(Default, SimpleObject)]
struct UnmergePayload {
    merge: Option<MergeObject>,
    /// The records that are themselves again.
    restored: Option<RecordSet>,
    /// What stays with the survivor, since it happened after the merge.
    changed_since: Option<ChangedSince>,
    errors: Vec<UserError>,
}

#[Object]
impl MergeMutation {
    /// Makes several leads one, all or nothing. The others are gone from every list, and lead to the survivor; `unmerge`
    /// takes it back.
    async fn merge_leads(&self, ctx: &Context<'_>, input: MergeLeadsInput) -> async_graphql::Result<MergeLeadsPayload> {
        let (survivor, merge, errors) = merge(ctx, input.try_into()).await?;
        let lead = survivor.and_then(|record| match record {
            Record::Lead(lead) => Some((*lead).into()),
            _ => None,
        });
        Ok(MergeLeadsPayload { lead, merge, errors })
    }

    /// Makes several contacts one, all or nothing. The others are gone from every list, and lead to the survivor; `unmerge`
    /// takes it back.
    async fn merge_contacts(
        &self,
        ctx: &Context<'_>,
        input: MergeContactsInput,
    ) -> async_graphql::Result<MergeContactsPayload> {
        let (survivor, merge, errors) = merge(ctx, input.try_into()).await?;
        let contact = survivor.and_then(|record| match record {
            Record::Contact(contact) => Some((*contact).into()),
            _ => None,
        });
        Ok(MergeContactsPayload { contact, merge, errors })
    }

    /// Makes several accounts one, all or nothing, with their leads, contacts and opportunities; `unmerge` takes it back.
    async fn merge_accounts(
        &self,
        ctx: &Context<'_>,
        input: MergeAccountsInput,
    ) -> async_graphql::Result<MergeAccountsPayload> {
        let (survivor, merge, errors) = merge(ctx, input.try_into()).await?;
        let account = survivor.and_then(|record| match record {
            Record::Account(account) => Some((*account).into()),
            _ => None,
        });
        Ok(MergeAccountsPayload { account, merge, errors })
    }

    /// Takes a merge back, whatever was merged or taken back since: the records are as they were, and what was written or
    /// made since stays with the survivor.
    async fn unmerge(&self, ctx: &Context<'_>, input: UnmergeInput) -> async_graphql::Result<UnmergePayload> {
        let (app, actor) = parts(ctx)?;
        let (unmerged, errors) = mutation(app.unmerge(actor, input.merge_id).await)?;
        let Some(unmerged) = unmerged else { return Ok(UnmergePayload { errors, ..Default::default() }) };
        Ok(UnmergePayload {
            restored: Some(RecordSet::new(unmerged.merge.kind, unmerged.restored)),
            changed_since: Some(ChangedSince::new(unmerged.changed, &unmerged.attached)),
            merge: Some(unmerged.merge.into()),
            errors,
        })
    }
}

type MergedParts = (Option<Record>, Option<MergeObject>, Vec<UserError>);

async fn merge(ctx: &Context<'_>, input: Result<MergeRecords, Error>) -> async_graphql::Result<MergedParts> {
    let (app, actor) = parts(ctx)?;
    let (merged, errors) = mutation(async { app.merge_records(actor, input?).await }.await)?;
    let Some(Merged { merge, survivor }) = merged else { return Ok((None, None, errors)) };
    Ok((survivor, Some(merge.into()), errors))
}
