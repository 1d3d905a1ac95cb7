use events::identity::RoleChanged;
use kernel::{Actor, Permission, RoleId};
use platform::idempotency::{Request, made_before};
use serde_json::json;

use super::App;
use crate::{
    domain::{
        rights::Rights,
        role::{CustomRole, Grants, Role},
    },
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct CreateRole {
    pub name: String,
    pub base: Role,
    pub grants: Grants,
    pub idempotency_key: Option<String>,
}

/// What to change; `None` keeps a value.
#[derive(Debug, Clone)]
pub struct UpdateRole {
    pub id: RoleId,
    pub name: Option<String>,
    pub grants: Option<Grants>,
    /// The version that was read: refused with `CONFLICT` if the role is newer.
    pub version: Option<i64>,
}

impl App {
    pub async fn create_role(&self, actor: &Actor, input: CreateRole) -> Result<CustomRole, Error> {
        actor.require(Permission::Admin)?;
        let CreateRole { name, base, grants, idempotency_key: key } = input;
        if base == Role::Admin {
            return Err(Error::invalid("base", "an admin may do everything, so no role is made out of it"));
        }
        grants.check()?;
        let now = self.clock.now();
        let role = CustomRole {
            id: self.clock.id(),
            workspace: actor.workspace,
            version: 1,
            name,
            base,
            grants,
            created_at: now,
            updated_at: now,
        };
        let asked = json!({ "name": role.name, "base": role.base, "grants": role.grants });
        let request = Request { operation: "createRole", key: key.as_deref(), input: &asked };
        let (mut tx, acting) = self.begin_as_admin(actor).await?;
        if let Some(first) = made_before(&mut tx, actor, request, role.id).await? {
            return store::roles::by_id(&mut tx, actor.workspace, first).await?.ok_or(Error::Conflict);
        }
        let gift = Rights::of_role(role.base, Some(&role.grants));
        acting.require_to_give(&gift, None)?;
        if store::roles::insert(&mut tx, &role).await? == 0 {
            return Err(Error::NameTaken { what: "role" });
        }
        let mut events = self.outbox.events(actor.into());
        events.push(&RoleChanged { role: role.id, previous: None, current: Some(role.published()) });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(role)
    }

    pub async fn update_role(&self, actor: &Actor, input: UpdateRole) -> Result<CustomRole, Error> {
        actor.require(Permission::Admin)?;
        let UpdateRole { id, name, grants, version } = input;
        if let Some(grants) = &grants {
            grants.check()?;
        }
        let (mut tx, acting) = self.begin_as_admin(actor).await?;
        let role = store::roles::by_id(&mut tx, actor.workspace, id).await?.ok_or(Error::not_found("role"))?;
        if version.is_some_and(|version| version != role.version) {
            return Err(Error::Conflict);
        }
        let mut current = role.clone();
        current.name = name.unwrap_or(current.name);
        current.grants = grants.unwrap_or(current.grants);
        if current == role {
            return Ok(role);
        }
        let rights = |role: &CustomRole| Rights::of_role(role.base, Some(&role.grants));
        acting.require_to_give(&rights(&current), Some(&rights(&role)))?;
        current.version += 1;
        current.updated_at = self.clock.now();
        if store::roles::name_taken(&mut tx, actor.workspace, id, &current.name).await? {
            return Err(Error::NameTaken { what: "role" });
        }
        if store::roles::update(&mut tx, &current).await? == 0 {
            return Err(Error::Conflict);
        }
        let mut events = self.outbox.events(actor.into());
        let (previous, now) = (role.published(), current.published());
        events.push(&RoleChanged { role: id, previous: Some(previous), current: Some(now) });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(current)
    }

    /// Deletes a role that nobody has.
    pub async fn delete_role(&self, actor: &Actor, id: RoleId) -> Result<RoleId, Error> {
        actor.require(Permission::Admin)?;
        let (mut tx, _) = self.begin_as_admin(actor).await?;
        let role = store::roles::by_id(&mut tx, actor.workspace, id).await?.ok_or(Error::not_found("role"))?;
        if store::roles::delete_unused(&mut tx, actor.workspace, id).await? == 0 {
            return Err(Error::RoleInUse);
        }
        let mut events = self.outbox.events(actor.into());
        events.push(&RoleChanged { role: id, previous: Some(role.published()), current: None });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(id)
    }
}
