//! Which fields there are, and where a service keeps them.

use std::{collections::BTreeMap, fmt, sync::Arc};

use serde_json::Map;

use crate::{Record, Type, types::Comparable};

/// The fields and behaviours that a filter may name, and how SQL reaches them.
///
/// SQL is made only of what stands in the program and of names that were checked; whatever a user writes is bound.
#[derive(Debug, Clone)]
pub struct Schema {
    keys: &'static str,
    fields: BTreeMap<String, Arc<Field>>,
    behaviours: BTreeMap<String, Activity>,
}

/// Where a field is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Source {
    /// In a column, or another expression, of the field's own SQL type: `text` (of a text field its
    /// [`text_key`](crate::text_key), of a list its [`list_key`](crate::list_key), of a choice the value itself),
    /// `bigint`, `double precision` (finite), `boolean`, `timestamptz`, `date`.
    Column(&'static str),
    /// In the JSON column of keys that [`Schema::keys`] fills.
    Keys,
}

/// Where a behaviour's events are.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Activity {
    /// Those of one record: `activity a where a.lead_id = lead.id`.
    pub rows: &'static str,
    /// The column with the behaviour's name.
    pub name: &'static str,
    /// The `timestamptz` at which it happened.
    pub time: &'static str,
}

#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Field {
    /// `country`, `attr.tier`.
    pub name: String,
    pub kind: Type,
    pub reach: Reach,
}

/// Where a field's value is compared.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Reach {
    Column(&'static str),
    Key {
        /// The JSON column of all keys.
        column: &'static str,
        /// The value's name in it.
        name: String,
    },
}

/// Attributes are named `[a-z][a-z0-9_]*`, in at most 60 characters.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InvalidAttribute(String);

impl fmt::Display for InvalidAttribute {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:?} cannot name an attribute: a-z, then a-z, 0-9 and _, at most 60", self.0)
    }
}

impl std::error::Error for InvalidAttribute {}

impl Schema {
    /// With the JSON column of keys, for example `lead.keys`.
    pub fn new(keys: &'static str) -> Self {
        Self { keys, fields: BTreeMap::new(), behaviours: BTreeMap::new() }
    }

    /// A field of every record. Its name is in lower case and no keyword.
    #[must_use]
    pub fn field(self, name: &'static str, kind: Type, source: Source) -> Self {
        debug_assert!(name.split('.').all(is_name), "{name} cannot be written");
        debug_assert!(!crate::parser::is_keyword(name), "{name} is a keyword");
        self.with(name.to_owned(), kind, source)
    }

    /// An attribute that a workspace defined, written `attr.<key>` and kept among the keys.
    pub fn attribute(self, key: &str, kind: Type) -> Result<Self, InvalidAttribute> {
        if !is_name(key) || key.len() > 60 {
            return Err(InvalidAttribute(key.to_owned()));
        }
        Ok(self.with(format!("attr.{key}"), kind, Source::Keys))
    }

    /// Something that a record can have done, written `did("<name>")`.
    #[must_use]
    pub fn behaviour(mut self, name: impl Into<String>, activity: Activity) -> Self {
        self.behaviours.insert(name.into(), activity);
        self
    }

    fn with(mut self, name: String, kind: Type, source: Source) -> Self {
        let reach = match source {
            Source::Column(column) => Reach::Column(column),
            Source::Keys => Reach::Key { column: self.keys, name: format!("{}.{name}", kind.tag()) },
        };
        self.fields.insert(name.clone(), Arc::new(Field { name, kind, reach }));
        self
    }

    /// What a service keeps in its JSON column of keys beside a record, so that SQL compares as this crate does: to be
    /// written with every change of the record, and anew when attributes have changed their type.
    pub fn keys(&self, record: &impl Record) -> Map<String, serde_json::Value> {
        let keyed = self.fields.values().filter_map(|field| {
            let Reach::Key { name, .. } = &field.reach else { return None };
            let value = field.kind.read(record.value(&field.name)?)?;
            let key = match value.key().into_owned() {
                Comparable::Integer(integer) => integer.into(),
                other => other.text().into(),
            };
            Some((name.clone(), key))
        });
        keyed.collect()
    }

    pub(crate) fn get(&self, name: &str) -> Option<&Arc<Field>> {
        self.fields.get(name)
    }

    pub(crate) fn activity(&self, behaviour: &str) -> Option<Activity> {
        self.behaviours.get(behaviour).copied()
    }

    pub(crate) fn names(&self) -> impl Iterator<Item = &str> {
        self.fields.keys().map(String::as_str)
    }

    pub(crate) fn behaviour_names(&self) -> impl Iterator<Item = &str> {
        self.behaviours.keys().map(String::as_str)
    }
}

fn is_name(name: &str) -> bool {
    name.starts_with(|c: char| c.is_ascii_lowercase())
        && name.chars().all(|c| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_')
}
