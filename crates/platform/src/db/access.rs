use kernel::access::{Attribute, Part, Rows};
use sqlx::QueryBuilder;

use super::{ListBind, push_in_ids, push_in_texts};

/// Where a table keeps what permissions look at. An attribute without a column is one that no row has.
#[derive(Debug, Clone, Copy, Default)]
pub struct AccessColumns {
    pub owner: &'static str,
    pub country: Option<&'static str>,
    pub source: Option<&'static str>,
    pub industry: Option<&'static str>,
}

impl AccessColumns {
    fn get(&self, attribute: Attribute) -> Option<&'static str> {
        match attribute {
            Attribute::Country => self.country,
            Attribute::Source => self.source,
            Attribute::Industry => self.industry,
        }
    }
}

/// Appends the condition that a row is one of `rows`: nothing if all are. A `where` must be open already.
pub fn push_allowed<DB: ListBind>(query: &mut QueryBuilder<DB>, rows: &Rows<'_>, columns: &AccessColumns) {
    let Rows::Any(parts) = rows else { return };
    query.push(" and (1 = 0");
    for part in parts {
        query.push(" or (1 = 1");
        push_part(query, part, columns);
        query.push(")");
    }
    query.push(")");
}

fn push_part<DB: ListBind>(query: &mut QueryBuilder<DB>, part: &Part<'_>, columns: &AccessColumns) {
    if let Some(owners) = part.owners {
        query.push(" and ").push(columns.owner);
        push_in_ids(query, owners.iter().copied());
    }
    for condition in part.conditions {
        match columns.get(condition.attribute) {
            Some(column) => {
                query.push(" and ").push(column);
                push_in_texts(query, condition.any_of.iter().map(String::as_str));
            }
            None => _ = query.push(" and 1 = 0"),
        }
    }
}
