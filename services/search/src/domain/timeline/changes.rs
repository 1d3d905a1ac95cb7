//! Which fields of a record an event changed.

use events::Envelope;
use kernel::{Access, Object};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use super::Record;

/// A field with what it was and is. No `Debug`: it holds personal data.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Change {
    pub record: Record,
    /// In the API's spelling.
    pub field: String,
    pub previous: Option<String>,
    pub current: Option<String>,
}

impl Change {
    /// Whether the field is shown to whoever may read the record.
    pub fn is_shown(&self, access: &Access) -> bool {
        !access.hides(self.record.kind.object(), &self.field)
    }
}

/// Told beside what a role may hide: the field, and its name in the event. What names another record is left out, for
/// not everybody may read that one.
const ALWAYS_SHOWN: [(&str, &str); 6] = [
    ("email", "email"),
    ("name", "name"),
    ("status", "status"),
    ("stage", "stage_name"),
    ("state", "state"),
    ("owner", "owner"),
];

#[derive(Default, Deserialize)]
struct States {
    #[serde(default)]
    previous: Value,
    #[serde(default)]
    current: Value,
}

/// The fields of `record` that differ between the states before and after, in one order.
pub fn changes(record: Record, event: &Envelope) -> Vec<Change> {
    let States { previous, current } = serde_json::from_str(event.data.get()).unwrap_or_default();
    let object: Object = record.kind.object();
    let hideable = object.fields().iter().map(|field| ((*field).to_owned(), in_events(field)));
    let shown = ALWAYS_SHOWN.iter().map(|(field, name)| ((*field).to_owned(), (*name).to_owned()));
    let changed = shown.chain(hideable).filter(|(_, name)| previous[name] != current[name]);
    changed
        .map(|(field, name)| Change { record, field, previous: text(&previous[&name]), current: text(&current[&name]) })
        .collect()
}

/// `companyDomain` is `company_domain` in an event.
fn in_events(field: &str) -> String {
    let mut name = String::with_capacity(field.len() + 1);
    for letter in field.chars() {
        if letter.is_ascii_uppercase() {
            name.push('_');
        }
        name.push(letter.to_ascii_lowercase());
    }
    name
}

fn text(value: &Value) -> Option<String> {
    match value {
        Value::Null => None,
        Value::String(text) => Some(text.clone()),
        // An amount: its minor units and its currency.
        Value::Object(money) => Some(format!("{} {}", money.get("minor")?, money.get("currency")?.as_str()?)),
        other => Some(other.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{json, value::to_raw_value};
    use uuid::Uuid;

    use super::*;
    use crate::domain::document::Kind;

    fn told(kind: Kind, data: &Value) -> Vec<(String, Option<String>, Option<String>)> {
        let mut event = events::examples::all().remove(0);
        event.data = to_raw_value(data).unwrap();
        let changes = changes(Record { kind, id: Uuid::nil() }, &event);
        changes.into_iter().map(|change| (change.field, change.previous, change.current)).collect()
    }

    #[test]
    fn a_change_names_the_field_as_the_api_does() {
        let data = json!({ "previous": { "company_domain": "a.example", "title": "Dyer", "version": 1 },
            "current": { "company_domain": "b.example", "title": "Dyer", "version": 2 } });
        let changed = ("companyDomain".to_owned(), Some("a.example".to_owned()), Some("b.example".to_owned()));
        assert_eq!(told(Kind::Lead, &data), [changed]);
    }

    #[test]
    fn amounts_are_readable_and_ids_of_other_records_are_left_out() {
        let data = json!({ "previous": { "amount": null, "account": "acct_1" },
            "current": { "amount": { "minor": 4200, "currency": "EUR" }, "account": "acct_2" } });
        assert_eq!(told(Kind::Opportunity, &data), [("amount".to_owned(), None, Some("4200 EUR".to_owned()))]);
    }
}
