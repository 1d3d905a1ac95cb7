use async_graphql::{ComplexObject, Context, EmptySubscription, ID, Object, Schema, SimpleObject};

use super::World;

#[derive(SimpleObject, Clone)]
#[graphql(complex)]
struct Review {
    id: ID,
    body: String,
    #[graphql(skip)]
    author: &'static str,
    #[graphql(skip)]
    upc: &'static str,
}

#[ComplexObject]
impl Review {
    async fn author(&self) -> User {
        User { id: self.author.into() }
    }

    async fn product(&self) -> Product {
        Product { upc: self.upc.into() }
    }
}

fn reviews() -> Vec<Review> {
    let review = |id: &str, body: &str, author, upc| Review { id: id.into(), body: body.into(), author, upc };
    vec![
        review("r1", "Sturdy", "u1", "table"),
        review("r2", "Wobbly", "u2", "table"),
        review("r3", "Fine", "u1", "chair"),
        review("r4", "Spooky", "ghost", "cloud"),
    ]
}

#[derive(SimpleObject, Clone)]
#[graphql(complex)]
struct User {
    id: ID,
}

#[ComplexObject]
impl User {
    async fn reviews(&self) -> Vec<Review> {
        reviews().into_iter().filter(|review| *review.author == *self.id).collect()
    }
}

#[derive(SimpleObject, Clone)]
#[graphql(complex)]
struct Product {
    upc: ID,
}

#[ComplexObject]
impl Product {
    async fn reviews(&self, first: Option<i32>) -> Vec<Option<Review>> {
        let first = first.and_then(|first| first.try_into().ok()).unwrap_or(usize::MAX);
        reviews().into_iter().filter(|review| *review.upc == *self.upc).take(first).map(Some).collect()
    }
}

#[derive(SimpleObject, Clone)]
#[graphql(complex)]
struct Book {
    isbn: ID,
}

#[ComplexObject]
impl Book {
    async fn blurb(&self) -> String {
        format!("About {}", *self.isbn)
    }
}

pub struct Query;

#[Object]
impl Query {
    async fn review(&self, id: ID) -> Option<Review> {
        reviews().into_iter().find(|review| review.id == id)
    }

    #[graphql(entity)]
    async fn user(&self, ctx: &Context<'_>, id: ID) -> User {
        ctx.data_unchecked::<World>().note(format!("reviews: user {}", *id));
        User { id }
    }

    #[graphql(entity)]
    async fn product(&self, upc: ID) -> Product {
        Product { upc }
    }

    #[graphql(entity)]
    async fn book(&self, isbn: ID) -> Book {
        Book { isbn }
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn write_review(&self, ctx: &Context<'_>, upc: ID, body: String) -> async_graphql::Result<Option<Review>> {
        ctx.data_unchecked::<World>().note(format!("reviews: {body} about {}", *upc));
        if body.is_empty() {
            return Err("say something".into());
        }
        Ok(Some(Review { id: "r5".into(), body, author: "u2", upc: "chair" }))
    }
}

pub fn schema(world: &World) -> Schema<Query, Mutation, EmptySubscription> {
    Schema::build(Query, Mutation, EmptySubscription).data(world.clone()).enable_federation().finish()
}
