use async_graphql::{ComplexObject, Context, SimpleObject};
use chrono::{DateTime, Utc};
use kernel::{Cursor, PageArgs, TeamId, UserId, id::TypedId};
use platform::graphql::{IntoGraphql, List, Long, load, page};

use super::{
    loaders::{ChildrenOf, Loaders, MembersOf},
    types::UserObject,
};
use crate::domain::{team::Team, user::User};

/// People who work together. Teams form a tree.
#[derive(SimpleObject)]
#[graphql(complex, name = "Team")]
pub struct TeamObject {
    id: TeamId,
    /// Grows by one with every change; give it to `updateTeam` to refuse overwriting somebody else's.
    version: Long,
    /// Unique in the workspace.
    name: String,
    /// From the root of the tree to the team itself.
    path: Vec<TeamId>,
    created_at: DateTime<Utc>,
    #[graphql(skip)]
    parent_id: Option<TeamId>,
    #[graphql(skip)]
    manager_id: Option<UserId>,
}

#[ComplexObject]
impl TeamObject {
    /// The team right above; null at the root.
    async fn parent(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<TeamObject>> {
        let Some(id) = self.parent_id else { return Ok(None) };
        Ok(load::<Loaders, _, Team>(ctx, id).await?.map(TeamObject::from))
    }

    /// Leads it, without having to be a member.
    async fn manager(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<UserObject>> {
        let Some(id) = self.manager_id else { return Ok(None) };
        Ok(load::<Loaders, _, User>(ctx, id).await?.map(UserObject::from))
    }

    /// The teams right below, newest first.
    async fn children(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<TeamObject>> {
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let teams: Option<Vec<Team>> = load::<Loaders, _, _>(ctx, ChildrenOf { team: self.id, args }).await?;
        let cursor = |team: &Team| Cursor { time: team.created_at, id: team.id.uuid() };
        Ok(page(teams.unwrap_or_default(), args.first, Default::default(), cursor))
    }

    /// Who is in this team itself, newest first.
    async fn members(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
    ) -> async_graphql::Result<List<UserObject>> {
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let users: Option<Vec<User>> = load::<Loaders, _, _>(ctx, MembersOf { team: self.id, args }).await?;
        let cursor = |user: &User| Cursor { time: user.created_at, id: user.id.uuid() };
        Ok(page(users.unwrap_or_default(), args.first, Default::default(), cursor))
    }
}

impl From<Team> for TeamObject {
    fn from(team: Team) -> Self {
        Self {
            id: team.id,
            version: Long(team.version),
            parent_id: team.parent(),
            name: team.name,
            path: team.path,
            created_at: team.created_at,
            manager_id: team.manager,
        }
    }
}
