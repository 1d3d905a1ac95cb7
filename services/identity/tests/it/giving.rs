//! Nobody gives more than they have: every mutation there is, by an admin and by keys of theirs that have less.

use std::collections::BTreeSet;

use chrono::TimeDelta;
use events::identity::ApiKeyCreated;
use kernel::{Actor, SessionId};
use pipewright_identity::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{as_admin, authenticate, create_key, create_user, sign_in, update_user};

/// For one kind of records.
const LEADS: &str = "leads";
/// For every kind that there is.
const KINDS: &str = "kinds";
/// Without the permission to write.
const READS: &str = "reads";
/// With an end.
const ENDS: &str = "ends";
const ALL: &[&str] = &[LEADS, KINDS, READS, ENDS];

/// What somebody tries, with names of [`Place`] behind an `@`, and which keys that are bound may.
const TRIES: [(&str, &[&str]); 43] = [
    ("createUser(input: { name: \"A\", email: \"a@n@x.example\", role: BDR })", &[KINDS]),
    ("createUser(input: { name: \"B\", email: \"b@n@x.example\", role: READ_ONLY })", &[KINDS, READS]),
    ("createUser(input: { name: \"C\", email: \"c@n@x.example\", role: BDR, customRoleId: @leads })", &[LEADS, KINDS]),
    ("createUser(input: { name: \"D\", email: \"d@n@x.example\", role: ADMIN })", &[]),
    ("createServiceAccount(input: { name: \"A\", role: OPERATIONS })", &[KINDS]),
    ("createServiceAccount(input: { name: \"B\", role: READ_ONLY })", &[KINDS, READS]),
    ("createServiceAccount(input: { name: \"C\", role: BDR, customRoleId: @leads })", &[LEADS, KINDS]),
    ("createServiceAccount(input: { name: \"D\", role: ADMIN })", &[]),
    ("updateUser(input: { id: @reader, name: \"Renamed\" })", ALL),
    ("updateUser(input: { id: @reader, role: ADMIN })", &[]),
    ("updateUser(input: { id: @reader, role: BDR })", &[KINDS]),
    ("updateUser(input: { id: @seller, customRoleId: @leads })", &[LEADS, KINDS]),
    ("updateUser(input: { id: @manager, role: READ_ONLY })", ALL),
    ("updateUser(input: { id: @spare_admin, role: BDR })", ALL),
    ("updateUser(input: { id: @gone_admin, active: true })", &[]),
    ("updateUser(input: { id: @gone_admin, active: true, role: READ_ONLY })", &[KINDS, READS]),
    ("updateUser(input: { id: @gone_reader, active: true })", &[KINDS, READS]),
    ("updateUser(input: { id: @leaver, active: false })", ALL),
    ("inviteUser(input: { userId: @bystander })", &[]),
    ("createWorkspace(input: { slug: \"w@n\", name: \"W\", adminName: \"A\", adminEmail: \"a@x.example\" })", &[]),
    ("createRole(input: { name: \"A@n\", base: BDR })", &[KINDS]),
    ("createRole(input: { name: \"B@n\", base: READ_ONLY })", &[KINDS, READS]),
    ("createRole(input: { name: \"C@n\", base: BDR, grants: [@reads_leads] })", &[LEADS, KINDS]),
    ("createRole(input: { name: \"D@n\", base: READ_ONLY, grants: [@reads_accounts] })", &[KINDS, READS]),
    ("updateRole(input: { id: @masked, name: \"E@n\" })", ALL),
    ("updateRole(input: { id: @masked, grants: [@reads_leads], fieldRules: [] })", &[LEADS, KINDS]),
    ("updateRole(input: { id: @growing, grants: [@reads_leads, @reads_accounts], fieldRules: [] })", &[KINDS]),
    ("updateRole(input: { id: @whole, grants: [@reads_accounts], fieldRules: [] })", ALL),
    ("deleteRole(input: { id: @unused })", ALL),
    ("createTeam(input: { name: \"A@n\", parentId: @top, managerId: @bystander })", ALL),
    ("updateTeam(input: { id: @top, name: \"B@n\", managerId: @bystander })", ALL),
    ("moveTeam(input: { id: @loose, parentId: @top })", &[]),
    ("moveTeam(input: { id: @below })", ALL),
    ("deleteTeam(input: { id: @empty })", ALL),
    ("addTeamMember(input: { teamId: @top, userId: @bystander })", &[]),
    ("removeTeamMember(input: { teamId: @top, userId: @member })", ALL),
    ("createApiKey(input: { name: \"A\" })", ALL),
    ("createApiKey(input: { name: \"B\", permissions: [READ, WRITE] })", &[LEADS, KINDS, ENDS]),
    ("createApiKey(input: { name: \"C\", objects: [LEAD, ACCOUNT] })", &[KINDS, READS, ENDS]),
    ("createApiKey(input: { name: \"D\", userId: @bystander, expiresAt: @later })", &[LEADS, KINDS, READS]),
    ("rotateApiKey(input: { id: @key })", &[ENDS]),
    ("rotateApiKey(input: { id: @reading_key })", &[READS, ENDS]),
    ("revokeApiKey(input: { id: @reading_key })", ALL),
];

