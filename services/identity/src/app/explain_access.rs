use kernel::{Action, Actor, Code, Facts, IdError, Permission, UserId, access};

use super::App;
use crate::{
    domain::{
        access::effective_records,
        record::object_of,
        user::{User, UserKind},
    },
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct ExplainAccess {
    pub user: UserId,
    /// Of a lead, an account, a contact or an opportunity.
    pub object_id: String,
    pub action: Action,
}

/// Why somebody may do something with a record, or may not.
#[derive(Debug, Clone)]
pub struct Explanation {
    pub allowed: bool,
    /// In words, for people.
    pub because: String,
    /// The grant that allows it.
    pub grant: Option<access::Grant>,
    pub owner: Option<UserId>,
}

impl App {
    /// Applies a user's role, as it stands now, to what the events have told of a record. For admins, and for
    /// everybody about themselves.
    pub async fn explain_access(&self, actor: &Actor, input: ExplainAccess) -> Result<Explanation, Error> {
        actor.require(if actor.user() == Some(input.user) { Permission::Read } else { Permission::Admin })?;
        let (object, id) = object_of(&input.object_id).map_err(|error: IdError| Error::Invalid {
            code: Code::InvalidId,
            field: "objectId",
            reason: error.to_string(),
        })?;
        let found = store::users::with_standing(&self.db, actor.workspace, input.user).await?;
        let (user, standing) = found.ok_or(Error::NotFound { what: "user", field: "userId" })?;
        let record = store::records::by_id(&self.db, actor.workspace, object, id).await?;
        // Nobody learns more than what they see, and a key may open less than its user's role.
        let seen = record.filter(|record| actor.may(Action::Read, object, &record.facts()).is_ok());
        let record = seen.ok_or(Error::NotFound { what: "record", field: "objectId" })?;
        let owner = record.owner;
        let no = |because: String| Explanation { allowed: false, because, grant: None, owner };
        if !standing.active {
            return Ok(no("the user is inactive: nothing opens to them".to_owned()));
        }
        let team = self.team_of(actor.workspace, &standing).await?;
        // As signing in and keys do: whose base may only read changes nothing, whatever is granted beside.
        let granted = standing.role_grants();
        let left = effective_records(granted.clone(), standing.role.permissions());
        let access = kernel::Access { user: Some(user.id), team, role: left };
        let role = role_name(&user, &standing.role);
        let considered = access.explain(object, input.action, &record.facts());
        if let Some((grant, _)) = considered.iter().find(|(_, misses)| misses.is_none()) {
            let because = format!("the role {role} grants it: {}", words(grant, &record.facts()));
            return Ok(Explanation { allowed: true, because, grant: Some((*grant).clone()), owner });
        }
        let misses: Vec<&str> = considered.iter().filter_map(|(_, misses)| *misses).collect();
        let names = |grant: &access::Grant| grant.object == object && grant.actions.contains(&input.action);
        let because = match misses.as_slice() {
            [] if granted.grants.iter().any(names) => {
                let base = standing.role.name();
                format!("the role {role} grants it, but who has its base, {base}, may only read")
            }
            [] => format!("the role {role} has no grant to {} a {object}", input.action),
            _ => format!("the role {role} grants it for other {object}s: {}", misses.join("; ")),
        };
        Ok(no(because))
    }
}

fn role_name(user: &User, role: &crate::domain::role::Role) -> String {
    let of = if user.custom_role.is_some() { " (custom)" } else { "" };
    let kind = if user.kind == UserKind::Person { "" } else { " of a service account" };
    format!("{}{of}{kind}", role.name())
}

fn words(grant: &access::Grant, record: &Facts<'_>) -> String {
    let whose = match (grant.scope, record.owner) {
        (access::Scope::All, _) => "for everybody's records",
        (access::Scope::Team, _) => "for the records of the team, which this one is",
        (access::Scope::Own, _) => "for the user's own records, which this one is",
    };
    if grant.only.is_empty() { whose.to_owned() } else { format!("{whose}, with attributes that this one has") }
}
