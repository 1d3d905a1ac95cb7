//! People with every type of field, in both ways it can be kept.

use std::{collections::BTreeMap, sync::LazyLock};

use chrono::DateTime;
use kernel::Timestamp;
use pipewright_filter::{Activity, Filter, Record, Schema, Source, Type, Value};

pub fn now() -> Timestamp {
    moment("2026-11-23T09:00:00Z")
}

pub fn moment(text: &str) -> Timestamp {
    DateTime::parse_from_rfc3339(text).unwrap().to_utc()
}

pub fn schema() -> &'static Schema {
    static SCHEMA: LazyLock<Schema> = LazyLock::new(make_schema);
    &SCHEMA
}

fn make_schema() -> Schema {
    let choice = |values: &[&str]| Type::Choice(values.iter().map(|value| (*value).to_owned()).collect());
    let activity = Activity { rows: "deed where deed.person_id = person.id", name: "deed.name", time: "deed.at" };
    let schema = Schema::new("person.keys")
        .field("title", Type::Text, Source::Keys)
        .field("company", Type::Text, Source::Column("person.company_key"))
        .field("country", choice(&["DE", "FR", "US"]), Source::Column("person.country"))
        .field("employees", Type::Integer, Source::Column("person.employees"))
        .field("score", Type::Number, Source::Column("person.score"))
        .field("active", Type::Boolean, Source::Column("person.active"))
        .field("created_at", Type::Time, Source::Column("person.created_at"))
        .field("born", Type::Date, Source::Column("person.born"))
        .field("tags", Type::List, Source::Column("person.tags_key"))
        .behaviour("email.opened", activity)
        .behaviour("page.viewed", activity);
    let attributes = [
        ("tier", Type::Text),
        ("plan", choice(&["Basic", "Pro"])),
        ("seats", Type::Integer),
        ("rating", Type::Number),
        ("vip", Type::Boolean),
        ("seen", Type::Time),
        ("renewal", Type::Date),
        ("topics", Type::List),
    ];
    attributes.into_iter().fold(schema, |schema, (key, kind)| schema.attribute(key, kind).unwrap())
}

pub fn filter(text: &str) -> Filter {
    Filter::parse(text, schema()).unwrap_or_else(|errors| panic!("{text}: {errors}"))
}

#[derive(Default)]
pub struct Person {
    pub values: BTreeMap<String, Value>,
    pub deeds: Vec<(&'static str, Timestamp)>,
}

impl Person {
    pub fn with(mut self, field: &str, value: Value) -> Self {
        self.values.insert(field.to_owned(), value);
        self
    }

    pub fn text(self, field: &str, text: &str) -> Self {
        self.with(field, Value::Text(text.to_owned()))
    }

    pub fn did(mut self, behaviour: &'static str, at: Timestamp) -> Self {
        self.deeds.push((behaviour, at));
        self
    }

    pub fn fits(&self, text: &str) -> bool {
        filter(text).matches(self, now())
    }
}

impl Record for Person {
    fn value(&self, field: &str) -> Option<Value> {
        self.values.get(field).cloned()
    }

    fn count(&self, behaviour: &str, since: Option<Timestamp>) -> i64 {
        let counts = |(name, at): &&(&str, Timestamp)| *name == behaviour && since.is_none_or(|since| *at >= since);
        i64::try_from(self.deeds.iter().filter(counts).count()).unwrap()
    }

    fn oldest(&self, behaviour: &str, since: Timestamp) -> Option<Timestamp> {
        self.deeds.iter().filter(|(name, at)| *name == behaviour && *at >= since).map(|(_, at)| *at).min()
    }
}
