//! Operations written at random: whatever the subgraphs, the answer is the one that a single service would give.

use std::{fmt::Write, sync::Arc};

use apollo_compiler::{
    ExecutableDocument, Name, Schema,
    ast::Type,
    schema::{ExtendedType, FieldDefinition},
    validation::Valid,
};
use kernel::Clock;
use pipewright_gateway::Supergraph;
use platform::graphql::{Subgraph, SubgraphCall};
use serde_json::{Value, json};

use crate::{
    federation_abstract, federation_corners, federation_entities, federation_nulls, federation_operations,
    federation_requires, federation_sharing,
    standin::{Standin, World},
};

const OPERATIONS: usize = 60;

#[tokio::test]
async fn media_answer_as_one_service_would() {
    let world = federation_abstract::media();
    let film = || json!({ "__typename": "Film", "id": "f1", "title": "Solaris", "minutes": 167, "stars": 5, "shows": ["20:15"], "label": "Solaris 5" });
    let book = json!({ "__typename": "Book", "id": "b1", "title": "Emma", "pages": 400, "stars": 4, "review": null, "label": "Emma 4" });
    let data = json!({ "Query": {
        "media": [book, film()],
        "best": film(),
        "ranking": [{ "place": 1, "media": book }, { "place": 2, "media": null }],
    } });
    let one = one_service(&world, data)
        .compute("Film.review", |_, _| json!({ "text": "Slow" }))
        .compute("Review.of", move |_, _| film());
    agree(&world, &one, 1).await;
}

#[tokio::test]
async fn vehicles_answer_as_one_service_would() {
    let world = federation_abstract::garage();
    let car = json!({ "__typename": "Car", "id": "c", "name": "Käfer", "wheels": 4, "doors": 3, "tax": 80, "speed": { "kmh": 130 } });
    let bike =
        json!({ "__typename": "Bike", "id": "b", "name": "Rad", "wheels": 2, "bell": true, "speed": { "kmh": 25 } });
    let all = json!([car, bike]);
    let data = json!({ "Query": {
        "vehicles": all,
        "named": [{ "__typename": "Horse", "name": "Rocinante" }, null, bike],
        "seen": [{ "__typename": "Sign", "text": "Stop" }, car],
    } });
    let one = one_service(&world, data)
        .compute("Query.one", move |_, arguments| {
            all.as_array().unwrap().iter().find(|vehicle| vehicle["id"] == arguments["id"]).cloned().unwrap_or_default()
        })
        .compute("Speed.limit", |speed, arguments| {
            json!(format!("{} {}", speed["kmh"], arguments["unit"].as_str().unwrap_or("km/h")))
        });
    agree(&world, &one, 2).await;
}

#[tokio::test]
async fn loaves_answer_as_one_service_would() {
    let world = federation_requires::bakery();
    let rye = json!({ "id": "rye", "grams": 500, "oven": { "degrees": 250, "minutes": 40 }, "energy": 10_000, "flour": 320,
        "parts": [{ "flour": 300, "cost": 1 }, { "flour": 20, "cost": 9 }], "label": "500 cent", "export": "1000/10000" });
    let bun = json!({ "id": "bun", "grams": null, "oven": { "degrees": 220, "minutes": 15 }, "energy": 3_300, "flour": 0,
        "parts": [], "label": "100 cent", "export": "200/3300" });
    let one = one_service(&world, json!({ "Query": { "loaves": [rye, bun], "special": rye } })).compute(
        "Loaf.price",
        |loaf, arguments| {
            let grams = loaf["grams"].as_i64().unwrap_or(100);
            json!(if arguments["currency"] == "EUR" { grams } else { 2 * grams })
        },
    );
    agree(&world, &one, 3).await;
}

