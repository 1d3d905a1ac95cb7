use std::collections::BTreeSet;

use serde::{Deserialize, Serialize};

use super::{Action, Grant, Grants, Object, Scope};
use crate::Permission;

/// The roles that every workspace has. What each may do with records:
///
/// | role | leads | accounts | contacts | opportunities |
/// |---|---|---|---|---|
/// | admin, operations | everything | everything | everything | everything |
/// | manager | the team's: all but delete; everybody's: read | everybody's: read and export; the team's: update | as accounts | as leads |
/// | account executive | their own: all but delete and export | everybody's: read; their own: update | as accounts | as leads |
/// | BDR | their own: all but delete and export | everybody's: read | as accounts | everybody's: read |
/// | sales engineer | - | everybody's: read | everybody's: read | everybody's: read, update |
/// | read-only | everybody's: read | everybody's: read | everybody's: read | everybody's: read |
///
/// All but the sales engineer and read-only may make leads, accounts, contacts and opportunities; a BDR makes an
/// opportunity by converting a lead.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum BuiltInRole {
    Admin,
    Operations,
    Manager,
    AccountExecutive,
    Bdr,
    SalesEngineer,
    ReadOnly,
}

impl BuiltInRole {
    pub const ALL: [Self; 7] = [
        Self::Admin,
        Self::Operations,
        Self::Manager,
        Self::AccountExecutive,
        Self::Bdr,
        Self::SalesEngineer,
        Self::ReadOnly,
    ];

    /// As it is stored and published.
    pub fn name(self) -> &'static str {
        match self {
            Self::Admin => "admin",
            Self::Operations => "operations",
            Self::Manager => "manager",
            Self::AccountExecutive => "account_executive",
            Self::Bdr => "bdr",
            Self::SalesEngineer => "sales_engineer",
            Self::ReadOnly => "read_only",
        }
    }

    /// What it may do at all. Operations has no `Admin`: that permission includes users and keys.
    pub fn permissions(self) -> &'static [Permission] {
        match self {
            Self::Admin => &[Permission::Read, Permission::Write, Permission::Admin],
            Self::ReadOnly => &[Permission::Read],
            _ => &[Permission::Read, Permission::Write],
        }
    }

    /// What it may do with which records.
    pub fn grants(self) -> Grants {
        use Action::{Create, Export, Read, Send, Update};
        use Object::{Account, Contact, Lead, Opportunity};
        use Scope::{All, Own, Team};
        let grants = match self {
            Self::Admin | Self::Operations => return Grants::everything(),
            Self::Manager => vec![
                grants(&Object::ALL, All, &[Create, Read]),
                grants(&[Account, Contact], All, &[Export]),
                grants(&[Lead, Opportunity], Team, &[Update, Send, Export]),
                grants(&[Account, Contact], Team, &[Update, Send]),
            ],
            Self::AccountExecutive => vec![
                grants(&Object::ALL, All, &[Create]),
                grants(&[Account, Contact], All, &[Read]),
                grants(&[Lead, Opportunity], Own, &[Read, Update, Send]),
                grants(&[Account, Contact], Own, &[Update, Send]),
            ],
            Self::Bdr => vec![
                grants(&Object::ALL, All, &[Create]),
                grants(&[Account, Contact, Opportunity], All, &[Read]),
                grants(&[Lead], Own, &[Read, Update, Send]),
            ],
            Self::SalesEngineer => {
                vec![grants(&[Account, Contact, Opportunity], All, &[Read]), grants(&[Opportunity], All, &[Update])]
            }
            Self::ReadOnly => vec![grants(&Object::ALL, All, &[Read])],
        };
        Grants { grants: grants.into_iter().flatten().collect(), fields: Vec::new() }
    }
}

fn grants(objects: &[Object], scope: Scope, actions: &[Action]) -> Vec<Grant> {
    let actions: BTreeSet<Action> = actions.iter().copied().collect();
    objects.iter().map(|&object| Grant { object, actions: actions.clone(), scope, only: Vec::new() }).collect()
}
