use async_graphql::{Context, Object, connection::EmptyFields};
use kernel::{Cursor, PageArgs, id::TypedId};
use platform::graphql::{IntoGraphql, List, page};

use super::{KeyAccountAlert, KeyAccountRulesObject};
use crate::graphql::parts;

#[derive(Default)]
pub struct KeyAccountQuery;

#[Object]
impl KeyAccountQuery {
    /// Key accounts that are neglected, the latest first.
    async fn key_account_alerts(
        &self,
        ctx: &Context<'_>,
        #[graphql(desc = "Between 1 and 200; 20 if left out.")] first: Option<i32>,
        #[graphql(desc = "A cursor of this list.")] after: Option<String>,
        #[graphql(desc = "Those that are over, too.", default)] include_closed: bool,
    ) -> async_graphql::Result<List<KeyAccountAlert>> {
        let (app, actor) = parts(ctx)?;
        let args = PageArgs::parse(first, after.as_deref()).graphql()?;
        let alerts = app.key_account_alerts(actor, !include_closed, args).await.graphql()?;
        Ok(page(alerts, args.first, EmptyFields, |alert| Cursor { time: alert.opened_at, id: alert.id.uuid() }))
    }

    /// When a key account is neglected.
    async fn key_account_rules(&self, ctx: &Context<'_>) -> async_graphql::Result<KeyAccountRulesObject> {
        let (app, actor) = parts(ctx)?;
        app.key_account_rules(actor).await.graphql().map(Into::into)
    }
}
