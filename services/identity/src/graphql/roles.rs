use async_graphql::{Enum, InputObject, SimpleObject};
use chrono::{DateTime, Utc};
use kernel::{
    Object, RoleId,
    access::{self, Attribute},
};
use platform::graphql::Long;

use crate::domain::role::{self, CustomRole, Grants};

/// What a user does in the workspace, and so may do.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
pub enum Role {
    /// May do everything.
    Admin,
    /// Keeps the machine running: everything with every record, but no users and keys.
    Operations,
    /// Leads sellers: sees everything, changes what their team and the teams below own.
    Manager,
    /// Sells: takes leads; sees all accounts and contacts, and their own leads and opportunities.
    AccountExecutive,
    /// Develops business: takes leads and works on their own; sees all accounts, contacts and opportunities.
    Bdr,
    /// Helps to sell: sees accounts, contacts and opportunities, and works on opportunities; no leads.
    SalesEngineer,
    /// May read everything, and change nothing.
    ReadOnly,
    /// The earlier name of `ACCOUNT_EXECUTIVE`, still understood; no user is shown with it.
    #[graphql(deprecation = "say ACCOUNT_EXECUTIVE")]
    Rep,
}

impl From<Role> for role::Role {
    fn from(role: Role) -> Self {
        match role {
            Role::Admin => Self::Admin,
            Role::Operations => Self::Operations,
            Role::Manager => Self::Manager,
            Role::AccountExecutive | Role::Rep => Self::AccountExecutive,
            Role::Bdr => Self::Bdr,
            Role::SalesEngineer => Self::SalesEngineer,
            Role::ReadOnly => Self::ReadOnly,
        }
    }
}

impl From<role::Role> for Role {
    fn from(role: role::Role) -> Self {
        match role {
            role::Role::Admin => Self::Admin,
            role::Role::Operations => Self::Operations,
            role::Role::Manager => Self::Manager,
            role::Role::AccountExecutive => Self::AccountExecutive,
            role::Role::Bdr => Self::Bdr,
            role::Role::SalesEngineer => Self::SalesEngineer,
            role::Role::ReadOnly => Self::ReadOnly,
        }
    }
}

/// What can be done with an object.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "role::Action")]
pub enum GrantAction {
    Create,
    Read,
    Update,
    /// Take something away: a segment of leads, a form or a landing page, with the grant for all leads; and a record, by
    /// merging it into another. No record itself can be taken away for good yet. Teams, roles and keys are no records: admins delete or revoke those, whatever is granted.
    Delete,
    /// Take a list of them out of the workspace.
    Export,
    /// Write to the people behind them.
    Send,
}

/// A kind of record with permissions of its own. What hangs on a lead (its verification, enrichment, routing,
/// enrolments and messages) is governed by the lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Object")]
pub enum GrantObject {
    Lead,
    Account,
    Contact,
    Opportunity,
}

/// A record's attribute that a grant can look at.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "Attribute")]
pub enum GrantAttribute {
    /// Of a lead or an account.
    Country,
    /// Of a lead.
    Source,
    /// Of an account.
    Industry,
}

/// Holds for a record whose attribute is one of these values, compared as written.
#[derive(Debug, Clone, SimpleObject, InputObject)]
#[graphql(input_name = "GrantConditionInput")]
pub struct GrantCondition {
    pub attribute: GrantAttribute,
    pub any_of: Vec<String>,
}

/// On whose objects.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "role::Scope")]
pub enum GrantScope {
    /// One's own.
    Own,
    /// One's own, and those of one's team and the teams below it.
    Team,
    /// All of the workspace.
    All,
}

/// How far a field is open.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "role::FieldAccess")]
pub enum FieldAccess {
    /// Hidden.
    None,
    /// Shown, not changed.
    Read,
    /// Shown and changed.
    Write,
}

/// An action on the objects of one kind.
#[derive(Debug, Clone, SimpleObject, InputObject)]
#[graphql(input_name = "GrantInput")]
pub struct Grant {
    pub object: GrantObject,
    pub action: GrantAction,
    pub scope: GrantScope,
    /// All of these must hold too.
    #[graphql(default)]
    pub only: Vec<GrantCondition>,
}

/// An exception for one field.
#[derive(Debug, Clone, SimpleObject, InputObject)]
#[graphql(input_name = "FieldRuleInput")]
pub struct FieldRule {
    pub object: GrantObject,
    /// A field of it that may be null, in the API's spelling, for example `firstName`. More can be locked, for access
    /// `READ`, and not hidden: a lead's `status`, an account's `name`, a contact's `email` and `account`, and an
    /// opportunity's `name` and `stage`, which whoever makes one still gives.
    pub field: String,
    pub access: FieldAccess,
}

/// A role of the workspace's own making.
#[derive(SimpleObject)]
#[graphql(name = "CustomRole")]
pub struct RoleObject {
    id: RoleId,
    /// Grows by one with every change; give it to `updateRole` to refuse overwriting somebody else's.
    version: Long,
    /// Unique in the workspace.
    name: String,
    /// The built-in role that it began as. It never changes.
    base: Role,
    /// What it allows; as much as its base, if empty.
    grants: Vec<Grant>,
    /// Exceptions for single fields.
    field_rules: Vec<FieldRule>,
    created_at: DateTime<Utc>,
}

impl From<CustomRole> for RoleObject {
    fn from(role: CustomRole) -> Self {
        let Grants { grants, fields } = role.grants;
        Self {
            id: role.id,
            version: Long(role.version),
            name: role.name,
            base: role.base.into(),
            grants: grants.into_iter().map(Grant::from).collect(),
            field_rules: fields.into_iter().map(FieldRule::from).collect(),
            created_at: role.created_at,
        }
    }
}

impl From<role::Grant> for Grant {
    fn from(role::Grant { object, action, scope, only }: role::Grant) -> Self {
        let only = only
            .into_iter()
            .map(|access::Condition { attribute, any_of }| GrantCondition { attribute: attribute.into(), any_of });
        Self { object: object.into(), action: action.into(), scope: scope.into(), only: only.collect() }
    }
}

impl Grant {
    /// A compiled grant, as far as it is about `action`.
    pub fn of(access::Grant { object, scope, only, .. }: access::Grant, action: access::Action) -> Self {
        role::Grant { object, action, scope, only }.into()
    }
}

impl From<Grant> for role::Grant {
    fn from(Grant { object, action, scope, only }: Grant) -> Self {
        let only = only
            .into_iter()
            .map(|GrantCondition { attribute, any_of }| access::Condition { attribute: attribute.into(), any_of });
        Self { object: object.into(), action: action.into(), scope: scope.into(), only: only.collect() }
    }
}

impl From<role::FieldRule> for FieldRule {
    fn from(role::FieldRule { object, field, access }: role::FieldRule) -> Self {
        Self { object: object.into(), field, access: access.into() }
    }
}

impl From<FieldRule> for role::FieldRule {
    fn from(FieldRule { object, field, access }: FieldRule) -> Self {
        Self { object: object.into(), field, access: access.into() }
    }
}

/// Grants and field rules as the domain has them.
pub fn grants(grants: Vec<Grant>, fields: Vec<FieldRule>) -> Grants {
    Grants {
        grants: grants.into_iter().map(Into::into).collect(),
        fields: fields.into_iter().map(Into::into).collect(),
    }
}
