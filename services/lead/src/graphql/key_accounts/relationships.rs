use async_graphql::{ComplexObject, Context, SimpleObject, dataloader::Loader};
use chrono::{DateTime, Utc};
use kernel::{AccountId, ContactId, Timestamp};
use platform::graphql::{Batch, For, LoadError, Long, by_actor, lists, load};

use crate::{
    domain::{
        contact::Contact,
        relationship::{Relationship, health},
    },
    graphql::{loaders::Loaders, types::ContactObject},
    store,
};

/// How well an account is known, by those of its contacts that you may read.
#[derive(SimpleObject)]
pub struct RelationshipHealth {
    /// From 0 to 1: that somebody there answers again, if each of `people` does by their own strength.
    strength: f64,
    /// Those whom somebody had to do with, at most 20: who answered most often first.
    people: Vec<RelationshipObject>,
}

/// How well a contact is known.
#[derive(SimpleObject)]
#[graphql(complex, name = "Relationship")]
pub struct RelationshipObject {
    /// From 0 to 1: each answer halves what is missing to 1, and half of the whole is gone 60 days after the last.
    strength: f64,
    /// How often they answered, called or came.
    two_way_touches: Long,
    last_two_way_at: Option<DateTime<Utc>>,
    /// When somebody last had to do with them, whether they answered or not.
    last_touch_at: DateTime<Utc>,
    /// The same in words.
    because: String,
    #[graphql(skip)]
    contact_id: ContactId,
}

#[ComplexObject]
impl RelationshipObject {
    async fn contact(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<ContactObject>> {
        Ok(load::<Loaders, _, Contact>(ctx, self.contact_id).await?.map(ContactObject::from))
    }
}

impl RelationshipHealth {
    pub fn of(people: Vec<Relationship>, now: Timestamp) -> Self {
        let strength = health(&people, now);
        let person = |person: Relationship| RelationshipObject {
            strength: person.strength(now),
            two_way_touches: Long(person.two_way),
            last_two_way_at: person.last_two_way_at,
            last_touch_at: person.last_at,
            because: person.because(now),
            contact_id: person.contact,
        };
        Self { strength, people: people.into_iter().map(person).collect() }
    }
}

/// Key of the people of an account whom somebody had to do with.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct PeopleOf(pub AccountId);

impl Loader<For<PeopleOf>> for Loaders {
    type Value = Vec<Relationship>;
    type Error = LoadError;

    async fn load(&self, keys: &[For<PeopleOf>]) -> Batch<PeopleOf, Vec<Relationship>> {
        by_actor(keys, |actor, keys| async move {
            let accounts: Vec<_> = keys.iter().map(|key| key.0).collect();
            let people = store::touches::relationships(&self.0.db, &actor, &accounts).await?;
            Ok(lists(people.into_iter().map(|(account, person)| (PeopleOf(account), person))))
        })
        .await
    }
}
