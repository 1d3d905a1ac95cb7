//! Whom a credential stands for.

use kernel::{
    Access, Actor, ActorKind, CredentialId, Object, Permission, RoleId, TeamId, Timestamp, UserId, WorkspaceId, access,
};

use super::{
    access::{effective_permissions, effective_records},
    role::{Grants, Role},
};

/// Where a user stands now, whatever they stood for when they came in.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Standing {
    pub role: Role,
    pub custom_role: Option<RoleId>,
    /// Of the custom role.
    pub grants: Option<Grants>,
    /// From the root to the user's own team; empty without one.
    pub team_path: Vec<TeamId>,
    pub active: bool,
}

impl Standing {
    /// What the role allows with which records.
    pub fn role_grants(&self) -> access::Grants {
        self.grants.as_ref().map_or_else(|| self.role.grants(), |grants| grants.compile(self.role))
    }

    /// Whether it matters who is in the team.
    pub fn looks_at_team(&self) -> bool {
        let by_team = |grant: &access::Grant| grant.scope == access::Scope::Team;
        !self.team_path.is_empty() && self.role_grants().grants.iter().any(by_team)
    }
}

/// An authenticated user: the actor that services take, with what decides about rows and fields.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Principal {
    pub actor: Actor,
    pub user: UserId,
    pub standing: Standing,
}

impl Principal {
    /// `granted` bounds what the user's role allows; `team` is everybody in the user's team and below.
    pub fn new(
        workspace: WorkspaceId,
        credential: CredentialId,
        user: UserId,
        standing: Standing,
        granted: &[Permission],
        team: Vec<UserId>,
    ) -> Self {
        let permissions = effective_permissions(standing.role, granted);
        // A key that may only read makes a reader of its user.
        let role = effective_records(standing.role_grants(), &permissions);
        let access = Access { user: Some(user), team, role };
        let kind = match credential {
            CredentialId::ApiKey(_) => ActorKind::ApiKey,
            CredentialId::Session(_) => ActorKind::User,
        };
        let (subject, credential) = (user.to_string(), Some(credential));
        Self {
            actor: Actor { workspace, kind, subject, permissions, access, credential, expires_at: None, request: None },
            user,
            standing,
        }
    }

    /// The same, for no longer than what they came in by.
    #[must_use]
    pub fn until(mut self, end: Option<Timestamp>) -> Self {
        self.actor.expires_at = end;
        self
    }

    /// The same, with records of these kinds alone.
    #[must_use]
    pub fn for_objects(mut self, objects: &[Object]) -> Self {
        self.actor.access.role.grants.retain(|grant| objects.contains(&grant.object));
        self
    }
}
