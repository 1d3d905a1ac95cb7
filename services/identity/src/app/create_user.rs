use events::identity::UserCreated;
use kernel::{Actor, EmailAddress, Permission, PersonName, RoleId, UserId};
use platform::idempotency::{Request, made_before};
use serde_json::json;

use super::App;
use crate::{
    domain::{
        role::Role,
        user::{User, UserDraft, UserKind},
    },
    error::Error,
    store,
};

#[derive(Debug, Clone)]
pub struct CreateUser {
    pub name: PersonName,
    pub email: EmailAddress,
    pub role: Role,
    /// Its base takes the place of `role`.
    pub custom_role: Option<RoleId>,
    pub idempotency_key: Option<String>,
}

/// A program that acts in its own name.
#[derive(Debug, Clone)]
pub struct CreateServiceAccount {
    pub name: PersonName,
    pub role: Role,
    pub custom_role: Option<RoleId>,
    pub idempotency_key: Option<String>,
}

impl App {
    pub async fn create_user(&self, actor: &Actor, input: CreateUser) -> Result<User, Error> {
        let CreateUser { name, email, role, custom_role, idempotency_key } = input;
        let asked = json!({ "name": name, "email": email, "role": role, "customRole": custom_role });
        let request = Request { operation: "createUser", key: idempotency_key.as_deref(), input: &asked };
        let draft = UserDraft { kind: UserKind::Person, name, email, role, custom_role };
        self.create(actor, self.clock.id(), draft, request).await
    }

    pub async fn create_service_account(&self, actor: &Actor, input: CreateServiceAccount) -> Result<User, Error> {
        let CreateServiceAccount { name, role, custom_role, idempotency_key } = input;
        let asked = json!({ "name": name, "role": role, "customRole": custom_role });
        let request = Request { operation: "createServiceAccount", key: idempotency_key.as_deref(), input: &asked };
        let id: UserId = self.clock.id();
        // Every user has an address; nobody can own this one (RFC 2606).
        let email = EmailAddress::parse(&format!("{id}@service-account.invalid"))
            .map_err(|error| Error::invalid("name", &error.to_string()))?;
        let draft = UserDraft { kind: UserKind::ServiceAccount, name, email, role, custom_role };
        self.create(actor, id, draft, request).await
    }

    async fn create(
        &self,
        actor: &Actor,
        id: UserId,
        mut draft: UserDraft,
        request: Request<'_>,
    ) -> Result<User, Error> {
        actor.require(Permission::Admin)?;
        let (mut tx, acting) = self.begin_as_admin(actor).await?;
        if let Some(first) = made_before(&mut tx, actor, request, id).await? {
            return store::users::by_id(&mut tx, actor.workspace, first).await?.ok_or(Error::Conflict);
        }
        if let Some((role, custom)) = self.role(&mut tx, actor, Some(draft.role), draft.custom_role).await? {
            (draft.role, draft.custom_role) = (role, custom);
        }
        let user = User::create(draft, id, actor.workspace, self.clock.now());
        let gift = self.rights_of(&mut tx, &user).await?;
        acting.require_to_give(&gift, None)?;
        let mut events = self.outbox.events(actor.into());
        if store::users::insert(&mut tx, std::slice::from_ref(&user)).await?.is_empty() {
            return Err(Error::EmailTaken);
        }
        events.push(&UserCreated { current: user.published() });
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(user)
    }
}