#[tokio::test]
async fn faults_take_what_they_would_take_in_one_service() {
    let world = federation_nulls::orchard(false);
    let first = json!({ "id": "1", "sort": "Boskoop", "sugar": 10, "acid": 4, "worms": [{ "length": 3 }, { "length": null }], "core": { "seeds": [1, 2] } });
    let second = json!({ "id": "2", "sort": "Boskoop", "sugar": { "$error": "no sample" }, "acid": { "$error": "spilt" }, "core": { "seeds": [1, null] } });
    let third = json!({ "id": "3", "sort": "Boskoop", "worms": [] });
    let bad = json!({ "id": "bad", "sort": null });
    let data = json!({ "Query": {
        "strict": [first, bad],
        "items": [first, bad, second],
        "loose": [first, bad, second, null],
        "nested": [[first], [second, bad], null],
        "one": third,
        "must": first,
        "basket": { "label": "B", "apples": [first, third], "owner": { "name": { "$error": "secret" } } },
        "broken": { "$error": "fell down" },
    } });
    agree(&world, &one_service(&world, data), 4).await;
}

/// Whatever comes of it: there is a plan, and no service is asked what its own schema does not have.
#[tokio::test]
async fn every_operation_can_be_planned() {
    let worlds = [
        federation_entities::library(),
        federation_entities::railway(),
        federation_entities::museum(),
        federation_requires::guide(),
        federation_sharing::moved(),
        federation_sharing::clinic(),
        federation_operations::team(),
        federation_abstract::unions(),
        federation_corners::news(),
    ];
    for (world, seed) in worlds.iter().zip(10..) {
        let schema = Supergraph::parse(&world.supergraph).unwrap().schema;
        for query in Writer::of(&schema, seed).operations(OPERATIONS / 2) {
            let answer = world.ask_with(&query, json!({ "yes": true, "no": false })).await;
            let errors = answer["errors"].to_string();
            assert!(
                answer.get("data").is_some() && !errors.contains("BAD_SUBGRAPH_QUERY"),
                "{query}\n{answer}\n{:#?}",
                world.asked()
            );
        }
    }
}

/// A service with the public schema of `world`.
fn one_service(world: &World, data: Value) -> Standin {
    let supergraph = Supergraph::parse(&world.supergraph).unwrap();
    Standin::new("one", &supergraph.schema.to_string(), data)
}

async fn agree(world: &World, one: &Standin, seed: u64) {
    let schema = Supergraph::parse(&world.supergraph).unwrap().schema;
    let mut different = Vec::new();
    for query in Writer::of(&schema, seed).operations(OPERATIONS) {
        let variables = json!({ "yes": true, "no": false });
        let expected = one
            .execute(SubgraphCall {
                query: query.as_str().into(),
                variables: serde_json::from_value(variables.clone()).unwrap(),
                actor: None,
                request_id: "test".into(),
                resume_after: None,
            })
            .await;
        let expected = serde_json::to_value(expected.unwrap()).unwrap();
        let found = world.ask_with(&query, variables).await;
        // Of several errors below one null the specification lets a service tell as many as it likes.
        let fails = |answer: &Value| !answer["errors"].is_null();
        if found["data"] != expected["data"] || fails(&found) != fails(&expected) {
            different.push(format!("{query}\n  expected {expected}\n  found    {found}"));
        }
    }
    assert!(different.is_empty(), "{} of {OPERATIONS}:\n{}", different.len(), different.join("\n"));
}

struct Writer<'s> {
    schema: &'s Valid<Schema>,
    clock: Clock,
}

impl<'s> Writer<'s> {
    fn of(schema: &'s Valid<Schema>, seed: u64) -> Self {
        Self { schema, clock: Clock::fixed(chrono::DateTime::UNIX_EPOCH, seed) }
    }

    /// Valid ones: chance writes fields that cannot be merged, too.
    fn operations(&mut self, number: usize) -> Vec<String> {
        let schema = self.schema;
        let written = std::iter::repeat_with(|| self.operation());
        let valid = |query: &String| ExecutableDocument::parse_and_validate(schema, query, "query.graphql").is_ok();
        written.filter(valid).take(number).collect()
    }

