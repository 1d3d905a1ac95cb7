use async_trait::async_trait;
use events::{
    Envelope, Event,
    lead::{
        AccountCreated, AccountMerged, AccountUnmerged, AccountUpdated, ContactCreated, ContactMerged, ContactUnmerged,
        ContactUpdated, Redirect,
    },
};
use kernel::{AccountId, ContactId};
use platform::{EventHandler, HandleError, Tx};

use crate::store;

/// Keeps which accounts and contacts there are, and what permissions look at of them: from now on an opportunity can
/// be opened at them, by who may read them. Opportunities go where their account and contact go.
#[derive(Debug)]
pub struct OnRecordChanged;

impl OnRecordChanged {
    pub const SUBJECTS: &'static [&'static str] = &[
        AccountCreated::TYPE,
        AccountUpdated::TYPE,
        AccountMerged::TYPE,
        AccountUnmerged::TYPE,
        ContactCreated::TYPE,
        ContactUpdated::TYPE,
        ContactMerged::TYPE,
        ContactUnmerged::TYPE,
    ];
}

#[async_trait]
impl EventHandler for OnRecordChanged {
    async fn handle(&self, tx: &mut Tx, event: &Envelope) -> Result<(), HandleError> {
        let workspace = event.workspace;
        match event.r#type.as_str() {
            AccountCreated::TYPE => {
                store::known::keep_account(tx, workspace, &event.payload::<AccountCreated>()?.current).await?;
            }
            AccountUpdated::TYPE => {
                store::known::keep_account(tx, workspace, &event.payload::<AccountUpdated>()?.current).await?;
            }
            ContactCreated::TYPE => {
                store::known::keep_contact(tx, workspace, &event.payload::<ContactCreated>()?.current).await?;
            }
            ContactUpdated::TYPE => {
                store::known::keep_contact(tx, workspace, &event.payload::<ContactUpdated>()?.current).await?;
            }
            AccountMerged::TYPE => {
                let AccountMerged { current, redirects, .. } = event.payload()?;
                store::known::keep_account(tx, workspace, &current).await?;
                accounts_lead(tx, event, redirects).await?;
            }
            AccountUnmerged::TYPE => {
                let AccountUnmerged { restored, redirects, .. } = event.payload()?;
                for account in restored {
                    store::known::keep_account(tx, workspace, &account).await?;
                }
                accounts_lead(tx, event, redirects).await?;
            }
            ContactMerged::TYPE => {
                let ContactMerged { current, redirects, .. } = event.payload()?;
                store::known::keep_contact(tx, workspace, &current).await?;
                contacts_lead(tx, event, redirects).await?;
            }
            ContactUnmerged::TYPE => {
                let ContactUnmerged { restored, redirects, .. } = event.payload()?;
                for contact in restored {
                    store::known::keep_contact(tx, workspace, &contact).await?;
                }
                contacts_lead(tx, event, redirects).await?;
            }
            _ => {}
        }
        Ok(())
    }
}

/// Takes note of where accounts lead, and has opportunities follow.
async fn accounts_lead(tx: &mut Tx, event: &Envelope, redirects: Vec<Redirect<AccountId>>) -> Result<(), sqlx::Error> {
    for Redirect { from, to } in redirects {
        if store::known::redirect_account(tx, event.workspace, from, to, event.id).await? > 0 {
            store::followed::follow_account(tx, event.workspace, from, to).await?;
        }
    }
    Ok(())
}

/// Takes note of where contacts lead, and has opportunities follow.
async fn contacts_lead(tx: &mut Tx, event: &Envelope, redirects: Vec<Redirect<ContactId>>) -> Result<(), sqlx::Error> {
    for Redirect { from, to } in redirects {
        if store::known::redirect_contact(tx, event.workspace, from, to, event.id).await? > 0 {
            store::followed::follow_contact(tx, event.workspace, from, to).await?;
        }
    }
    Ok(())
}
