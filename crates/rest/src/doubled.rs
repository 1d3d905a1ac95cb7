//! Names that an object of JSON has twice. Which of them counts, two readers may see differently.

use std::{collections::BTreeSet, fmt};

use serde::{
    Deserialize, Deserializer,
    de::{MapAccess, SeqAccess, Visitor},
};

/// The place of a name that is there twice, as in `amount.minor`; `None` too for what is no JSON.
pub(crate) fn doubled(json: &[u8]) -> Option<String> {
    serde_json::from_slice::<Doubled>(json).ok()?.0
}

struct Doubled(Option<String>);

impl<'de> Deserialize<'de> for Doubled {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Search).map(Doubled)
    }
}

struct Search;

impl<'de> Visitor<'de> for Search {
    type Value = Option<String>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut fields: A) -> Result<Self::Value, A::Error> {
        let (mut seen, mut found) = (BTreeSet::new(), None);
        while let Some((name, Doubled(within))) = fields.next_entry::<String, Doubled>()? {
            let within = within.map(|place| format!("{name}.{place}"));
            let twice = (!seen.insert(name.clone())).then_some(name);
            found = found.or(twice).or(within);
        }
        Ok(found)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Self::Value, A::Error> {
        let mut found = None;
        while let Some(Doubled(within)) = items.next_element()? {
            found = found.or(within);
        }
        Ok(found)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_name_that_is_there_twice_is_found_wherever_it_is() {
        for (json, place) in [
            (r#"{ "a": 1, "b": -1, "c": 0.5, "d": true, "e": null, "f": "a", "g": [{ "a": 1 }, { "a": 2 }] }"#, None),
            (r#"{ "a": "x", "a": "x" }"#, Some("a")),
            (r#"{ "a": { "b": 1, "c": 2, "b": 3 } }"#, Some("a.b")),
            (r#"{ "a": [{}, { "b": 1, "b": 2 }] }"#, Some("a.b")),
            (r#"{ "a": 1, "\u0061": 2 }"#, Some("a")),
            (r#"{ "a": 1, "a""#, None),
        ] {
            assert_eq!(doubled(json.as_bytes()).as_deref(), place, "{json}");
        }
    }
}
