//! A person, or a program, that works in a workspace.

use events::identity as published;
use kernel::{EmailAddress, PersonName, RoleId, TeamId, Timestamp, UserId, WorkspaceId};

use super::role::{Role, published_role};

pub use events::identity::UserKind;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct User {
    pub id: UserId,
    pub workspace: WorkspaceId,
    pub version: i64,
    pub kind: UserKind,
    pub name: PersonName,
    /// A service account's leads nowhere.
    pub email: EmailAddress,
    pub role: Role,
    /// A role of the workspace's own; `role` is its base.
    pub custom_role: Option<RoleId>,
    pub team: Option<TeamId>,
    /// An inactive user's keys and sessions open nothing.
    pub active: bool,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A user who is about to be created.
#[derive(Debug, Clone)]
pub struct UserDraft {
    pub kind: UserKind,
    pub name: PersonName,
    pub email: EmailAddress,
    pub role: Role,
    pub custom_role: Option<RoleId>,
}

/// A user as they were and as they are now.
#[derive(Debug, Clone)]
pub struct UserChange {
    pub previous: User,
    pub current: User,
}

impl User {
    pub fn create(draft: UserDraft, id: UserId, workspace: WorkspaceId, now: Timestamp) -> Self {
        let UserDraft { kind, name, email, role, custom_role } = draft;
        Self {
            id,
            workspace,
            version: 1,
            kind,
            name,
            email,
            role,
            custom_role,
            team: None,
            active: true,
            created_at: now,
            updated_at: now,
        }
    }

    /// The change `edit` makes, or `None` if it makes none.
    pub fn change(&self, now: Timestamp, edit: impl FnOnce(&mut Self)) -> Option<UserChange> {
        let mut current = self.clone();
        edit(&mut current);
        if current == *self {
            return None;
        }
        current.version += 1;
        current.updated_at = now;
        Some(UserChange { previous: self.clone(), current })
    }

    /// A person: somebody must be able to come in.
    pub fn is_active_admin(&self) -> bool {
        self.active && self.role == Role::Admin && self.kind == UserKind::Person
    }

    pub fn published(&self) -> published::User {
        let role = match (self.kind, published_role(self.role)) {
            // A program takes no leads, whatever else it does.
            (UserKind::ServiceAccount, published::Role::Rep) => published::Role::ReadOnly,
            (_, role) => role,
        };
        published::User {
            id: self.id,
            version: self.version,
            name: self.name.as_str().to_owned(),
            email: self.email.clone(),
            role,
            active: self.active,
            kind: self.kind,
            role_name: Some(self.role.name().to_owned()),
            custom_role: self.custom_role,
            team: self.team,
        }
    }
}

impl UserChange {
    /// Whether an active admin stops being one.
    pub fn loses_an_admin(&self) -> bool {
        self.previous.is_active_admin() && !self.current.is_active_admin()
    }

    /// Whether something is given to the user: a role, or what they had before they were let go.
    pub fn gives(&self) -> bool {
        let Self { previous, current } = self;
        let comes_back = current.active && !previous.active;
        comes_back || (previous.role, previous.custom_role) != (current.role, current.custom_role)
    }

    /// Whether the user is let go.
    pub fn lets_go(&self) -> bool {
        self.previous.active && !self.current.active
    }

    pub fn updated(&self) -> published::UserUpdated {
        published::UserUpdated { previous: self.previous.published(), current: self.current.published() }
    }
}

#[cfg(test)]
mod tests {
    use kernel::Clock;

    use super::*;

    fn admin() -> User {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let draft = UserDraft {
            kind: UserKind::Person,
            name: PersonName::new("Ada"),
            email: EmailAddress::parse("ada@example.com").unwrap(),
            role: Role::Admin,
            custom_role: None,
        };
        User::create(draft, clock.id(), clock.id(), clock.now())
    }

    #[test]
    fn an_edit_that_changes_nothing_is_no_change() {
        assert!(admin().change(Timestamp::UNIX_EPOCH, |user| user.role = Role::Admin).is_none());
        let change = admin().change(Timestamp::UNIX_EPOCH, |user| user.name = PersonName::new("Ada L.")).unwrap();
        assert_eq!(change.current.version, 2);
        assert!(!change.loses_an_admin());
    }

    #[test]
    fn an_admin_is_lost_by_demotion_and_by_leaving() {
        let demoted = admin().change(Timestamp::UNIX_EPOCH, |user| user.role = Role::Bdr).unwrap();
        let left = admin().change(Timestamp::UNIX_EPOCH, |user| user.active = false).unwrap();
        assert!(demoted.loses_an_admin() && left.loses_an_admin());
    }

    #[test]
    fn a_role_is_given_and_so_is_coming_back() {
        let gives = |user: &User, edit: fn(&mut User)| user.change(Timestamp::UNIX_EPOCH, edit).unwrap().gives();
        let gone = User { active: false, ..admin() };
        assert!(gives(&admin(), |user| user.role = Role::Bdr) && gives(&gone, |user| user.active = true));
        assert!(!gives(&admin(), |user| user.active = false) && !gives(&gone, |user| user.name = PersonName::new("A")));
    }

    #[test]
    fn a_program_takes_no_leads_and_is_no_last_admin() {
        let program = User { kind: UserKind::ServiceAccount, role: Role::Bdr, ..admin() };
        assert_eq!(program.published().role, published::Role::ReadOnly);
        assert!(!User { role: Role::Admin, ..program }.is_active_admin());
    }
}
