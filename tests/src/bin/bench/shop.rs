//! A small shop of four subgraphs, in memory: what a federated page looks like, without a database behind it.

use async_graphql::{ComplexObject, EmptyMutation, EmptySubscription, ID, Object, Schema, SimpleObject};

/// Four fetches: the catalogue, then stock and reviews side by side, then the reviews' authors.
pub const QUERY: &str = "query Shop($first: Int!) { products(first: $first) { upc title price stock { left warehouse } \
    reviews { id stars text author { name joined } } } }";

pub type Subgraph<Q> = Schema<Q, EmptyMutation, EmptySubscription>;

pub fn subgraph<Q: async_graphql::ObjectType + 'static>(query: Q) -> Subgraph<Q> {
    platform::graphql::schema_builder(query, EmptyMutation, EmptySubscription).finish()
}

pub use catalogue::Catalogue;
pub use inventory::Inventory;
pub use people::People;
pub use reviews::Reviews;

mod catalogue {
    use super::*;

    pub struct Catalogue;

    #[derive(SimpleObject)]
    struct Product {
        upc: ID,
        title: String,
        /// Cents.
        price: i32,
    }

    fn product(number: i32) -> Product {
        Product { upc: format!("p{number}").into(), title: format!("Product {number}"), price: 100 * number + 99 }
    }

    #[Object(name = "Query")]
    impl Catalogue {
        async fn products(&self, first: i32) -> Vec<Product> {
            (1..=first).map(product).collect()
        }

        #[graphql(entity)]
        async fn product(&self, upc: ID) -> Option<Product> {
            upc.strip_prefix('p')?.parse().ok().map(product)
        }
    }
}

mod inventory {
    use super::*;

    pub struct Inventory;

    #[derive(SimpleObject)]
    #[graphql(complex)]
    struct Product {
        upc: ID,
    }

    #[derive(SimpleObject)]
    struct Stock {
        left: i32,
        warehouse: String,
    }

    #[ComplexObject]
    impl Product {
        async fn stock(&self) -> Stock {
            let length = i32::try_from(self.upc.len()).unwrap_or_default();
            Stock { left: 7 * length, warehouse: "Hamburg".to_owned() }
        }
    }

    #[Object(name = "Query")]
    impl Inventory {
        #[graphql(entity)]
        async fn product(&self, upc: ID) -> Product {
            Product { upc }
        }
    }
}

mod reviews {
    use super::*;

    pub struct Reviews;

    #[derive(SimpleObject)]
    #[graphql(complex)]
    struct Product {
        upc: ID,
    }

    #[derive(SimpleObject)]
    struct Review {
        id: ID,
        stars: i32,
        text: String,
        author: Person,
    }

    /// Known by key to people.
    #[derive(SimpleObject)]
    struct Person {
        id: ID,
    }

    #[ComplexObject]
    impl Product {
        async fn reviews(&self) -> Vec<Review> {
            let review = |number: i32| Review {
                id: format!("{}-r{number}", *self.upc).into(),
                stars: number % 5 + 1,
                text: "Does what it says, and says what it does.".to_owned(),
                author: Person { id: format!("u{number}").into() },
            };
            (1..=2).map(review).collect()
        }
    }

    #[Object(name = "Query")]
    impl Reviews {
        #[graphql(entity)]
        async fn person(&self, id: ID) -> Person {
            Person { id }
        }

        #[graphql(entity)]
        async fn product(&self, upc: ID) -> Product {
            Product { upc }
        }
    }
}

mod people {
    use super::*;

    pub struct People;

    #[derive(SimpleObject)]
    struct Person {
        id: ID,
        name: String,
        joined: i32,
    }

    #[Object(name = "Query")]
    impl People {
        #[graphql(entity)]
        async fn person(&self, id: ID) -> Person {
            let name = format!("Customer {}", *id);
            Person { id, name, joined: 2026 }
        }
    }
}
