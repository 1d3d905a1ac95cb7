//! What a user does, and so may do: built-in roles, and those that a workspace makes out of them.

use events::identity as published;
use kernel::{
    Object, RoleId, Timestamp, WorkspaceId,
    access::{self, Condition},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use kernel::{
    BuiltInRole as Role,
    access::{Action, Scope},
};

/// Grants and field rules of one role, together.
pub const MAX_RULES: usize = 500;

/// For those who only ask whether somebody takes leads.
pub fn published_role(role: Role) -> published::Role {
    match role {
        Role::Admin => published::Role::Admin,
        Role::AccountExecutive | Role::Bdr => published::Role::Rep,
        Role::Operations | Role::Manager | Role::SalesEngineer | Role::ReadOnly => published::Role::ReadOnly,
    }
}

/// A role of the workspace's own making.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct CustomRole {
    pub id: RoleId,
    pub workspace: WorkspaceId,
    pub version: i64,
    pub name: String,
    /// The built-in role that it began as; never `Admin`.
    pub base: Role,
    pub grants: Grants,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a role allows instead of its base: as much as the base where there are no grants.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    pub grants: Vec<Grant>,
    #[serde(default)]
    pub fields: Vec<FieldRule>,
}

/// An action on the objects of one kind.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub object: Object,
    pub action: Action,
    pub scope: Scope,
    /// All of these must hold too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Condition>,
}

/// An exception for one field.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRule {
    pub object: Object,
    /// One of [`Object::fields`] or, unless it hides it, [`Object::only_lockable`].
    pub field: String,
    pub access: FieldAccess,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FieldAccess {
    None,
    Read,
    Write,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum GrantsError {
    #[error("a role has at most {MAX_RULES} grants and field rules")]
    TooMany,
    #[error("{object} has no field of this name that can be hidden; it has {}", object.fields().join(", "))]
    CannotHide { object: Object },
    #[error("{object} has no field of this name that can be locked; it has {}", lockable(*object).join(", "))]
    CannotLock { object: Object },
    #[error("an object and action, or an object and field, is named twice")]
    Twice,
}

fn lockable(object: Object) -> Vec<&'static str> {
    [object.fields(), object.only_lockable()].concat()
}

impl Grants {
    pub fn check(&self) -> Result<(), GrantsError> {
        if self.grants.len() + self.fields.len() > MAX_RULES {
            return Err(GrantsError::TooMany);
        }
        for FieldRule { object, field, access } in &self.fields {
            let (object, field, hides) = (*object, field.as_str(), *access == FieldAccess::None);
            if hides && !object.fields().contains(&field) {
                return Err(GrantsError::CannotHide { object });
            }
            if !hides && !lockable(object).contains(&field) {
                return Err(GrantsError::CannotLock { object });
            }
        }
        let key = |grant: &Grant| (grant.object, grant.action, grant.only.clone());
        let grants = self.grants.iter().enumerate();
        let twice =
            grants.into_iter().any(|(place, grant)| self.grants[..place].iter().any(|other| key(other) == key(grant)));
        let fields = self.fields.iter().enumerate();
        let twice = twice
            || fields.into_iter().any(|(place, rule)| {
                self.fields[..place].iter().any(|other| (&other.object, &other.field) == (&rule.object, &rule.field))
            });
        if twice { Err(GrantsError::Twice) } else { Ok(()) }
    }

    /// What stores and search apply.
    pub fn compile(&self, base: Role) -> access::Grants {
        let grants = self.grants.iter().map(|Grant { object, action, scope, only }| access::Grant {
            object: *object,
            actions: [*action].into(),
            scope: *scope,
            only: only.clone(),
        });
        let grants = if self.grants.is_empty() { base.grants().grants } else { grants.collect() };
        let closed = self.fields.iter().filter(|rule| rule.access != FieldAccess::Write);
        let fields = closed.map(|FieldRule { object, field, access }| access::FieldRule {
            object: *object,
            field: field.clone(),
            hidden: *access == FieldAccess::None,
        });
        access::Grants { grants, fields: fields.collect() }
    }
}

impl CustomRole {
    pub fn published(&self) -> published::CustomRole {
        published::CustomRole {
            id: self.id,
            version: self.version,
            name: self.name.clone(),
            base: self.base.name().to_owned(),
            // Enums and strings: it cannot fail.
            grants: serde_json::to_value(&self.grants).unwrap_or_default(),
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::Permission;

    use super::*;

    #[test]
    fn a_roles_name_is_the_one_it_is_stored_under() {
        for role in Role::ALL {
            assert_eq!(serde_json::to_value(role).unwrap(), role.name());
        }
    }

    #[test]
    fn only_admins_administer_and_only_sellers_take_leads() {
        let administer = Role::ALL.into_iter().filter(|role| role.permissions().contains(&Permission::Admin));
        assert_eq!(administer.collect::<Vec<_>>(), [Role::Admin]);
        let take_leads = Role::ALL.into_iter().filter(|role| published_role(*role) == published::Role::Rep);
        assert_eq!(take_leads.collect::<Vec<_>>(), [Role::AccountExecutive, Role::Bdr]);
        assert!(Role::ALL.iter().all(|role| role.permissions().contains(&Permission::Read)));
    }

    fn grant(action: Action) -> Grant {
        Grant { object: Object::Lead, action, scope: Scope::Team, only: Vec::new() }
    }

    fn rule(field: &str, access: FieldAccess) -> FieldRule {
        FieldRule { object: Object::Lead, field: field.into(), access }
    }

    #[test]
    fn grants_are_given_once_and_name_fields_that_there_are() {
        let grants = |grants: Vec<Grant>| Grants { grants, fields: Vec::new() };
        let fields = |fields: Vec<FieldRule>| Grants { grants: Vec::new(), fields };
        assert_eq!(grants(vec![grant(Action::Read), grant(Action::Update)]).check(), Ok(()));
        assert_eq!(grants(vec![grant(Action::Read); 2]).check(), Err(GrantsError::Twice));
        assert_eq!(grants(vec![grant(Action::Read); MAX_RULES + 1]).check(), Err(GrantsError::TooMany));
        assert_eq!(fields(vec![rule("phone", FieldAccess::None); 2]).check(), Err(GrantsError::Twice));
        for unknown in ["email", "first_name", ""] {
            let refused = fields(vec![rule(unknown, FieldAccess::Read)]).check();
            assert_eq!(refused, Err(GrantsError::CannotLock { object: Object::Lead }), "{unknown}");
        }
        assert_eq!(fields(vec![rule("status", FieldAccess::Read)]).check(), Ok(()));
        let refused = fields(vec![rule("status", FieldAccess::None)]).check();
        assert_eq!(refused, Err(GrantsError::CannotHide { object: Object::Lead }), "it is never null");
    }

    #[test]
    fn a_role_without_grants_is_its_base_with_exceptions() {
        let fields = vec![rule("phone", FieldAccess::None), rule("title", FieldAccess::Write)];
        let role = Grants { grants: Vec::new(), fields }.compile(Role::Bdr);
        assert_eq!((role.grants, role.fields.len()), (Role::Bdr.grants().grants, 1));
        let role = Grants { grants: vec![grant(Action::Export)], fields: Vec::new() }.compile(Role::Admin);
        assert_eq!((role.grants.len(), role.grants[0].scope), (1, Scope::Team));
    }
}
