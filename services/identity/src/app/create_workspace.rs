use events::identity::{UserCreated, UserInvited, WorkspaceCreated};
use kernel::{Actor, EmailAddress, Permission, PersonName};
use platform::idempotency::{Request, made_before};
use serde_json::json;

use super::{App, Invitation};
use crate::{
    domain::{
        FIRST_WORKSPACE, Workspace, is_slug,
        rights::Rights,
        role::Role,
        user::{User, UserDraft, UserKind},
    },
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct CreateWorkspace {
    pub slug: String,
    pub name: String,
    pub admin_name: PersonName,
    pub admin_email: EmailAddress,
    pub idempotency_key: Option<String>,
}

/// A workspace, with the one-time token by which its first admin comes in.
#[derive(Debug, Clone)]
pub struct OpenedWorkspace {
    pub workspace: Workspace,
    /// `None` when it had been opened before and is only asked for again.
    pub invitation: Option<Invitation>,
}

impl App {
    /// Opens a workspace beside this one. Whoever does sees nothing of it; its first admin is invited.
    pub async fn create_workspace(&self, actor: &Actor, input: CreateWorkspace) -> Result<OpenedWorkspace, Error> {
        actor.require(Permission::Admin)?;
        let here = store::workspaces::by_id(&self.db, actor.workspace).await?;
        if here.is_none_or(|here| here.slug != FIRST_WORKSPACE) {
            return Err(Error::NotTheFirst);
        }
        let CreateWorkspace { slug, name, admin_name, admin_email, idempotency_key } = input;
        if !is_slug(&slug) {
            return Err(Error::invalid("slug", "2 to 40 small letters, digits and hyphens, a letter first"));
        }
        let asked = json!({ "slug": slug, "name": name, "adminName": admin_name, "adminEmail": admin_email });
        let request = Request { operation: "createWorkspace", key: idempotency_key.as_deref(), input: &asked };
        let now = self.clock.now();
        let workspace = Workspace { id: self.clock.id(), slug, name, created_at: now };
        let (mut tx, acting) = self.begin_as_admin(actor).await?;
        if let Some(first) = made_before(&mut tx, actor, request, workspace.id).await? {
            // The pool is not asked while a transaction is open.
            tx.rollback().await?;
            let workspace = store::workspaces::by_id(&self.db, first).await?.ok_or(Error::Conflict)?;
            return Ok(OpenedWorkspace { workspace, invitation: None });
        }
        acting.require_to_give(&Rights::everything(), None)?;
        tx.turn_to(workspace.id).await?;
        if !store::workspaces::claim(&mut tx, &workspace).await? {
            return Err(Error::SlugTaken);
        }
        let draft = UserDraft {
            kind: UserKind::Person,
            name: admin_name,
            email: admin_email,
            role: Role::Admin,
            custom_role: None,
        };
        let admin = User::create(draft, self.clock.id(), workspace.id, now);
        store::users::insert(&mut tx, std::slice::from_ref(&admin)).await?;
        let (token, expires_at) = (self.generate_token("pwi"), now + super::set_password::INVITED_FOR);
        store::passwords::invite(&mut tx, workspace.id, admin.id, &token.hash(), expires_at, now).await?;
        let mut events = self.outbox.events(actor.into());
        let Workspace { id, slug, name, .. } = workspace.clone();
        events.push(&WorkspaceCreated { workspace: id, slug, name });
        events.save(&mut tx).await?;
        let there = Actor::system(workspace.id, "identity");
        let mut events = self.outbox.events((&there).into());
        events.push(&UserCreated { current: admin.published() });
        events.push(&UserInvited { user: admin.id, expires_at });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(OpenedWorkspace { workspace, invitation: Some(Invitation { token, expires_at }) })
    }
}