/// Takes away and gives nothing; it is tried where sessions are, and in `taken_away.rs`.
const UNTRIED: [&str; 1] = ["revokeSession"];

/// What one actor's tries are about, by name; no name begins with another.
struct Place(Vec<(&'static str, Value)>);

impl Place {
    /// Made by an admin. `number` keeps it apart from the others.
    async fn make(test: &ServiceTest, number: usize) -> Self {
        let user = async |name: &str, role: &str| {
            create_user(test, &format!("{name}{number}@example.com"), role).await["user"]["id"].take()
        };
        let gone = async |name: &str, role: &str| {
            let id = user(name, role).await;
            assert_eq!(update_user(test, json!({ "id": id, "active": false })).await["errors"], json!([]));
            id
        };
        let role = async |name: &str, base: &str, grants: Value, rules: Value| {
            let name = format!("{name} {number}");
            let input = json!({ "name": name, "base": base, "grants": grants, "fieldRules": rules });
            made(test, "createRole", "CreateRoleInput", "role", input).await
        };
        let team = async |name: &str, parent: &Value| {
            let input = json!({ "name": format!("{name} {number}"), "parentId": parent });
            made(test, "createTeam", "CreateTeamInput", "team", input).await
        };
        let reads = |object: &str| json!([{ "object": object, "action": "READ", "scope": "ALL" }]);
        let phone = json!([{ "object": "LEAD", "field": "phone", "access": "NONE" }]);
        let (top, member) = (team("Top", &Value::Null).await, user("member", "BDR").await);
        let join = json!({ "teamId": top, "userId": member });
        made(test, "addTeamMember", "TeamMemberInput", "user", join).await;
        let key = create_key(test, json!({ "name": "key" })).await["apiKey"]["id"].take();
        let reading = json!({ "name": "reads", "permissions": ["READ", "ADMIN"] });
        let reading_key = create_key(test, reading).await["apiKey"]["id"].take();
        Self(vec![
            ("reader", user("reader", "READ_ONLY").await),
            ("seller", user("seller", "SALES_ENGINEER").await),
            ("manager", user("manager", "MANAGER").await),
            ("spare_admin", user("spare-admin", "ADMIN").await),
            ("leaver", user("leaver", "READ_ONLY").await),
            ("bystander", user("bystander", "READ_ONLY").await),
            ("gone_admin", gone("gone-admin", "ADMIN").await),
            ("gone_reader", gone("gone-reader", "READ_ONLY").await),
            ("leads", role("Leads", "BDR", reads("LEAD"), json!([])).await),
            ("masked", role("Masked", "BDR", reads("LEAD"), phone).await),
            ("growing", role("Growing", "BDR", reads("LEAD"), json!([])).await),
            ("whole", role("Whole", "BDR", json!([]), json!([])).await),
            ("unused", role("Unused", "BDR", json!([]), json!([])).await),
            ("below", team("Below", &top).await),
            ("loose", team("Loose", &Value::Null).await),
            ("empty", team("Empty", &Value::Null).await),
            ("top", top),
            ("member", member),
            ("key", key),
            ("reading_key", reading_key),
            ("later", json!(test.clock.now() + TimeDelta::days(2))),
        ])
    }

    /// The mutation, with what is meant in the places of names.
    fn document(&self, tried: &str, number: usize) -> String {
        let mut call = tried.replace("@n", &number.to_string());
        for object in ["LEAD", "ACCOUNT"] {
            let grant = format!("{{ object: {object}, action: READ, scope: ALL }}");
            call = call.replace(&format!("@reads_{}s", object.to_lowercase()), &grant);
        }
        for (name, value) in &self.0 {
            call = call.replace(&format!("@{name}"), &value.to_string());
        }
        format!("mutation {{ {call} {{ errors {{ code }} }} }}")
    }
}

/// The id of what a mutation made.
async fn made(test: &ServiceTest, mutation: &str, ty: &str, what: &str, input: Value) -> Value {
    let document =
        format!("mutation($input: {ty}!) {{ {mutation}(input: $input) {{ {what} {{ id }} errors {{ code }} }} }}");
    let mut answer = test.graphql(&document, json!({ "input": input })).await;
    assert_eq!(answer[mutation]["errors"], json!([]), "{mutation}");
    answer[mutation][what]["id"].take()
}

/// Why a try was refused; nothing if it went through.
fn refusal(answer: &Value, document: &str) -> Option<String> {
    if let Some(code) = answer["errors"][0]["extensions"]["code"].as_str() {
        return Some(code.to_owned());
    }
    let payload = answer["data"].as_object().and_then(|data| data.values().next());
    let errors = payload.and_then(|payload| payload["errors"].as_array());
    let first = errors.unwrap_or_else(|| panic!("{document}: {answer}")).first();
    first.map(|error| error["code"].to_string())
}

on_both_engines!(SERVICE, a_key_gives_nobody_more_than_it_has);
async fn a_key_gives_nobody_more_than_it_has(test: ServiceTest) {
    let test = as_admin(test).await;
    let grace = create_user(&test, "grace@example.com", "ADMIN").await["user"]["id"].take();
    let session = sign_in::grace_signs_in(&test, &grace).await.text("accessToken");
    let mut actors =
        vec![(None, test.actor.clone()), (None, Actor::clone(&*authenticate(&test.service, &session).await.unwrap()))];
    for (name, mut input) in [
        (LEADS, json!({ "objects": ["LEAD"] })),
        (KINDS, json!({ "objects": ["LEAD", "ACCOUNT", "CONTACT", "OPPORTUNITY"] })),
        (READS, json!({ "permissions": ["READ", "ADMIN"] })),
        (ENDS, json!({ "expiresAt": test.clock.now() + TimeDelta::days(1) })),
    ] {
        input["name"] = json!(name);
        let key = create_key(&test, input).await;
        let actor = authenticate(&test.service, key["secret"].as_str().unwrap()).await.unwrap();
        actors.push((Some(name), Actor::clone(&*actor)));
    }
    for (number, (bound, actor)) in actors.iter().enumerate() {
        let place = Place::make(&test, number).await;
        for (tried, may) in TRIES {
            let document = place.document(tried, number);
            let answer = test.graphql_as(actor, &document, json!({})).await;
            let refused = refusal(&answer, &document);
            let expected = bound.is_none_or(|bound| may.contains(&bound));
            assert_eq!(refused.is_none(), expected, "{bound:?} {tried}: {answer}");
            if let Some(code) = refused {
                assert!(code.contains("FORBIDDEN") || code.contains("INVALID_INPUT"), "{bound:?} {tried}: {answer}");
            }
        }
    }
}

on_both_engines!(SERVICE, who_is_no_admin_gives_nobody_anything);
async fn who_is_no_admin_gives_nobody_anything(test: ServiceTest) {
    let test = as_admin(test).await;
    let place = Place::make(&test, 0).await;
    for role in ["OPERATIONS", "MANAGER", "BDR"] {
        let user = create_user(&test, &format!("{role}@example.com"), role).await["user"]["id"].take();
        let key = create_key(&test, json!({ "name": role, "userId": user })).await;
        let actor = authenticate(&test.service, key["secret"].as_str().unwrap()).await.unwrap();
        for (tried, _) in TRIES {
            let document = place.document(tried, 0);
            let answer = test.graphql_as(&actor, &document, json!({})).await;
            assert_eq!(refusal(&answer, &document).as_deref(), Some("FORBIDDEN"), "{role} {tried}: {answer}");
        }
    }
}

on_both_engines!(SERVICE, an_operation_gives_nothing_once_its_key_has_ended);
async fn an_operation_gives_nothing_once_its_key_has_ended(test: ServiceTest) {
    let test = as_admin(test).await;
    let place = Place::make(&test, 0).await;
    let key = create_key(&test, json!({ "name": "leaked" })).await;
    let actor = authenticate(&test.service, key["secret"].as_str().unwrap()).await.unwrap();
    let made = test.published::<ApiKeyCreated>().await.len();
    let operation = format!(
        "mutation {{ a: revokeApiKey(input: {{ id: {} }}) {{ errors {{ code }} }} \
         b: createTeam(input: {{ name: \"Late\" }}) {{ errors {{ code }} }} \
         c: createApiKey(input: {{ name: \"late\" }}) {{ secret errors {{ code }} }} }}",
        key["apiKey"]["id"]
    );
    let answer = test.graphql_as(&actor, &operation, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "UNAUTHENTICATED", "{answer}");
    let session: SessionId = test.clock.id();
    let session = format!("mutation {{ revokeSession(input: {{ id: \"{session}\" }}) {{ errors {{ code }} }} }}");
    let tried = TRIES.map(|(tried, _)| place.document(tried, 0));
    for document in tried.iter().chain([&session]) {
        let answer = test.graphql_as(&actor, document, json!({})).await;
        assert_eq!(refusal(&answer, document).as_deref(), Some("UNAUTHENTICATED"), "{document}: {answer}");
    }
    assert_eq!(test.published::<ApiKeyCreated>().await.len(), made);
}

on_both_engines!(SERVICE, who_is_demoted_or_let_go_meanwhile_gives_nobody_anything);
async fn who_is_demoted_or_let_go_meanwhile_gives_nobody_anything(test: ServiceTest) {
    let test = as_admin(test).await;
    let place = Place::make(&test, 0).await;
    let grace = create_user(&test, "grace@example.com", "ADMIN").await["user"]["id"].take();
    let session = sign_in::grace_signs_in(&test, &grace).await.text("accessToken");
    let key = create_key(&test, json!({ "name": "hers", "userId": grace })).await["secret"].take();
    let by_session = authenticate(&test.service, &session).await.unwrap();
    let by_key = authenticate(&test.service, key.as_str().unwrap()).await.unwrap();
    for (change, code) in [
        (json!({ "id": grace, "role": "READ_ONLY" }), "FORBIDDEN"),
        (json!({ "id": grace, "active": false }), "UNAUTHENTICATED"),
    ] {
        assert_eq!(update_user(&test, change).await["errors"], json!([]));
        for (tried, _) in TRIES {
            let document = place.document(tried, 0);
            for actor in [&by_session, &by_key] {
                let answer = test.graphql_as(actor, &document, json!({})).await;
                assert_eq!(refusal(&answer, &document).as_deref(), Some(code), "{tried}: {answer}");
            }
        }
    }
}

#[tokio::test]
async fn every_mutation_is_tried_with_keys_that_have_less() {
    const MUTATIONS: &str = "{ __schema { mutationType { fields { name } } } }";
    let test = as_admin(ServiceTest::sqlite(SERVICE).await).await;
    let schema = test.graphql(MUTATIONS, json!({})).await;
    let fields = schema["__schema"]["mutationType"]["fields"].as_array().unwrap();
    let there: BTreeSet<&str> = fields.iter().map(|field| field["name"].as_str().unwrap()).collect();
    let tried = TRIES.iter().map(|(tried, _)| tried.split('(').next().unwrap());
    assert_eq!(tried.chain(UNTRIED).collect::<BTreeSet<_>>(), there);
}
