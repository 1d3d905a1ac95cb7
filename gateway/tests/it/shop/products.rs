use async_graphql::{
    Context, EmptySubscription, Enum, ID, InputObject, Interface, Object, OneofObject, Schema, SimpleObject, Union,
};

use super::World;

#[derive(Enum, Clone, Copy, PartialEq, Eq)]
enum Status {
    OnSale,
    #[graphql(inaccessible)]
    Recalled,
}

#[derive(SimpleObject, Clone)]
struct Product {
    upc: ID,
    title: String,
    /// Cents.
    price: i32,
    /// Grams; unknown for some.
    weight: Option<i32>,
    status: Option<Status>,
    sizes: Vec<Vec<i32>>,
}

fn products() -> Vec<Product> {
    let product = |upc: &str, title: &str, price, weight, status| Product {
        upc: upc.into(),
        title: title.into(),
        price,
        weight,
        status,
        sizes: vec![vec![1, 2], vec![3]],
    };
    vec![
        product("table", "Table", 90_000, Some(20_000), Some(Status::OnSale)),
        product("chair", "Chair", 5_000, Some(5_000), Some(Status::Recalled)),
        product("cloud", "Cloud", 0, None, None),
    ]
}

#[derive(SimpleObject, Clone)]
struct Book {
    isbn: ID,
    title: String,
    pages: i32,
}

#[derive(SimpleObject, Clone)]
struct Film {
    id: ID,
    title: String,
    minutes: i32,
    director: Person,
}

/// Known by key to accounts.
#[derive(SimpleObject, Clone)]
#[graphql(name = "User")]
struct Person {
    id: ID,
}

/// No client may know that this exists.
#[derive(SimpleObject, Clone)]
#[graphql(inaccessible)]
struct Prototype {
    title: String,
}

#[derive(Interface, Clone)]
#[graphql(field(name = "title", ty = "&String"))]
enum Media {
    Book(Book),
    Film(Film),
    Prototype(Prototype),
}

#[derive(Union)]
enum Found {
    Product(Product),
    Book(Book),
}

#[derive(InputObject)]
struct Filter {
    cheaper_than: Option<i32>,
    #[graphql(default = 10)]
    limit: i32,
}

#[derive(OneofObject)]
enum By {
    Upc(ID),
    Title(String),
}

fn book() -> Book {
    Book { isbn: "isbn-1".into(), title: "Notes".into(), pages: 66 }
}

fn film() -> Film {
    Film { id: "film-1".into(), title: "Metropolis".into(), minutes: 153, director: Person { id: "u2".into() } }
}

pub struct Query;

#[Object]
impl Query {
    async fn products(&self, filter: Option<Filter>) -> Vec<Product> {
        let filter = filter.unwrap_or(Filter { cheaper_than: None, limit: 10 });
        let cheap = |product: &Product| filter.cheaper_than.is_none_or(|price| product.price < price);
        products().into_iter().filter(cheap).take(filter.limit.try_into().unwrap_or(0)).collect()
    }

    async fn product(&self, upc: ID) -> Option<Product> {
        products().into_iter().find(|product| product.upc == upc)
    }

    async fn product_by(&self, by: By) -> Option<Product> {
        products().into_iter().find(|product| match &by {
            By::Upc(upc) => product.upc == *upc,
            By::Title(title) => product.title == *title,
        })
    }

    async fn media(&self) -> Vec<Option<Media>> {
        let prototype = Prototype { title: "Teleporter".into() };
        vec![Some(Media::Book(book())), Some(Media::Film(film())), Some(Media::Prototype(prototype))]
    }

    async fn search(&self) -> Vec<Found> {
        vec![Found::Product(products().remove(0)), Found::Book(book())]
    }

    async fn broken(&self) -> async_graphql::Result<Option<i32>> {
        Err("it is broken".into())
    }

    #[graphql(entity)]
    async fn product_by_upc(&self, ctx: &Context<'_>, upc: ID) -> Option<Product> {
        ctx.data_unchecked::<World>().note(format!("products: product {}", *upc));
        products().into_iter().find(|product| product.upc == upc)
    }

    #[graphql(entity)]
    async fn book_by_isbn(&self, isbn: ID) -> Option<Book> {
        Some(book()).filter(|book| book.isbn == isbn)
    }

    #[graphql(entity)]
    async fn person(&self, id: ID) -> Person {
        Person { id }
    }
}

pub struct Mutation;

#[Object]
impl Mutation {
    async fn set_price(&self, ctx: &Context<'_>, upc: ID, price: i32) -> Option<Product> {
        ctx.data_unchecked::<World>().note(format!("products: price of {} is {price}", *upc));
        products().into_iter().find(|product| product.upc == upc).map(|product| Product { price, ..product })
    }
}

pub fn schema(world: &World) -> Schema<Query, Mutation, EmptySubscription> {
    Schema::build(Query, Mutation, EmptySubscription).data(world.clone()).enable_federation().finish()
}
