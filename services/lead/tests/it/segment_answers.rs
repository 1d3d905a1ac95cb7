//! Who may know what of segments, and why a lead is in one.

use events::lead::SegmentChanged;
use kernel::{
    Action, Actor, BuiltInRole, LeadId, Object,
    access::{FieldRule, Grants, Scope},
};
use pipewright_lead::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{access::role, leads::capture};

const CREATE: &str = "mutation($name: String!, $definition: String!) {
    createSegment(input: { name: $name, definition: $definition }) { segment { id } errors { code } } }";
const READ: &str =
    "query($id: ID!) { segment(id: $id) { name definition count leads { totalCount edges { node { email } } } } }";
const WHY: &str = "query($lead: ID!, $segment: ID!) { whyInSegment(leadId: $lead, segmentId: $segment) {
    fits enteredAt text because { condition held seen because { condition held seen } } } }";
const OVERLAP: &str =
    "query($left: ID!, $right: ID!) { segmentOverlap(leftId: $left, rightId: $right) { both onlyLeft onlyRight } }";
const PREVIEW: &str =
    "query($definition: String!) { segmentPreview(definition: $definition) { totalCount edges { node { email } } } }";

async fn segment(test: &ServiceTest, name: &str, definition: &str) -> Value {
    let made = test.graphql(CREATE, json!({ "name": name, "definition": definition })).await;
    assert_eq!(made["createSegment"]["errors"], json!([]));
    made["createSegment"]["segment"]["id"].clone()
}

async fn lead(test: &ServiceTest, input: Value) -> LeadId {
    capture(test, input).await["lead"]["id"].as_str().unwrap().parse().unwrap()
}

fn code(answer: &Value) -> &Value {
    &answer["errors"][0]["extensions"]["code"]
}

on_both_engines!(SERVICE, a_lead_is_in_a_segment_for_reasons);
async fn a_lead_is_in_a_segment_for_reasons(test: ServiceTest) {
    let ada = lead(&test, json!({ "email": "ada@a.example", "country": "de" })).await;
    let ben = lead(&test, json!({ "email": "ben@a.example", "country": "FR", "title": "Intern" })).await;
    let segment = segment(&test, "S", "country = \"DE\" and not title contains \"intern\"").await;
    let why = async |lead: LeadId| {
        test.graphql(WHY, json!({ "lead": lead, "segment": segment })).await["whyInSegment"].take()
    };
    let told = why(ada).await;
    assert_eq!(told["fits"], true);
    assert!(told["enteredAt"].is_string());
    let part = |condition: &str, held: bool, seen: &str| json!({ "condition": condition, "held": held, "seen": seen });
    let parts = told["because"]["because"].as_array().unwrap();
    assert_eq!(parts[0], part("country = \"DE\"", true, "\"de\""));
    assert_eq!(parts[1], json!({ "condition": "not title contains \"intern\"", "held": true, "seen": null }));
    assert!(
        told["text"].as_str().unwrap().contains("no: title contains \"intern\" (it is unknown)"),
        "{}",
        told["text"]
    );
    let told = why(ben).await;
    assert_eq!((&told["fits"], &told["enteredAt"]), (&json!(false), &json!(null)));
    assert!(told["text"].as_str().unwrap().contains("no: country = \"DE\" (it is \"FR\")"), "{}", told["text"]);
}

on_both_engines!(SERVICE, two_segments_share_leads);
async fn two_segments_share_leads(test: ServiceTest) {
    for (number, country, title) in
        [(1, "DE", "CTO"), (2, "DE", "CEO"), (3, "DE", "CEO"), (4, "FR", "CTO"), (5, "FR", "x")]
    {
        lead(&test, json!({ "email": format!("p{number}@a.example"), "country": country, "title": title })).await;
    }
    let germany = segment(&test, "Germany", "country = \"DE\"").await;
    let chiefs = segment(&test, "Chiefs", "title = \"CTO\"").await;
    let overlap = async |left: &Value, right: &Value| {
        test.graphql(OVERLAP, json!({ "left": left, "right": right })).await["segmentOverlap"].take()
    };
    assert_eq!(overlap(&germany, &chiefs).await, json!({ "both": 1, "onlyLeft": 2, "onlyRight": 1 }));
    assert_eq!(overlap(&chiefs, &germany).await, json!({ "both": 1, "onlyLeft": 1, "onlyRight": 2 }));
    assert_eq!(overlap(&germany, &germany).await, json!({ "both": 3, "onlyLeft": 0, "onlyRight": 0 }));
    let nobody = segment(&test, "Nobody", "country = \"GB\"").await;
    assert_eq!(overlap(&nobody, &nobody).await, json!({ "both": 0, "onlyLeft": 0, "onlyRight": 0 }));
}

