use async_graphql::dataloader::Loader;
use kernel::PageArgs;
use platform::graphql::{Batch, For, LoadError, by_actor, lists};
use uuid::Uuid;

use crate::{
    app::{App, Entry},
    domain::timeline::EntryTypes,
};

/// Reads what one level of a query asks for in the same statements.
pub struct Loaders(pub App);

/// Key of one page of a record's timeline.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TimelineOf {
    pub record: Uuid,
    pub types: EntryTypes,
    pub args: PageArgs,
}

/// The records of one level ask for the same page, so two statements answer them all.
impl Loader<For<TimelineOf>> for Loaders {
    type Value = Vec<Entry>;
    type Error = LoadError;

    async fn load(&self, keys: &[For<TimelineOf>]) -> Batch<TimelineOf, Vec<Entry>> {
        by_actor(keys, |actor, pages| async move {
            let mut entries = Vec::new();
            for ((types, args), records) in lists(pages.into_iter().map(|page| ((page.types, page.args), page.record)))
            {
                let found = self.0.timelines(&actor, &records, types, args).await?;
                entries.extend(found.into_iter().map(|(record, entry)| (TimelineOf { record, types, args }, entry)));
            }
            Ok(lists(entries))
        })
        .await
    }
}
