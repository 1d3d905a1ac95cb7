use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::Value;

/// What somebody gave, by the name of the input. Personal, so it does not print.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Given(BTreeMap<String, String>);

/// A value is not text in UTF-8; its name may be at fault itself.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NotUtf8 {
    pub name: String,
}

impl std::fmt::Debug for Given {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Given(…)")
    }
}

impl Given {
    /// Of `application/x-www-form-urlencoded`. Strict: what is not UTF-8 is refused, not repaired. Of two values with one
    /// name the last counts.
    pub fn from_form(body: &[u8]) -> Result<Self, NotUtf8> {
        let mut given = BTreeMap::new();
        for pair in body.split(|byte| *byte == b'&').filter(|pair| !pair.is_empty()) {
            let at = pair.iter().position(|byte| *byte == b'=').unwrap_or(pair.len());
            let (name, value) = (decode(&pair[..at]), decode(pair.get(at + 1..).unwrap_or_default()));
            let name = String::from_utf8(name)
                .map_err(|error| NotUtf8 { name: String::from_utf8_lossy(error.as_bytes()).into_owned() })?;
            let value = String::from_utf8(value).map_err(|_| NotUtf8 { name: name.clone() })?;
            given.insert(name, value);
        }
        Ok(Self(given))
    }

    /// Of a JSON object of texts, numbers and yes or no. Anything else is named.
    pub fn from_json(object: serde_json::Map<String, Value>) -> Result<Self, String> {
        let mut given = BTreeMap::new();
        for (name, value) in object {
            let text = match value {
                Value::Null => continue,
                Value::String(text) => text,
                Value::Number(number) => number.to_string(),
                Value::Bool(true) => "on".to_owned(),
                Value::Bool(false) => continue,
                Value::Array(_) | Value::Object(_) => return Err(name),
            };
            given.insert(name, text);
        }
        Ok(Self(given))
    }

    pub fn get(&self, name: &str) -> &str {
        self.0.get(name).map_or("", String::as_str)
    }

    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Takes what is not given here.
    pub fn or(mut self, name: &str, value: impl FnOnce() -> Option<String>) -> Self {
        if self.get(name).is_empty()
            && let Some(value) = value()
        {
            self.0.insert(name.to_owned(), value);
        }
        self
    }

    /// Without what no database stores.
    #[must_use]
    pub fn storable(&self) -> Self {
        let clean = |text: &String| text.replace('\0', "");
        Self(self.0.iter().map(|(name, value)| (clean(name), clean(value))).collect())
    }
}

fn decode(text: &[u8]) -> Vec<u8> {
    let hex = |at: usize| text.get(at).and_then(|byte| char::from(*byte).to_digit(16));
    let mut out = Vec::with_capacity(text.len());
    let mut at = 0;
    while let Some(&byte) = text.get(at) {
        let escaped = if byte == b'%' { hex(at + 1).zip(hex(at + 2)) } else { None };
        match escaped.map(|(high, low)| u8::try_from(high * 16 + low)) {
            Some(Ok(decoded)) => {
                out.push(decoded);
                at += 3;
            }
            _ => {
                out.push(if byte == b'+' { b' ' } else { byte });
                at += 1;
            }
        }
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_form_is_read_as_a_browser_writes_it() {
        let given = Given::from_form(b"name=Ada+L%C3%B6w&empty=&broken=100%&sum=%3D1%2B1&&flag").unwrap();
        assert_eq!(given.get("name"), "Ada Löw");
        assert_eq!((given.get("empty"), given.get("broken"), given.get("sum")), ("", "100%", "=1+1"));
        assert!(given.names().any(|name| name == "flag"));
    }

    #[test]
    fn what_is_not_utf_8_is_named() {
        let refused = Given::from_form(b"email=a%40b.example&name=L%F6w").unwrap_err();
        assert_eq!(refused.name, "name");
    }
}