on_both_engines!(SERVICE, of_a_segment_everybody_sees_the_leads_that_they_may_read);
async fn of_a_segment_everybody_sees_the_leads_that_they_may_read(test: ServiceTest) {
    let ada = test.user(BuiltInRole::AccountExecutive);
    let hers = lead(&test, json!({ "email": "hers@a.example", "country": "DE" })).await;
    let other = lead(&test, json!({ "email": "other@a.example", "country": "DE" })).await;
    test.route(hers, &ada).await;
    let germany = segment(&test, "Germany", "country = \"DE\"").await;
    let all = segment(&test, "All", "email is known").await;
    let seen = async |actor: &Actor| {
        let mut answer = test.graphql_as(actor, READ, json!({ "id": germany })).await;
        answer["data"]["segment"].take()
    };
    let everything = seen(&test.actor).await;
    assert_eq!((&everything["count"], &everything["leads"]["totalCount"]), (&json!(2), &json!(2)));
    let leads = json!({ "totalCount": 1, "edges": [{ "node": { "email": "hers@a.example" } }] });
    let of_germany = json!({ "name": "Germany", "definition": "country = \"DE\"", "count": 1, "leads": leads });
    assert_eq!(seen(&ada).await, of_germany);
    let preview = test.graphql_as(&ada, PREVIEW, json!({ "definition": "country = \"DE\"" })).await;
    assert_eq!(preview["data"]["segmentPreview"], leads);
    let overlap = test.graphql_as(&ada, OVERLAP, json!({ "left": germany, "right": all })).await;
    assert_eq!(overlap["data"]["segmentOverlap"], json!({ "both": 1, "onlyLeft": 0, "onlyRight": 0 }));
    let why = async |lead: LeadId| test.graphql_as(&ada, WHY, json!({ "lead": lead, "segment": germany })).await;
    assert_eq!(why(hers).await["data"]["whyInSegment"]["fits"], true);
    assert_eq!(code(&why(other).await), "NOT_FOUND");
}

on_both_engines!(SERVICE, segments_are_for_those_who_may_change_every_lead);
async fn segments_are_for_those_who_may_change_every_lead(test: ServiceTest) {
    let made = segment(&test, "S", "country = \"DE\"").await;
    let variables = json!({ "name": "T", "definition": "country = \"DE\"" });
    let update = "mutation($id: ID!) { updateSegment(input: { id: $id, name: \"T\" }) { errors { code } } }";
    let delete = "mutation($id: ID!) { deleteSegment(input: { id: $id }) { errors { code } } }";
    let mut reader = test.actor.clone();
    reader.permissions = vec![kernel::Permission::Read];
    for actor in [test.user(BuiltInRole::AccountExecutive), test.user(BuiltInRole::Manager), reader] {
        assert_eq!(code(&test.graphql_as(&actor, CREATE, variables.clone()).await), "FORBIDDEN");
        assert_eq!(code(&test.graphql_as(&actor, update, json!({ "id": made })).await), "FORBIDDEN");
        assert_eq!(code(&test.graphql_as(&actor, delete, json!({ "id": made })).await), "FORBIDDEN");
        let read = test.graphql_as(&actor, "{ segments { edges { node { name } } } }", json!({})).await;
        assert_eq!(read["data"]["segments"]["edges"], json!([{ "node": { "name": "S" } }]));
    }
    let mut nobody = test.actor.clone();
    nobody.permissions = Vec::new();
    for query in
        ["{ segments { edges { node { id } } } }", "{ segmentPreview(definition: \"email is known\") { totalCount } }"]
    {
        assert_eq!(code(&test.graphql_as(&nobody, query, json!({})).await), "FORBIDDEN");
    }
    let asked = [(READ, json!({ "id": made })), (OVERLAP, json!({ "left": made, "right": made }))];
    for (query, variables) in asked {
        assert_eq!(code(&test.graphql_as(&nobody, query, variables).await), "FORBIDDEN");
    }
    assert_eq!(test.published::<SegmentChanged>().await.len(), 1);
}

