//! What a role becomes in the actor, and how it is explained.

use events::lead::{Lead, LeadCaptured, LeadStatus};
use kernel::{Action, EmailAddress, Facts, LeadId, Object, UserId, access::Rows};
use pipewright_identity::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{as_admin, authenticate, create_key, create_user, update_user};

async fn team(test: &ServiceTest, name: &str, parent: &Value) -> Value {
    let create = "mutation($input: CreateTeamInput!) { createTeam(input: $input) { team { id } errors { message } } }";
    let input = json!({ "name": name, "parentId": parent });
    test.graphql(create, json!({ "input": input })).await["createTeam"]["team"]["id"].take()
}

async fn join(test: &ServiceTest, team: &Value, user: &Value) {
    let add = "mutation($input: TeamMemberInput!) { addTeamMember(input: $input) { errors { message } } }";
    let answer = test.graphql(add, json!({ "input": { "teamId": team, "userId": user } })).await;
    assert_eq!(answer["addTeamMember"]["errors"], json!([]));
}

async fn user(test: &ServiceTest, name: &str, role: &str) -> (Value, String) {
    let user = create_user(test, &format!("{name}@example.com"), role).await["user"]["id"].take();
    let key = create_key(test, json!({ "name": name, "userId": user })).await["secret"].as_str().unwrap().to_owned();
    (user, key)
}

on_both_engines!(SERVICE, a_manager_acts_for_the_team_and_those_below_it);
async fn a_manager_acts_for_the_team_and_those_below_it(test: ServiceTest) {
    let test = as_admin(test).await;
    let emea = team(&test, "EMEA", &Value::Null).await;
    let (dach, apac) = (team(&test, "DACH", &emea).await, team(&test, "APAC", &Value::Null).await);
    let (manager, key) = user(&test, "manager", "MANAGER").await;
    let (below, _) = user(&test, "below", "BDR").await;
    let (elsewhere, _) = user(&test, "elsewhere", "BDR").await;
    for (team, user) in [(&emea, &manager), (&dach, &below), (&apac, &elsewhere)] {
        join(&test, team, user).await;
    }
    let actor = authenticate(&test.service, &key).await.unwrap();
    let owned = |by: &Value| Facts { owner: Some(by.as_str().unwrap().parse().unwrap()), ..Facts::default() };
    let updates = |by: &Value| actor.may(Action::Update, Object::Lead, &owned(by)).is_ok();
    assert_eq!([updates(&manager), updates(&below), updates(&elsewhere)], [true, true, false]);
    assert_eq!(actor.access.rows(Object::Lead, Action::Read), Rows::All);
}

on_both_engines!(SERVICE, a_custom_role_and_a_keys_bounds_reach_the_actor);
async fn a_custom_role_and_a_keys_bounds_reach_the_actor(test: ServiceTest) {
    let test = as_admin(test).await;
    let create = "mutation($input: CreateRoleInput!) { createRole(input: $input) { role { id } errors { message } } }";
    let input = json!({
        "name": "Outsourced", "base": "BDR",
        "grants": [
            { "object": "LEAD", "action": "READ", "scope": "ALL", "only": [{ "attribute": "COUNTRY", "anyOf": ["DE"] }] },
            { "object": "LEAD", "action": "UPDATE", "scope": "OWN" },
        ],
        "fieldRules": [{ "object": "LEAD", "field": "phone", "access": "NONE" }],
    });
    let role = test.graphql(create, json!({ "input": input })).await["createRole"]["role"]["id"].take();
    let (grace, key) = user(&test, "grace", "BDR").await;
    update_user(&test, json!({ "id": grace, "customRoleId": role })).await;
    let reads = create_key(&test, json!({ "name": "reads", "userId": grace, "permissions": ["READ"] })).await;

    let actor = authenticate(&test.service, &key).await.unwrap();
    let german = Facts { country: Some("DE"), ..Facts::default() };
    let own = Facts { owner: actor.user(), ..german };
    assert!(actor.may(Action::Read, Object::Lead, &german).is_ok());
    assert!(actor.may(Action::Read, Object::Lead, &Facts { country: Some("FR"), ..german }).is_err());
    assert!(
        actor.may(Action::Update, Object::Lead, &own).is_ok()
            && actor.may(Action::Update, Object::Lead, &german).is_err()
    );
    assert!(actor.access.hides(Object::Lead, "phone"));
    assert!(actor.access.rows(Object::Account, Action::Read).is_none(), "a role is what it says, not its base");
    let reader = authenticate(&test.service, reads["secret"].as_str().unwrap()).await.unwrap();
    assert!(
        reader.may(Action::Read, Object::Lead, &own).is_ok() && reader.may(Action::Update, Object::Lead, &own).is_err()
    );
    let writes = create_key(&test, json!({ "name": "writes", "userId": grace, "permissions": ["WRITE"] })).await;
    let writer = authenticate(&test.service, writes["secret"].as_str().unwrap()).await.unwrap();
    assert!(
        writer.may(Action::Update, Object::Lead, &own).is_ok() && writer.may(Action::Read, Object::Lead, &own).is_err(),
        "who may not read is shown nothing of what they write"
    );
}

const EXPLAIN: &str =
    "query($user: ID!, $id: ID!, $action: GrantAction) { explainAccess(userId: $user, objectId: $id, action: $action) {
    allowed because grant { scope } owner { email } } }";

async fn explain(test: &ServiceTest, user: &Value, id: LeadId, action: &str) -> Value {
    test.graphql(EXPLAIN, json!({ "user": user, "id": id, "action": action })).await["explainAccess"].take()
}

