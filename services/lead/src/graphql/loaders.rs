use async_graphql::dataloader::Loader;
use kernel::{AccountId, ContactId, FormId, LandingPageId, LeadId, PageArgs, SegmentId};
use platform::graphql::{Batch, For, LoadError, by_actor, lists};
use uuid::Uuid;

use crate::{
    app::{App, Person},
    domain::{
        account::Account,
        capture::{Capture, Form},
        consent::ConsentEntry,
        contact::Contact,
        duplicates::Duplicate,
        landing_page::LandingPage,
        lead::Lead,
        record::Kind,
    },
    store::{self, forms::Submissions},
};

/// Reads what one level of a query asks for in one statement.
pub struct Loaders(pub App);

/// Key of the number of a segment's leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CountOf(pub SegmentId);

/// Key of one page of a segment's leads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PageOf {
    pub segment: SegmentId,
    pub args: PageArgs,
}

/// Key of the duplicates that a record is in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct DuplicatesOf {
    pub kind: Kind,
    pub record: Uuid,
}

/// Key of what forms took in for a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct CapturesOf(pub LeadId);

/// Key of what a person agreed to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ConsentsOf(pub Person);

/// Key of how much a form took in.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct SubmissionsOf(pub FormId);

impl Loader<For<LeadId>> for Loaders {
    type Value = Lead;
    type Error = LoadError;

    async fn load(&self, keys: &[For<LeadId>]) -> Batch<LeadId, Lead> {
        by_actor(keys, |actor, ids| async move { store::leads::asked(&self.0.db, &actor, &ids).await }).await
    }
}

impl Loader<For<AccountId>> for Loaders {
    type Value = Account;
    type Error = LoadError;

    async fn load(&self, keys: &[For<AccountId>]) -> Batch<AccountId, Account> {
        by_actor(keys, |actor, ids| async move { store::accounts::asked(&self.0.db, &actor, &ids).await }).await
    }
}

impl Loader<For<ContactId>> for Loaders {
    type Value = Contact;
    type Error = LoadError;

    async fn load(&self, keys: &[For<ContactId>]) -> Batch<ContactId, Contact> {
        by_actor(keys, |actor, ids| async move { store::contacts::asked(&self.0.db, &actor, &ids).await }).await
    }
}

impl Loader<For<CountOf>> for Loaders {
    type Value = i64;
    type Error = LoadError;

    async fn load(&self, keys: &[For<CountOf>]) -> Batch<CountOf, i64> {
        by_actor(keys, |actor, keys| async move {
            let segments: Vec<_> = keys.iter().map(|key| key.0).collect();
            let counts = store::segments::counts(&self.0.db, &actor, &segments).await?;
            Ok(counts.into_iter().map(|(segment, count)| (CountOf(segment), count)))
        })
        .await
    }
}

/// The segments of one level ask for the same page, so one statement answers them all.
impl Loader<For<PageOf>> for Loaders {
    type Value = Vec<Lead>;
    type Error = LoadError;

    async fn load(&self, keys: &[For<PageOf>]) -> Batch<PageOf, Vec<Lead>> {
        by_actor(keys, |actor, pages| async move {
            let mut rows = Vec::new();
            for (args, segments) in lists(pages.into_iter().map(|page| (page.args, page.segment))) {
                let found = store::segment_leads::pages(&self.0.db, &actor, &segments, args).await?;
                rows.extend(found.into_iter().map(|(segment, lead)| (PageOf { segment, args }, lead)));
            }
            Ok(lists(rows))
        })
        .await
    }
}

impl Loader<For<DuplicatesOf>> for Loaders {
    type Value = Vec<Duplicate>;
    type Error = LoadError;

    async fn load(&self, keys: &[For<DuplicatesOf>]) -> Batch<DuplicatesOf, Vec<Duplicate>> {
        by_actor(keys, |actor, keys| async move {
            let mut rows = Vec::new();
            for (kind, records) in lists(keys.into_iter().map(|key| (key.kind, key.record))) {
                let found = store::duplicates::of_records(&self.0.db, &actor, kind, &records).await?;
                rows.extend(found.into_iter().map(|(record, duplicate)| (DuplicatesOf { kind, record }, duplicate)));
            }
            Ok(lists(rows))
        })
        .await
    }
}

impl Loader<For<FormId>> for Loaders {
    type Value = Form;
    type Error = LoadError;

    async fn load(&self, keys: &[For<FormId>]) -> Batch<FormId, Form> {
        by_actor(keys, |actor, ids| async move {
            let forms = store::forms::by_ids(&self.0.db, actor.workspace, &ids).await?;
            Ok(forms.into_iter().map(|form| (form.id, form)))
        })
        .await
    }
}

impl Loader<For<LandingPageId>> for Loaders {
    type Value = LandingPage;
    type Error = LoadError;

    async fn load(&self, keys: &[For<LandingPageId>]) -> Batch<LandingPageId, LandingPage> {
        by_actor(keys, |actor, ids| async move {
            let pages = store::landing_pages::by_ids(&self.0.db, actor.workspace, &ids).await?;
            Ok(pages.into_iter().map(|page| (page.id, page)))
        })
        .await
    }
}

impl Loader<For<CapturesOf>> for Loaders {
    type Value = Vec<Capture>;
    type Error = LoadError;

    async fn load(&self, keys: &[For<CapturesOf>]) -> Batch<CapturesOf, Vec<Capture>> {
        by_actor(keys, |actor, keys| async move {
            let leads: Vec<_> = keys.iter().map(|key| key.0).collect();
            let captures = store::captures::of_leads(&self.0.db, &actor, &leads).await?;
            Ok(lists(captures.into_iter().map(|(lead, capture)| (CapturesOf(lead), capture))))
        })
        .await
    }
}

impl Loader<For<ConsentsOf>> for Loaders {
    type Value = Vec<ConsentEntry>;
    type Error = LoadError;

    async fn load(&self, keys: &[For<ConsentsOf>]) -> Batch<ConsentsOf, Vec<ConsentEntry>> {
        by_actor(keys, |actor, keys| async move {
            let (mut leads, mut contacts) = (Vec::new(), Vec::new());
            for ConsentsOf(person) in keys {
                match person {
                    Person::Lead(id) => leads.push(id),
                    Person::Contact(id) => contacts.push(id),
                }
            }
            let (db, workspace) = (&self.0.db, actor.workspace);
            let of_leads = store::consents::of(db, workspace, Kind::Lead, &leads).await?.into_iter();
            let of_contacts = store::consents::of(db, workspace, Kind::Contact, &contacts).await?.into_iter();
            let of_leads = of_leads.map(|(id, entry)| (ConsentsOf(Person::Lead(id)), entry));
            let of_contacts = of_contacts.map(|(id, entry)| (ConsentsOf(Person::Contact(id)), entry));
            Ok(lists(of_leads.chain(of_contacts)))
        })
        .await
    }
}

impl Loader<For<SubmissionsOf>> for Loaders {
    type Value = Vec<Submissions>;
    type Error = LoadError;

    async fn load(&self, keys: &[For<SubmissionsOf>]) -> Batch<SubmissionsOf, Vec<Submissions>> {
        by_actor(keys, |actor, keys| async move {
            let forms: Vec<_> = keys.iter().map(|key| key.0).collect();
            let counted = store::forms::submissions(&self.0.db, &actor, &forms).await?;
            Ok(lists(counted.into_iter().map(|row| (SubmissionsOf(row.form_id), row))))
        })
        .await
    }
}
