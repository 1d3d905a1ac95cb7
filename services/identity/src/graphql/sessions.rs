use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use chrono::{DateTime, Utc};
use kernel::{SessionId, UserId};
use platform::graphql::{IntoGraphql, load};

use super::{loaders::Loaders, types::UserObject};
use crate::{
    domain::{session::Session, user::User},
    error::Error,
};

/// How somebody proved who they are.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "events::identity::SignInMethod")]
pub enum SignInMethod {
    Password,
    /// OpenID Connect.
    Oidc,
}

/// What somebody has signed in to.
#[derive(SimpleObject)]
#[graphql(complex, name = "Session")]
pub struct SessionObject {
    id: SessionId,
    method: SignInMethod,
    /// The network address that it began from, where that is known.
    address: Option<String>,
    /// What the program said of itself, at most 200 characters.
    user_agent: Option<String>,
    created_at: DateTime<Utc>,
    /// When it was last refreshed.
    last_used_at: DateTime<Utc>,
    /// Then it is over, however often it is refreshed.
    expires_at: DateTime<Utc>,
    /// When it was ended before its time.
    revoked_at: Option<DateTime<Utc>>,
    #[graphql(skip)]
    user_id: UserId,
}

#[ComplexObject]
impl SessionObject {
    /// Who signed in.
    async fn user(&self, ctx: &Context<'_>) -> async_graphql::Result<UserObject> {
        load::<Loaders, _, User>(ctx, self.user_id)
            .await?
            .map(UserObject::from)
            .ok_or(Error::not_found("user"))
            .graphql()
    }
}

impl From<Session> for SessionObject {
    fn from(session: Session) -> Self {
        Self {
            id: session.id,
            method: session.method.into(),
            address: session.address,
            user_agent: session.user_agent,
            created_at: session.created_at,
            last_used_at: session.last_used_at,
            expires_at: session.expires_at,
            revoked_at: session.revoked_at,
            user_id: session.user,
        }
    }
}
