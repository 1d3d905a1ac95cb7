use async_graphql::{ComplexObject, Context, ID, Object, Schema, SimpleObject, Subscription};
use futures::{Stream, StreamExt, stream};
use kernel::{EventId, id::TypedId};
use platform::graphql::{resumable, resume_after};
use uuid::Uuid;

use super::World;

#[derive(SimpleObject)]
#[graphql(complex)]
struct Product {
    upc: ID,
    #[graphql(external)]
    price: i32,
    #[graphql(external)]
    weight: Option<i32>,
}

#[derive(SimpleObject)]
struct Warehouse {
    name: String,
    keeper: User,
}

#[derive(SimpleObject)]
struct User {
    id: ID,
}

#[ComplexObject]
impl Product {
    async fn stock(&self) -> i32 {
        stock(&self.upc)
    }

    /// Free for what is dear, a cent a gram for the rest, unknown without a weight.
    #[graphql(requires = "price weight")]
    async fn shipping(&self, ctx: &Context<'_>) -> Option<i32> {
        ctx.data_unchecked::<World>().note(format!("inventory: {} costs {}", *self.upc, self.price));
        if self.price > 10_000 { Some(0) } else { self.weight }
    }

    async fn warehouse(&self) -> Option<Warehouse> {
        let keeper = match self.upc.as_str() {
            "table" => "u2",
            "chair" => "broken",
            _ => return None,
        };
        Some(Warehouse { name: "North".into(), keeper: User { id: keeper.into() } })
    }
}

fn stock(upc: &str) -> i32 {
    if upc == "table" { 3 } else { 0 }
}

fn product(upc: &str) -> Product {
    Product { upc: upc.into(), price: 0, weight: None }
}

pub struct Query;

#[Object]
impl Query {
    async fn shortages(&self) -> Vec<Product> {
        vec![product("chair"), product("cloud")]
    }

    /// With price and weight where shipping is asked for, without them elsewhere.
    #[graphql(entity)]
    async fn product(
        &self,
        ctx: &Context<'_>,
        #[graphql(key)] upc: ID,
        price: Option<i32>,
        weight: Option<i32>,
    ) -> Product {
        ctx.data_unchecked::<World>().note(format!("inventory: product {}", *upc));
        Product { upc, price: price.unwrap_or_default(), weight }
    }

    #[graphql(entity)]
    async fn user(&self, id: ID) -> User {
        User { id }
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn restock(&self, ctx: &Context<'_>, upc: ID) -> Product {
        let world = ctx.data_unchecked::<World>();
        world.note(format!("inventory: restock {}", *upc));
        let _ = world.stock.send(upc.to_string());
        product(&upc)
    }
}

pub struct Changes;

#[Subscription(name = "Subscription")]
impl Changes {
    async fn stock_changed(&self, ctx: &Context<'_>) -> impl Stream<Item = Product> {
        let events = ctx.data_unchecked::<World>().stock.subscribe();
        stream::unfold(events, |mut events| async move {
            let upc = events.recv().await.ok()?;
            Some((product(&upc), events))
        })
    }

    /// Three that have been, each an event that one can go on after.
    async fn deliveries(&self, ctx: &Context<'_>) -> async_graphql::Result<impl Stream<Item = i32> + use<>> {
        let after = resume_after(ctx)?.map(|id| id.uuid().as_u128()).unwrap_or_default();
        let been = (1..=3_u32).filter(move |number| u128::from(*number) > after);
        let been = been.map(|number| (EventId::from(Uuid::from_u128(number.into())), number as i32));
        Ok(resumable(ctx, stream::iter(been)))
    }

    /// Counts and ends.
    async fn countdown(&self, from: i32) -> impl Stream<Item = i32> {
        stream::iter((0..=from).rev()).boxed()
    }
}

pub fn schema(world: &World) -> Schema<Query, Mutation, Changes> {
    Schema::build(Query, Mutation, Changes)
        .data(world.clone())
        .enable_federation()
        .enable_subscription_in_federation()
        .finish()
}