    fn operation(&mut self) -> String {
        let root = self.schema.root_operation(apollo_compiler::ast::OperationType::Query).unwrap().clone();
        // Named, so that both variables are always used.
        format!(
            "query ($yes: Boolean!, $no: Boolean!) {{ a0: __typename @include(if: $yes) @skip(if: $no) {} }}",
            self.selections(&root, 0)
        )
    }

    fn selections(&mut self, ty: &Name, depth: usize) -> String {
        let mut text = String::new();
        for _ in 0..=self.below(3) {
            let conditions = self.conditions(ty);
            if !conditions.is_empty() && self.below(3) == 0 {
                let condition = conditions[self.below(conditions.len())].clone();
                let (when, inner) = (self.when(), self.selections(&condition, depth + 1));
                write!(text, "... on {condition}{when} {{ {inner} }} ").unwrap();
            } else {
                text += &self.field(ty, depth);
            }
        }
        text
    }

    fn field(&mut self, ty: &Name, depth: usize) -> String {
        let fields: Vec<Arc<FieldDefinition>> = match &self.schema.types[ty] {
            ExtendedType::Object(object) => {
                object.fields.values().map(|field| Arc::new(field.node.as_ref().clone())).collect()
            }
            ExtendedType::Interface(interface) => {
                interface.fields.values().map(|field| Arc::new(field.node.as_ref().clone())).collect()
            }
            _ => Vec::new(),
        };
        let leaf = |field: &Arc<FieldDefinition>| self.schema.types[field.ty.inner_named_type()].is_leaf();
        let fields: Vec<_> = fields.iter().filter(|field| depth < 5 || leaf(field)).cloned().collect();
        if fields.is_empty() || self.below(8) == 0 {
            return "__typename ".to_owned();
        }
        let field = fields[self.below(fields.len())].clone();
        let alias = if self.below(3) == 0 {
            format!("{}: ", ["a", "b", "id", "title", "stars"][self.below(5)])
        } else {
            String::new()
        };
        let mut arguments = Vec::new();
        for argument in &field.arguments {
            if argument.is_required() || self.below(2) == 0 {
                arguments.push(format!("{}: {}", argument.name, self.value(&argument.ty)));
            }
        }
        let arguments = if arguments.is_empty() { String::new() } else { format!("({})", arguments.join(", ")) };
        let below = match leaf(&field) {
            true => String::new(),
            false => format!(" {{ {} }}", self.selections(field.ty.inner_named_type(), depth + 1)),
        };
        let when = self.when();
        format!("{alias}{}{arguments}{when}{below} ", field.name)
    }

    fn value(&mut self, ty: &Type) -> String {
        match ty.inner_named_type().as_str() {
            "Int" => self.below(3).to_string(),
            "ID" => format!("{:?}", ["b", "c", "d"][self.below(3)]),
            _ => format!("{:?}", ["EUR", "CHF"][self.below(2)]),
        }
    }

    fn when(&mut self) -> &'static str {
        match self.below(14) {
            0 => " @include(if: $yes)",
            1 => " @skip(if: $yes)",
            2 => " @include(if: $no)",
            _ => "",
        }
    }

    /// Types that an object of type `ty` may also be.
    fn conditions(&self, ty: &Name) -> Vec<Name> {
        let objects = |ty: &Name| -> Vec<Name> {
            let is = |object: &&Name| *object == ty || self.schema.is_subtype(ty, object);
            let objects =
                self.schema.types.iter().filter(|(_, definition)| definition.is_object()).map(|(name, _)| name);
            objects.filter(is).cloned().collect()
        };
        let mine = objects(ty);
        let composite = self
            .schema
            .types
            .iter()
            .filter(|(name, ty)| !ty.is_leaf() && !ty.is_input_object() && !name.starts_with("__"));
        composite
            .filter(|(name, _)| objects(name).iter().any(|object| mine.contains(object)))
            .map(|(name, _)| name.clone())
            .collect()
    }

    fn below(&mut self, bound: usize) -> usize {
        let mut bytes = [0; 8];
        self.clock.random(&mut bytes);
        usize::try_from(u64::from_le_bytes(bytes) % bound as u64).unwrap()
    }
}
