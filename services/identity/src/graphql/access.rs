use async_graphql::{ComplexObject, Context, SimpleObject};
use kernel::UserId;
use platform::graphql::load;

use super::{loaders::Loaders, roles::Grant, types::UserObject};
use crate::{app::Explanation, domain::user::User};

/// Why somebody may do something with a record, or may not.
#[derive(SimpleObject)]
#[graphql(complex, name = "AccessExplanation")]
pub struct ExplanationObject {
    allowed: bool,
    /// In words, for people.
    because: String,
    /// The grant that allows it; null if none does.
    grant: Option<Grant>,
    #[graphql(skip)]
    owner_id: Option<UserId>,
}

#[ComplexObject]
impl ExplanationObject {
    /// Whose record it is; null if nobody's.
    async fn owner(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<UserObject>> {
        let Some(id) = self.owner_id else { return Ok(None) };
        Ok(load::<Loaders, _, User>(ctx, id).await?.map(UserObject::from))
    }
}

impl ExplanationObject {
    pub fn new(explanation: Explanation, action: kernel::Action) -> Self {
        let Explanation { allowed, because, grant, owner } = explanation;
        Self { allowed, because, grant: grant.map(|grant| Grant::of(grant, action)), owner_id: owner }
    }
}
