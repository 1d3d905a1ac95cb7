//! What a filter can ask of a lead: the one place that names the fields.

use std::sync::LazyLock;

use events::lead::LeadStatus;
use filter::{Filter, Record, Schema, Source, Type, Value};
use kernel::Timestamp;
use serde_json::Map;

use super::lead::Lead;

/// Texts, in the filter's spelling and in the API's.
const TEXTS: [(&str, &str); 11] = [
    ("email", "email"),
    ("first_name", "firstName"),
    ("last_name", "lastName"),
    ("title", "title"),
    ("company", "company"),
    ("company_domain", "companyDomain"),
    ("phone", "phone"),
    ("country", "country"),
    ("employees", "employees"),
    ("message", "message"),
    ("source", "source"),
];

/// Whether a lead is at an account.
pub const ACCOUNT: &str = "account";

const STATUSES: [LeadStatus; 5] =
    [LeadStatus::New, LeadStatus::Working, LeadStatus::Qualified, LeadStatus::Disqualified, LeadStatus::Converted];

static SCHEMA: LazyLock<Schema> = LazyLock::new(|| {
    let status = STATUSES.map(|status| word(status).to_owned()).to_vec();
    let texts = TEXTS
        .iter()
        .fold(Schema::new("lead.filter_keys"), |schema, &(name, _)| schema.field(name, Type::Text, Source::Keys));
    texts
        .field("status", Type::Choice(status), Source::Column("lead.status"))
        .field("created_at", Type::Time, Source::Column("lead.created_at"))
        // Known or not is all there is to ask of these.
        .field(ACCOUNT, Type::Boolean, Source::Column("(case when lead.account_id is not null then true end)"))
        .field("owner", Type::Boolean, Source::Column("(case when lead.owner_id is not null then true end)"))
});

pub fn schema() -> &'static Schema {
    &SCHEMA
}

/// What is stored beside a lead, so that SQL compares as [`Filter::matches`] does.
pub fn keys(lead: &Lead) -> Map<String, serde_json::Value> {
    SCHEMA.keys(lead)
}

/// The fields that a filter asks for and that a role may hide, in the API's spelling.
pub fn asked(filter: &Filter) -> impl Iterator<Item = &'static str> {
    let fields = filter.fields();
    TEXTS.iter().filter(move |(name, _)| fields.contains(name)).map(|&(_, field)| field)
}

impl Record for Lead {
    fn value(&self, field: &str) -> Option<Value> {
        let details = &self.details;
        let text = match field {
            "email" => Some(self.email.as_str()),
            "first_name" => details.first_name.as_ref().map(|name| name.as_str()),
            "last_name" => details.last_name.as_ref().map(|name| name.as_str()),
            "title" => details.title.as_deref(),
            "company" => details.company.as_deref(),
            "company_domain" => details.company_domain.as_deref(),
            "phone" => details.phone.as_ref().map(|phone| phone.as_str()),
            "country" => details.country.as_deref(),
            "employees" => details.employees.as_deref(),
            "message" => details.message.as_deref(),
            "source" => Some(self.source.as_str()),
            "status" => Some(word(self.status)),
            "created_at" => return Some(Value::Time(self.created_at)),
            ACCOUNT => return self.account.map(|_| Value::Boolean(true)),
            "owner" => return self.owner.map(|_| Value::Boolean(true)),
            _ => None,
        };
        text.map(|text| Value::Text(text.to_owned()))
    }

    /// No behaviour is kept yet, and the schema names none.
    fn count(&self, _: &str, _: Option<Timestamp>) -> i64 {
        0
    }

    fn oldest(&self, _: &str, _: Timestamp) -> Option<Timestamp> {
        None
    }
}

/// As the column has it.
fn word(status: LeadStatus) -> &'static str {
    match status {
        LeadStatus::New => "new",
        LeadStatus::Working => "working",
        LeadStatus::Qualified => "qualified",
        LeadStatus::Disqualified => "disqualified",
        LeadStatus::Converted => "converted",
    }
}

#[cfg(test)]
mod tests {
    use kernel::Object;

    use super::*;

    #[test]
    fn every_field_that_a_role_may_hide_is_known_by_its_name_in_the_api() {
        for field in Object::Lead.fields() {
            assert!(TEXTS.iter().any(|(_, name)| name == field), "{field}");
        }
    }

    #[test]
    fn a_status_is_asked_for_by_the_word_in_its_column() {
        for status in STATUSES {
            assert_eq!(serde_json::json!(status), word(status));
        }
    }
}