on_both_engines!(SERVICE, a_segment_is_deleted_by_who_may_delete_every_lead);
async fn a_segment_is_deleted_by_who_may_delete_every_lead(test: ServiceTest) {
    let delete = "mutation($id: ID!) { deleteSegment(input: { id: $id }) { deletedId errors { code } } }";
    let segment = segment(&test, "S", "email is known").await;
    let keeper = [Action::Read, Action::Update];
    let keeper = test.user_with(role(&[(Object::Lead, Scope::All, &keeper)]));
    let of_their_own = test
        .user_with(role(&[(Object::Lead, Scope::All, &[Action::Read]), (Object::Lead, Scope::Own, &[Action::Delete])]));
    for refused in [&keeper, &of_their_own] {
        let answer = test.graphql_as(refused, delete, json!({ "id": segment })).await;
        assert_eq!(code(&answer), "FORBIDDEN");
    }
    let tidier = [Action::Read, Action::Delete];
    let tidier = test.user_with(role(&[(Object::Lead, Scope::All, &tidier)]));
    let answer = test.graphql_as(&tidier, delete, json!({ "id": segment })).await;
    assert_eq!(answer["data"]["deleteSegment"]["deletedId"], segment);
}

on_both_engines!(SERVICE, nothing_of_a_hidden_field_is_found_out_through_a_segment);
async fn nothing_of_a_hidden_field_is_found_out_through_a_segment(test: ServiceTest) {
    let hidden = FieldRule { object: Object::Lead, field: "companyDomain".into(), hidden: true };
    let discreet = test.user_with(Grants { fields: vec![hidden], ..Grants::everything() });
    assert!(discreet.access.require_all(Object::Lead, Action::Update).is_ok());
    let ada = lead(&test, json!({ "email": "ada@a.example", "companyDomain": "looms.example" })).await;
    let looms = segment(&test, "Looms", "not company_domain != \"looms.example\"").await;
    let open = segment(&test, "Open", "email is known").await;
    let ask = async |query: &str, variables: Value| test.graphql_as(&discreet, query, variables).await;

    let definition = "title is unknown or company_domain is known";
    let refused = ask(CREATE, json!({ "name": "Mine", "definition": definition })).await;
    assert_eq!(
        (code(&refused), &refused["errors"][0]["extensions"]["field"]),
        (&json!("FORBIDDEN"), &json!("companyDomain"))
    );
    let update =
        "mutation($id: ID!, $to: String!) { updateSegment(input: { id: $id, definition: $to }) { errors { code } } }";
    assert_eq!(code(&ask(update, json!({ "id": open, "to": definition })).await), "FORBIDDEN");
    assert_eq!(code(&ask(PREVIEW, json!({ "definition": definition })).await), "FORBIDDEN");
    let read = ask(READ, json!({ "id": looms })).await;
    let nothing = json!({ "name": "Looms", "definition": null, "count": null, "leads": null });
    assert_eq!(read["data"]["segment"], nothing);
    let listed = ask("{ segments { edges { node { name definition } } } }", json!({})).await;
    let of_open = json!({ "node": { "name": "Open", "definition": "email is known" } });
    let of_looms = json!({ "node": { "name": "Looms", "definition": null } });
    let edges = listed["data"]["segments"]["edges"].as_array().unwrap();
    assert!(edges.len() == 2 && edges.contains(&of_open) && edges.contains(&of_looms), "{listed}");
    assert_eq!(code(&ask(OVERLAP, json!({ "left": open, "right": looms })).await), "FORBIDDEN");
    assert_eq!(code(&ask(WHY, json!({ "lead": ada, "segment": looms })).await), "FORBIDDEN");
    let read = ask(READ, json!({ "id": open })).await["data"]["segment"].take();
    assert_eq!((&read["count"], &read["definition"]), (&json!(1), &json!("email is known")));
}