/// A lead that nobody owns.
async fn captured(test: &ServiceTest) -> LeadId {
    let id: LeadId = test.clock.id();
    let current = Lead {
        id,
        version: 1,
        email: EmailAddress::parse("ada@looms.example").unwrap(),
        first_name: None,
        last_name: None,
        title: None,
        company: None,
        company_domain: None,
        phone: None,
        country: None,
        employees: None,
        source: "test".into(),
        status: LeadStatus::New,
        account: None,
        created_at: test.clock.now(),
    };
    test.deliver(&LeadCaptured { current }).await;
    id
}

on_both_engines!(SERVICE, access_is_explained_by_the_rule_that_decides);
async fn access_is_explained_by_the_rule_that_decides(test: ServiceTest) {
    let test = as_admin(test).await;
    let (rep, key) = user(&test, "rep", "ACCOUNT_EXECUTIVE").await;
    let (other, _) = user(&test, "other", "ACCOUNT_EXECUTIVE").await;
    let rep_actor = authenticate(&test.service, &key).await.unwrap();
    let id = captured(&test).await;
    test.route(id, &rep_actor).await;

    let explain = async |user: &Value, action: &str| explain(&test, user, id, action).await;
    let yes = explain(&rep, "UPDATE").await;
    assert_eq!(
        (&yes["allowed"], &yes["grant"], &yes["owner"]["email"]),
        (&json!(true), &json!({ "scope": "OWN" }), &json!("rep@example.com"))
    );
    let no = explain(&other, "UPDATE").await;
    assert_eq!((&no["allowed"], &no["grant"]), (&json!(false), &Value::Null));
    assert_eq!(
        no["because"],
        "the role account_executive grants it for other leads: only the user's own, and this one is not"
    );
    let never = explain(&rep, "EXPORT").await;
    assert_eq!(never["because"], "the role account_executive has no grant to export a lead");

    // About oneself, and what one sees; about others, for admins.
    let about_me = json!({ "user": rep, "id": id });
    let asked = test.graphql_as(&rep_actor, EXPLAIN, about_me).await;
    assert_eq!(asked["data"]["explainAccess"]["allowed"], true, "{asked}");
    let asked = test.graphql_as(&rep_actor, EXPLAIN, json!({ "user": other, "id": id })).await;
    assert_eq!(asked["errors"][0]["extensions"]["code"], "FORBIDDEN");
    // Whoever comes in by a key for some kinds of records, by what the key opens.
    for (objects, code) in [(json!(["LEAD"]), Value::Null), (json!(["ACCOUNT"]), json!("NOT_FOUND"))] {
        for (of, asked_for) in [(json!(test.actor.subject), &rep), (rep.clone(), &rep)] {
            let key = create_key(&test, json!({ "name": "some", "userId": of, "objects": objects })).await;
            let actor = authenticate(&test.service, key["secret"].as_str().unwrap()).await.unwrap();
            let asked = test.graphql_as(&actor, EXPLAIN, json!({ "user": asked_for, "id": id })).await;
            assert_eq!(asked["errors"][0]["extensions"]["code"], code, "{objects}: {asked}");
        }
    }
    for (wrong, code) in [(json!("lead_01h455vb4pex5vsknk084sn02q"), "NOT_FOUND"), (rep.clone(), "INVALID_ID")] {
        let asked = test.try_graphql(EXPLAIN, json!({ "user": rep, "id": wrong })).await;
        let told = &asked["errors"][0]["extensions"];
        assert_eq!((&told["code"], &told["field"]), (&json!(code), &json!("objectId")), "{asked}");
    }
    let nobody: UserId = test.clock.id();
    let asked = test.try_graphql(EXPLAIN, json!({ "user": nobody, "id": id })).await;
    let told = &asked["errors"][0]["extensions"];
    assert_eq!((&told["code"], &told["field"]), (&json!("NOT_FOUND"), &json!("userId")), "{asked}");
}

on_both_engines!(SERVICE, what_is_explained_of_a_reader_is_what_a_reader_may_do);
async fn what_is_explained_of_a_reader_is_what_a_reader_may_do(test: ServiceTest) {
    const ACTIONS: [(&str, Action); 6] = [
        ("READ", Action::Read),
        ("EXPORT", Action::Export),
        ("CREATE", Action::Create),
        ("UPDATE", Action::Update),
        ("DELETE", Action::Delete),
        ("SEND", Action::Send),
    ];
    let test = as_admin(test).await;
    let create = "mutation($input: CreateRoleInput!) { createRole(input: $input) { role { id } errors { message } } }";
    let grants = ACTIONS.map(|(action, _)| json!({ "object": "LEAD", "action": action, "scope": "ALL" }));
    let input = json!({ "name": "Auditor", "base": "READ_ONLY", "grants": grants });
    let role = test.graphql(create, json!({ "input": input })).await["createRole"]["role"]["id"].take();
    let (grace, key) = user(&test, "grace", "BDR").await;
    update_user(&test, json!({ "id": grace, "customRoleId": role })).await;
    let actor = authenticate(&test.service, &key).await.unwrap();
    let id = captured(&test).await;

    let mut refused = Vec::new();
    for (name, action) in ACTIONS {
        let told = explain(&test, &grace, id, name).await;
        assert_eq!(told["allowed"], actor.may(action, Object::Lead, &Facts::default()).is_ok(), "{name}: {told}");
        if told["allowed"] == false {
            let because = "the role read_only (custom) grants it, but who has its base, read_only, may only read";
            assert_eq!((&told["because"], &told["grant"]), (&json!(because), &Value::Null), "{name}");
            refused.push(name);
        }
    }
    assert_eq!(refused, ["CREATE", "UPDATE", "DELETE", "SEND"]);
}
