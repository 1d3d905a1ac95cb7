use async_graphql::dataloader::Loader;
use kernel::{PageArgs, RoleId, TeamId, UserId};
use platform::graphql::{Batch, For, LoadError, by_actor, lists};

use crate::{
    app::App,
    domain::{role::CustomRole, team::Team, user::User},
    store,
};

/// Reads what one level of a query asks for in one statement.
pub struct Loaders(pub App);

/// Key of one page of a team's members.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct MembersOf {
    pub team: TeamId,
    pub args: PageArgs,
}

/// Key of one page of the teams right below a team.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ChildrenOf {
    pub team: TeamId,
    pub args: PageArgs,
}

impl Loader<For<UserId>> for Loaders {
    type Value = User;
    type Error = LoadError;

    async fn load(&self, keys: &[For<UserId>]) -> Batch<UserId, User> {
        by_actor(keys, |actor, ids| async move {
            let users = store::users::by_ids(&self.0.db, &actor, &ids).await?;
            Ok(users.into_iter().map(|user| (user.id, user)))
        })
        .await
    }
}

impl Loader<For<TeamId>> for Loaders {
    type Value = Team;
    type Error = LoadError;

    async fn load(&self, keys: &[For<TeamId>]) -> Batch<TeamId, Team> {
        by_actor(keys, |actor, ids| async move {
            let teams = store::teams::by_ids(&self.0.db, &actor, &ids).await?;
            Ok(teams.into_iter().map(|team| (team.id, team)))
        })
        .await
    }
}

impl Loader<For<RoleId>> for Loaders {
    type Value = CustomRole;
    type Error = LoadError;

    async fn load(&self, keys: &[For<RoleId>]) -> Batch<RoleId, CustomRole> {
        by_actor(keys, |actor, ids| async move {
            let roles = store::roles::by_ids(&self.0.db, &actor, &ids).await?;
            Ok(roles.into_iter().map(|role| (role.id, role)))
        })
        .await
    }
}

/// The teams of one level ask for the same page, so one statement answers them all.
impl Loader<For<MembersOf>> for Loaders {
    type Value = Vec<User>;
    type Error = LoadError;

    async fn load(&self, keys: &[For<MembersOf>]) -> Batch<MembersOf, Vec<User>> {
        by_actor(keys, |actor, pages| async move {
            let mut rows = Vec::new();
            for (args, teams) in lists(pages.into_iter().map(|page| (page.args, page.team))) {
                let found = store::users::pages_by_teams(&self.0.db, &actor, &teams, args).await?;
                rows.extend(found.into_iter().filter_map(|user| Some((MembersOf { team: user.team?, args }, user))));
            }
            Ok(lists(rows))
        })
        .await
    }
}

impl Loader<For<ChildrenOf>> for Loaders {
    type Value = Vec<Team>;
    type Error = LoadError;

    async fn load(&self, keys: &[For<ChildrenOf>]) -> Batch<ChildrenOf, Vec<Team>> {
        by_actor(keys, |actor, pages| async move {
            let mut rows = Vec::new();
            for (args, teams) in lists(pages.into_iter().map(|page| (page.args, page.team))) {
                let found = store::teams::pages_by_parents(&self.0.db, &actor, &teams, args).await?;
                rows.extend(
                    found.into_iter().filter_map(|team| Some((ChildrenOf { team: team.parent()?, args }, team))),
                );
            }
            Ok(lists(rows))
        })
        .await
    }
}
