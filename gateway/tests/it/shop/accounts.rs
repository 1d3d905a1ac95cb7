use async_graphql::{Context, EmptySubscription, ErrorExtensions, ID, Object, Schema, SimpleObject};

use super::World;

#[derive(SimpleObject, Clone)]
struct User {
    id: ID,
    name: String,
    nickname: Option<String>,
    #[graphql(inaccessible)]
    secret: String,
}

fn users() -> Vec<User> {
    let user = |id: &str, name: &str, nickname: Option<&str>| User {
        id: id.into(),
        name: name.into(),
        nickname: nickname.map(str::to_owned),
        secret: "hunter2".into(),
    };
    vec![user("u1", "Ada", Some("countess")), user("u2", "Grace", None)]
}

fn find(id: &str) -> Option<User> {
    users().into_iter().find(|user| *user.id == *id)
}

pub struct Query;

#[Object]
impl Query {
    async fn me(&self) -> Option<User> {
        find("u1")
    }

    async fn user(&self, id: ID) -> Option<User> {
        find(&id)
    }

    async fn users(&self) -> Vec<User> {
        users()
    }

    /// On whose behalf the gateway asks.
    async fn whoami(&self, ctx: &Context<'_>) -> Option<String> {
        ctx.data_opt::<std::sync::Arc<kernel::Actor>>().map(|actor| actor.subject.clone())
    }

    #[graphql(entity)]
    async fn user_by_id(&self, ctx: &Context<'_>, id: ID) -> async_graphql::Result<Option<User>> {
        ctx.data_unchecked::<World>().note(format!("accounts: user {}", *id));
        if *id == *"broken" {
            let error = async_graphql::Error::new("this account is locked");
            return Err(error.extend_with(|_, extensions| extensions.set("code", "ACCOUNT_LOCKED")));
        }
        Ok(find(&id))
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn rename_user(&self, ctx: &Context<'_>, id: ID, name: String) -> Option<User> {
        ctx.data_unchecked::<World>().note(format!("accounts: rename {} to {name}", *id));
        find(&id).map(|user| User { name, ..user })
    }
}

pub fn schema(world: &World) -> Schema<Query, Mutation, EmptySubscription> {
    Schema::build(Query, Mutation, EmptySubscription).data(world.clone()).enable_federation().finish()
}
