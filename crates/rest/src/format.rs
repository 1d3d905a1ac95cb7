//! How a whole list is written: JSON Lines, or CSV for people with a spreadsheet.

use serde_json::Value;

/// A list as a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Format {
    JsonLines,
    Csv,
}

/// What is shown of an object, name by name, with what is shown inside.
pub(crate) type Shown = [(String, Option<Vec<String>>)];

impl Format {
    pub const ALL: [Self; 2] = [Self::JsonLines, Self::Csv];

    /// The end of the address: `/rest/v1/leads.jsonl`.
    pub fn suffix(self) -> &'static str {
        match self {
            Self::JsonLines => ".jsonl",
            Self::Csv => ".csv",
        }
    }

    /// Of the answer.
    pub fn media_type(self) -> &'static str {
        match self {
            Self::JsonLines => "application/jsonl",
            Self::Csv => "text/csv; charset=utf-8; header=present",
        }
    }

    /// What stands before the first object.
    pub fn head(self, shown: &Shown) -> String {
        match self {
            Self::JsonLines => String::new(),
            Self::Csv => {
                let names = shown.iter().flat_map(|(name, inner)| match inner {
                    None => vec![name.clone()],
                    Some(inner) => inner.iter().map(|inner| format!("{name}.{inner}")).collect(),
                });
                row(names)
            }
        }
    }

    /// An object, with the end of its line.
    pub fn line(self, object: &Value, shown: &Shown) -> String {
        match self {
            Self::JsonLines => format!("{object}\n"),
            Self::Csv => {
                let cells = shown.iter().flat_map(|(name, inner)| match inner {
                    None => vec![cell(&object[name])],
                    Some(inner) => inner.iter().map(|inner| cell(&object[name][inner])).collect(),
                });
                row(cells)
            }
        }
    }
}

/// RFC 4180, with its line ends.
fn row(cells: impl Iterator<Item = String>) -> String {
    let quoted = |cell: String| {
        if cell.contains(['"', ',', '\r', '\n']) { format!("\"{}\"", cell.replace('"', "\"\"")) } else { cell }
    };
    let mut row = cells.map(quoted).collect::<Vec<_>>().join(",");
    row.push_str("\r\n");
    row
}

/// A value as a spreadsheet shows it, and does not run it.
fn cell(value: &Value) -> String {
    match value {
        Value::Null => String::new(),
        Value::String(text) if is_formula(text) => format!("'{text}"),
        Value::String(text) => text.clone(),
        Value::Array(items) => {
            let items = items.iter().map(|item| item.as_str().map_or_else(|| item.to_string(), str::to_owned));
            cell(&Value::String(items.collect::<Vec<_>>().join("; ")))
        }
        other => other.to_string(),
    }
}

/// Would a spreadsheet take it for a formula? A number and a telephone number are none.
fn is_formula(text: &str) -> bool {
    let is_number = |rest: &str| rest.chars().all(|c| c.is_ascii_digit() || " ().-/".contains(c));
    match text.trim_start_matches(' ').chars().next() {
        Some('=' | '@' | '\t' | '\r') => true,
        Some(sign @ ('+' | '-')) => !text.trim_start_matches(' ').strip_prefix(sign).is_some_and(is_number),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn shown() -> Vec<(String, Option<Vec<String>>)> {
        let inner = Some(vec!["minor".to_owned(), "currency".to_owned()]);
        vec![("name".to_owned(), None), ("amount".to_owned(), inner), ("domains".to_owned(), None)]
    }

    #[test]
    fn an_object_is_a_row_under_the_names_of_its_fields() {
        let shown = shown();
        assert_eq!(Format::Csv.head(&shown), "name,amount.minor,amount.currency,domains\r\n");
        let deal =
            json!({ "name": "Looms, \"new\"", "amount": { "minor": 5, "currency": "EUR" }, "domains": ["a", "b"] });
        assert_eq!(Format::Csv.line(&deal, &shown), "\"Looms, \"\"new\"\"\",5,EUR,a; b\r\n");
        let bare = json!({ "name": "Looms", "amount": null, "domains": [] });
        assert_eq!(Format::Csv.line(&bare, &shown), "Looms,,,\r\n");
        assert_eq!(Format::JsonLines.line(&bare, &shown), format!("{bare}\n"));
    }

    #[test]
    fn no_cell_is_run_as_a_formula_and_telephone_numbers_stay_as_they_are() {
        for text in ["=1+1", " =1+1", "@SUM(A1)", "+A1", "-2+3+cmd|' /C calc'!A0", "\t=1", "-", "+"] {
            let expected = if text.len() == 1 { text.to_owned() } else { format!("'{text}") };
            assert_eq!(cell(&json!(text)), expected, "{text:?}");
        }
        for text in ["+49 (30) 123-45/6", "-12.50", "Looms = warps", "", "ada@engines.example"] {
            assert_eq!(cell(&json!(text)), text);
        }
    }
}
