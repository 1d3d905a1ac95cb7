//! One service knows the animals by their kind, another knows all of them as one (`@interfaceObject`); and
//! one gives away a field of the other (`@provides`).

use async_graphql::{ComplexObject, EmptyMutation, EmptySubscription, ID, Interface, Object, Schema, SimpleObject};
use serde_json::json;

use crate::shop::Shop;

#[derive(SimpleObject)]
struct Cat {
    id: ID,
    name: String,
    lives: i32,
}

#[derive(SimpleObject)]
struct Dog {
    id: ID,
    name: String,
    owner: Option<Owner>,
}

#[derive(SimpleObject)]
struct Owner {
    id: ID,
    name: String,
}

#[derive(Interface)]
#[graphql(field(name = "id", ty = "&ID"), field(name = "name", ty = "&String"))]
enum Animal {
    Cat(Cat),
    Dog(Dog),
}

fn animal(id: &str) -> Option<Animal> {
    match id {
        "tom" => Some(Animal::Cat(Cat { id: "tom".into(), name: "Tom".into(), lives: 9 })),
        "rex" => {
            let owner = Some(Owner { id: "o1".into(), name: "Eve".into() });
            Some(Animal::Dog(Dog { id: "rex".into(), name: "Rex".into(), owner }))
        }
        _ => None,
    }
}

struct Zoo;

#[Object(name = "Query")]
impl Zoo {
    async fn animals(&self) -> Vec<Animal> {
        ["tom", "rex"].into_iter().filter_map(animal).collect()
    }

    #[graphql(entity)]
    async fn animal(&self, id: ID) -> Option<Animal> {
        animal(&id)
    }

    #[graphql(entity)]
    async fn cat(&self, id: ID) -> Option<Cat> {
        match animal(&id)? {
            Animal::Cat(cat) => Some(cat),
            Animal::Dog(_) => None,
        }
    }

    #[graphql(entity)]
    async fn dog(&self, id: ID) -> Option<Dog> {
        match animal(&id)? {
            Animal::Dog(dog) => Some(dog),
            Animal::Cat(_) => None,
        }
    }

    #[graphql(entity)]
    async fn owner(&self, id: ID) -> Owner {
        Owner { id, name: "Eve".into() }
    }
}

#[derive(SimpleObject)]
#[graphql(name = "Animal", interface_object, complex)]
struct AnyAnimal {
    id: ID,
}

#[ComplexObject]
impl AnyAnimal {
    async fn age(&self) -> i32 {
        if *self.id == *"tom" { 5 } else { 12 }
    }
}

#[derive(SimpleObject)]
#[graphql(name = "Owner")]
struct Patron {
    id: ID,
    #[graphql(external)]
    name: String,
}

struct Clinic;

#[Object(name = "Query")]
impl Clinic {
    async fn oldest(&self) -> AnyAnimal {
        AnyAnimal { id: "rex".into() }
    }

    #[graphql(provides = "name")]
    async fn patron(&self) -> Patron {
        Patron { id: "o1".into(), name: "Eve, says the clinic".into() }
    }

    #[graphql(entity)]
    async fn animal(&self, id: ID) -> AnyAnimal {
        AnyAnimal { id }
    }

    #[graphql(entity)]
    async fn owner(&self, id: ID) -> Patron {
        Patron { id, name: String::new() }
    }
}

fn zoo() -> Shop {
    let mut builder = Shop::empty();
    builder.add("zoo", Schema::build(Zoo, EmptyMutation, EmptySubscription).enable_federation().finish());
    builder.add("clinic", Schema::build(Clinic, EmptyMutation, EmptySubscription).enable_federation().finish());
    builder.build()
}

#[tokio::test]
async fn every_kind_gets_the_field_of_the_interface_object() {
    let data = zoo().data("{ animals { __typename age name ... on Cat { lives age } } }").await;
    assert_eq!(
        data,
        json!({ "animals": [
            { "__typename": "Cat", "age": 5, "name": "Tom", "lives": 9 },
            { "__typename": "Dog", "age": 12, "name": "Rex" },
        ] })
    );
}

#[tokio::test]
async fn an_interface_object_finds_out_what_it_is() {
    let data = zoo().data("{ oldest { age name __typename ... on Dog { kind: __typename } } }").await;
    assert_eq!(data, json!({ "oldest": { "age": 12, "name": "Rex", "__typename": "Dog", "kind": "Dog" } }));
}

#[tokio::test]
async fn what_is_provided_is_not_asked_for_elsewhere() {
    assert_eq!(zoo().data("{ patron { name } }").await, json!({ "patron": { "name": "Eve, says the clinic" } }));
}
