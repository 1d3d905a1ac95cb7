//! What an update makes of null.

use kernel::{AccountId, ContactId, FormId, LandingPageId, LeadId, SegmentId};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

/// Each update with what has to be there.
const UPDATES: [(&str, &str, &[&str]); 8] = [
    ("updateLead", "UpdateLeadInput", &["status"]),
    ("updateAccount", "UpdateAccountInput", &["name"]),
    ("updateContact", "UpdateContactInput", &["email"]),
    ("updateSegment", "UpdateSegmentInput", &["name", "definition"]),
    ("updateForm", "UpdateFormInput", &["name", "fields", "source", "doubleOptIn", "allowedOrigins", "active"]),
    ("updateLandingPage", "UpdateLandingPageInput", &["slug", "title", "language", "published", "variants"]),
    ("updateKeyAccountRules", "UpdateKeyAccountRulesInput", &["untouchedDays", "minContacts", "withinDays"]),
    ("setAccountPlan", "SetAccountPlanInput", &["goals", "stakeholders", "risks", "whitespace"]),
];

on_both_engines!(SERVICE, what_has_to_be_there_is_not_emptied);
async fn what_has_to_be_there_is_not_emptied(test: ServiceTest) {
    let (lead, account, contact): (LeadId, AccountId, ContactId) = (test.clock.id(), test.clock.id(), test.clock.id());
    let (segment, form, page): (SegmentId, FormId, LandingPageId) = (test.clock.id(), test.clock.id(), test.clock.id());
    let of = |mutation: &str| match mutation {
        "updateLead" => json!({ "id": lead }),
        "updateAccount" => json!({ "id": account }),
        "updateContact" => json!({ "id": contact }),
        "updateSegment" => json!({ "id": segment }),
        "updateForm" => json!({ "id": form }),
        "updateLandingPage" => json!({ "id": page }),
        "setAccountPlan" => json!({ "accountId": account }),
        _ => json!({}),
    };
    for (mutation, input_type, fields) in UPDATES {
        let query =
            format!("mutation($input: {input_type}!) {{ {mutation}(input: $input) {{ errors {{ code field }} }} }}");
        for field in fields {
            let mut input = of(mutation);
            input[field] = Value::Null;
            let answer = test.graphql(&query, json!({ "input": input })).await[mutation].take();
            assert_eq!(answer["errors"], json!([{ "code": "REQUIRED", "field": field }]), "{mutation}");
        }
    }
}