on_both_engines!(SERVICE, whether_a_lead_has_an_account_is_told_to_who_reads_every_account);
async fn whether_a_lead_has_an_account_is_told_to_who_reads_every_account(test: ServiceTest) {
    let account = "mutation { createAccount(input: { name: \"A\", domain: \"a.example\" }) { errors { code } } }";
    test.graphql(account, json!({})).await;
    let ada = lead(&test, json!({ "email": "ada@a.example" })).await;
    lead(&test, json!({ "email": "bob@b.example" })).await;
    let matched = segment(&test, "Matched", "account is known").await;
    let reads = |scope: Option<Scope>| {
        let accounts = scope.map(|scope| (Object::Account, scope, &[Action::Read] as &[Action]));
        let leads = (Object::Lead, Scope::All, &[Action::Read] as &[Action]);
        test.user_with(role(&[leads].into_iter().chain(accounts).collect::<Vec<_>>()))
    };
    for actor in [reads(None), reads(Some(Scope::Own)), reads(Some(Scope::Team))] {
        for definition in ["account is known", "not account is known", "email is known or account is unknown"] {
            let refused = test.graphql_as(&actor, PREVIEW, json!({ "definition": definition })).await;
            assert_eq!(code(&refused), "FORBIDDEN", "{definition}");
        }
        let read = test.graphql_as(&actor, READ, json!({ "id": matched })).await;
        let nothing = json!({ "name": "Matched", "definition": null, "count": null, "leads": null });
        assert_eq!(read["data"]["segment"], nothing);
        let why = test.graphql_as(&actor, WHY, json!({ "lead": ada, "segment": matched })).await;
        assert_eq!(code(&why), "FORBIDDEN");
    }
    let actor = reads(Some(Scope::All));
    let preview = test.graphql_as(&actor, PREVIEW, json!({ "definition": "account is known" })).await;
    assert_eq!(preview["data"]["segmentPreview"]["totalCount"], 1, "{preview}");
    let read = test.graphql_as(&actor, READ, json!({ "id": matched })).await;
    assert_eq!(read["data"]["segment"]["count"], 1);
}

on_both_engines!(SERVICE, another_workspace_has_segments_of_its_own);
async fn another_workspace_has_segments_of_its_own(test: ServiceTest) {
    let ada = lead(&test, json!({ "email": "ada@a.example", "country": "DE" })).await;
    let ours = segment(&test, "S", "country = \"DE\"").await;
    let other = test.stranger();
    let made = test.graphql_as(&other, CREATE, json!({ "name": "S", "definition": "country = \"DE\"" })).await;
    let theirs = &made["data"]["createSegment"]["segment"]["id"];
    assert!(theirs.is_string(), "a name is taken in its own workspace only: {made}");
    let read = test.graphql_as(&other, READ, json!({ "id": theirs })).await;
    assert_eq!(read["data"]["segment"]["count"], 0);
    assert_eq!(test.graphql_as(&other, READ, json!({ "id": ours })).await["data"]["segment"], json!(null));
    let delete = "mutation($id: ID!) { deleteSegment(input: { id: $id }) { errors { code } } }";
    let refused = test.graphql_as(&other, delete, json!({ "id": ours })).await;
    assert_eq!(refused["data"]["deleteSegment"]["errors"], json!([{ "code": "NOT_FOUND" }]));
    let why = test.graphql_as(&other, WHY, json!({ "lead": ada, "segment": theirs })).await;
    assert_eq!(code(&why), "NOT_FOUND");
    let overlap = test.graphql_as(&other, OVERLAP, json!({ "left": ours, "right": theirs })).await;
    assert_eq!(code(&overlap), "NOT_FOUND");
}
