use chrono::TimeDelta;
use events::identity::{ApiKeyCreated, ApiKeyRevoked, UserInvited};
use kernel::{Action, Actor, ActorKind, Object, Permission};
use pipewright_identity::SERVICE;
use platform::auth::AuthError;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{admin_key, as_admin, authenticate, create_key, create_user, me, update_user};

const REVOKE: &str =
    "mutation($id: ID!) { revokeApiKey(input: { id: $id }) { apiKey { revokedAt } errors { code field } } }";
const ROTATE: &str = "mutation($input: RotateApiKeyInput!) { rotateApiKey(input: $input) {
    apiKey { id name permissions objects expiresAt user { id } } secret errors { code field } } }";

on_both_engines!(SERVICE, a_key_acts_in_its_users_name_within_their_role);
async fn a_key_acts_in_its_users_name_within_their_role(test: ServiceTest) {
    use Permission::{Admin, Read, Write};
    let test = as_admin(test).await;
    let user = create_user(&test, "grace@example.com", "REP").await["user"]["id"].take();
    let created = create_key(&test, json!({ "name": " CRM sync ", "userId": user })).await;
    assert_eq!(created["apiKey"]["name"], "CRM sync");
    assert_eq!(created["apiKey"]["user"]["id"], user);
    let secret = created["secret"].as_str().unwrap();
    assert!(secret.starts_with(created["apiKey"]["prefix"].as_str().unwrap()) && secret.len() == 46);

    let actor = authenticate(&test.service, secret).await.unwrap();
    assert_eq!((actor.workspace, actor.kind), (test.actor.workspace, ActorKind::ApiKey));
    assert_eq!((actor.subject.as_str(), &actor.permissions), (user.as_str().unwrap(), &vec![Read, Write]));
    assert_eq!(actor.user().map(|user| user.to_string()).as_deref(), user.as_str());
    for (role, permissions) in [("READ_ONLY", vec![Read]), ("ADMIN", vec![Read, Write, Admin])] {
        update_user(&test, json!({ "id": user, "role": role })).await;
        assert_eq!(authenticate(&test.service, secret).await.unwrap().permissions, permissions);
    }
}

on_both_engines!(SERVICE, unknown_expired_revoked_and_inactive_look_alike);
async fn unknown_expired_revoked_and_inactive_look_alike(test: ServiceTest) {
    let test = as_admin(test).await;
    let refused = Err(AuthError::BadCredential);
    for unknown in
        ["", "pw_", "pw_AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA", &admin_key(&test)[..45], "' or ''='", "naïve"]
    {
        assert_eq!(authenticate(&test.service, unknown).await, refused, "{unknown}");
    }

    let expires_at = test.clock.now() + TimeDelta::hours(1);
    let key = create_key(&test, json!({ "name": "for an hour", "expiresAt": expires_at })).await;
    let secret = key["secret"].as_str().unwrap();
    assert!(authenticate(&test.service, secret).await.is_ok());
    test.clock.advance(TimeDelta::hours(1));
    assert_eq!(authenticate(&test.service, secret).await, refused);

    let key = create_key(&test, json!({ "name": "to be revoked" })).await;
    let secret = key["secret"].as_str().unwrap();
    assert!(authenticate(&test.service, secret).await.is_ok());
    test.graphql(REVOKE, json!({ "id": key["apiKey"]["id"] })).await;
    assert_eq!(authenticate(&test.service, secret).await, refused);

    let user = create_user(&test, "grace@example.com", "REP").await["user"]["id"].take();
    let key = create_key(&test, json!({ "name": "of somebody who leaves", "userId": user })).await;
    let secret = key["secret"].as_str().unwrap();
    update_user(&test, json!({ "id": user, "active": false })).await;
    assert_eq!(authenticate(&test.service, secret).await, refused);
    update_user(&test, json!({ "id": user, "active": true })).await;
    assert!(authenticate(&test.service, secret).await.is_ok());
}

on_both_engines!(SERVICE, a_key_is_revoked_once_and_others_hear_of_it);
async fn a_key_is_revoked_once_and_others_hear_of_it(test: ServiceTest) {
    let test = as_admin(test).await;
    let key = create_key(&test, json!({ "name": "short-lived" })).await["apiKey"]["id"].take();
    let first = test.graphql(REVOKE, json!({ "id": key })).await["revokeApiKey"].take();
    assert!(first["apiKey"]["revokedAt"].is_string());
    test.clock.advance(TimeDelta::minutes(1));
    assert_eq!(test.graphql(REVOKE, json!({ "id": key })).await["revokeApiKey"], first);
    let published = test.published::<ApiKeyRevoked>().await;
    assert_eq!(published.len(), 1);
    assert_eq!(published[0].key.to_string(), key);

    let unknown: kernel::ApiKeyId = test.clock.id();
    assert_eq!(
        test.graphql(REVOKE, json!({ "id": unknown })).await["revokeApiKey"]["errors"],
        json!([{ "code": "NOT_FOUND", "field": "id" }])
    );
    let stranger = test.graphql_as(&test.stranger(), REVOKE, json!({ "id": key })).await;
    assert_eq!(stranger["data"]["revokeApiKey"]["errors"][0]["code"], "NOT_FOUND");
    let rep = Actor { permissions: vec![Permission::Read, Permission::Write], ..test.actor.clone() };
    let forbidden = test.graphql_as(&rep, REVOKE, json!({ "id": key })).await;
    assert_eq!(forbidden["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

on_both_engines!(SERVICE, a_rotated_key_and_its_successor_are_both_good_for_a_while);
async fn a_rotated_key_and_its_successor_are_both_good_for_a_while(test: ServiceTest) {
    let test = as_admin(test).await;
    let expires_at = test.clock.now() + TimeDelta::days(90);
    let input = json!({ "name": "sync", "permissions": ["READ"], "expiresAt": expires_at });
    let old = create_key(&test, input).await;
    test.clock.advance(TimeDelta::days(80));
    let input = json!({ "id": old["apiKey"]["id"], "overlapSeconds": 3600 });
    let new = test.graphql(ROTATE, json!({ "input": input })).await["rotateApiKey"].take();
    assert_ne!(new["secret"], old["secret"]);
    assert_eq!((&new["apiKey"]["name"], &new["apiKey"]["permissions"]), (&json!("sync"), &json!(["READ"])));
    assert_eq!(new["apiKey"]["user"], old["apiKey"]["user"]);
    let until: kernel::Timestamp = new["apiKey"]["expiresAt"].as_str().unwrap().parse().unwrap();
    assert_eq!(until, test.clock.now() + TimeDelta::days(90), "it lives as long as the old one was to");
    let (old_secret, new_secret) = (old["secret"].as_str().unwrap(), new["secret"].as_str().unwrap());
    for secret in [old_secret, new_secret] {
        assert!(authenticate(&test.service, secret).await.is_ok());
    }
    test.clock.advance(TimeDelta::hours(1));
    assert_eq!(authenticate(&test.service, old_secret).await, Err(AuthError::BadCredential));
    assert!(authenticate(&test.service, new_secret).await.is_ok());
    let told = test.published::<ApiKeyCreated>().await.pop().unwrap();
    assert_eq!(old["apiKey"]["id"], told.replaces.unwrap().to_string());

    let again = test.graphql(ROTATE, json!({ "input": { "id": old["apiKey"]["id"] } })).await["rotateApiKey"].take();
    assert_eq!(again["errors"], json!([{ "code": "INVALID_INPUT", "field": "id" }]));
    let long = json!({ "id": new["apiKey"]["id"], "overlapSeconds": 31 * 24 * 3600 });
    let long = test.graphql(ROTATE, json!({ "input": long })).await["rotateApiKey"].take();
    assert_eq!(long["errors"], json!([{ "code": "INVALID_INPUT", "field": "overlapSeconds" }]));
    let id = json!({ "input": { "id": new["apiKey"]["id"] } });
    let stranger = test.graphql_as(&test.stranger(), ROTATE, id.clone()).await;
    assert_eq!(stranger["data"]["rotateApiKey"]["errors"][0]["code"], "NOT_FOUND");
    let narrow = Actor { permissions: vec![Permission::Admin], ..test.actor.clone() };
    let refused = test.graphql_as(&narrow, ROTATE, id).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "who may not read makes no key that may");
}

on_both_engines!(SERVICE, a_key_that_is_rotated_without_an_overlap_is_told_as_revoked);
async fn a_key_that_is_rotated_without_an_overlap_is_told_as_revoked(test: ServiceTest) {
    let test = as_admin(test).await;
    for (overlap, revoked) in [(60, 0), (0, 1)] {
        let old = create_key(&test, json!({ "name": "sync" })).await;
        let input = json!({ "id": old["apiKey"]["id"], "overlapSeconds": overlap });
        assert_eq!(test.graphql(ROTATE, json!({ "input": input })).await["rotateApiKey"]["errors"], json!([]));
        let told = test.published::<ApiKeyRevoked>().await;
        let of_old = told.iter().filter(|event| old["apiKey"]["id"] == event.key.to_string());
        assert_eq!(of_old.count(), revoked, "after {overlap} s");
        let opens = authenticate(&test.service, old["secret"].as_str().unwrap()).await.is_ok();
        assert_eq!(opens, revoked == 0);
    }
}

on_both_engines!(SERVICE, a_narrow_key_stays_narrow);
async fn a_narrow_key_stays_narrow(mut test: ServiceTest) {
    test = as_admin(test).await;
    let key = create_key(&test, json!({ "name": "manages keys", "permissions": ["READ", "ADMIN"] })).await;
    assert_eq!(key["apiKey"]["permissions"], json!(["READ", "ADMIN"]));
    test.actor = Actor::clone(&*authenticate(&test.service, key["secret"].as_str().unwrap()).await.unwrap());
    assert_eq!(me(&test).await["permissions"], json!(["READ", "ADMIN"]));

    let inherited = create_key(&test, json!({ "name": "its child" })).await;
    assert_eq!(inherited["apiKey"]["permissions"], json!(["READ", "ADMIN"]));
    let wider = "mutation { createApiKey(input: { name: \"wider\", permissions: [READ, WRITE] }) { secret } }";
    let answer = test.try_graphql(wider, json!({})).await;
    assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

on_both_engines!(SERVICE, a_key_that_expires_makes_none_that_outlives_it);
async fn a_key_that_expires_makes_none_that_outlives_it(mut test: ServiceTest) {
    let expiry = |key: &Value| key["apiKey"]["expiresAt"].as_str().map(|at| at.parse::<kernel::Timestamp>().unwrap());
    test = as_admin(test).await;
    let (now, end) = (test.clock.now(), test.clock.now() + TimeDelta::hours(1));
    let lasting = create_key(&test, json!({ "name": "lasting" })).await;
    assert_eq!(expiry(&lasting), None, "made with a key that does not expire");
    let long = create_key(&test, json!({ "name": "long", "expiresAt": now + TimeDelta::days(90) })).await;
    let own = create_key(&test, json!({ "name": "for an hour", "expiresAt": end })).await;
    test.actor = Actor::clone(&*authenticate(&test.service, own["secret"].as_str().unwrap()).await.unwrap());

    assert_eq!(expiry(&create_key(&test, json!({ "name": "its child" })).await), Some(end));
    for asked in [end - TimeDelta::minutes(1), end] {
        let made = create_key(&test, json!({ "name": "its child", "expiresAt": asked })).await;
        assert_eq!(expiry(&made), Some(asked));
    }
    let later = create_key(&test, json!({ "name": "outlives it", "expiresAt": end + TimeDelta::seconds(1) })).await;
    assert_eq!(later["errors"], json!([{ "code": "INVALID_INPUT", "field": "expiresAt" }]));
    assert!(later["apiKey"].is_null() && later["secret"].is_null());
    for old in [&lasting, &long, &own] {
        let input = json!({ "input": { "id": old["apiKey"]["id"] } });
        let successor = test.graphql(ROTATE, input).await["rotateApiKey"].take();
        assert_eq!(expiry(&successor), Some(end), "{}", old["apiKey"]["name"]);
    }
}

on_both_engines!(SERVICE, a_key_for_some_kinds_of_records_opens_no_others_and_makes_none_that_does);
async fn a_key_for_some_kinds_of_records_opens_no_others_and_makes_none_that_does(mut test: ServiceTest) {
    test = as_admin(test).await;
    let all = create_key(&test, json!({ "name": "all" })).await;
    assert_eq!(all["apiKey"]["objects"], Value::Null);
    let own = create_key(&test, json!({ "name": "some", "objects": ["LEAD", "ACCOUNT"] })).await;
    let actor = authenticate(&test.service, own["secret"].as_str().unwrap()).await.unwrap();
    for object in Object::ALL {
        let open = matches!(object, Object::Lead | Object::Account);
        for action in Action::ALL {
            assert_eq!(actor.access.require_some(object, action).is_ok(), open, "{action} {object}");
        }
    }

    test.actor = Actor::clone(&*actor);
    let child = create_key(&test, json!({ "name": "its child" })).await;
    assert_eq!(child["apiKey"]["objects"], json!(["LEAD", "ACCOUNT"]));
    let narrower = create_key(&test, json!({ "name": "narrower", "objects": ["LEAD"] })).await;
    assert_eq!(narrower["apiKey"]["objects"], json!(["LEAD"]));
    let wider = create_key(&test, json!({ "name": "wider", "objects": ["LEAD", "CONTACT"] })).await;
    assert_eq!(wider["errors"], json!([{ "code": "INVALID_INPUT", "field": "objects" }]));
    assert!(wider["secret"].is_null());
    let rotate = |key: &Value| json!({ "input": { "id": key["apiKey"]["id"] } });
    let successor = test.graphql(ROTATE, rotate(&own)).await["rotateApiKey"].take();
    assert_eq!(successor["apiKey"]["objects"], own["apiKey"]["objects"]);
    let refused = test.graphql(ROTATE, rotate(&all)).await["rotateApiKey"].take();
    assert_eq!(refused["errors"], json!([{ "code": "INVALID_INPUT", "field": "id" }]));
}

on_both_engines!(SERVICE, a_key_that_is_not_named_makes_no_other);
async fn a_key_that_is_not_named_makes_no_other(mut test: ServiceTest) {
    test = as_admin(test).await;
    let own = create_key(&test, json!({ "name": "some", "objects": ["LEAD"] })).await;
    // As a gateway says it that is older than this service.
    let actor = authenticate(&test.service, own["secret"].as_str().unwrap()).await.unwrap();
    test.actor = Actor { credential: None, ..Actor::clone(&*actor) };
    let conflict = json!([{ "code": "CONFLICT", "field": null }]);
    let made = create_key(&test, json!({ "name": "its child" })).await;
    assert_eq!((&made["errors"], &made["secret"]), (&conflict, &Value::Null));
    let input = json!({ "input": { "id": own["apiKey"]["id"] } });
    let rotated = test.graphql(ROTATE, input).await["rotateApiKey"].take();
    assert_eq!((&rotated["errors"], &rotated["secret"]), (&conflict, &Value::Null));
}

on_both_engines!(SERVICE, a_narrow_key_cannot_make_itself_a_wide_user);
async fn a_narrow_key_cannot_make_itself_a_wide_user(mut test: ServiceTest) {
    test = as_admin(test).await;
    let user = create_user(&test, "grace@example.com", "READ_ONLY").await["user"]["id"].take();
    let key = create_key(&test, json!({ "name": "manages users", "permissions": ["READ", "ADMIN"] })).await;
    test.actor = Actor::clone(&*authenticate(&test.service, key["secret"].as_str().unwrap()).await.unwrap());
    for mutation in [
        "createUser(input: { name: \"m\", email: \"m@example.com\", role: ADMIN })",
        "createServiceAccount(input: { name: \"m\", role: BDR })",
        "updateUser(input: { id: $id, role: ADMIN })",
        "inviteUser(input: { userId: $own })",
    ] {
        let mut document = format!("mutation($id: ID!, $own: ID!) {{ {mutation} {{ errors {{ code }} }} }}");
        for unused in ["$id: ID!, ", "$own: ID!"] {
            let name = unused.split(':').next().unwrap();
            if !mutation.contains(name) {
                document = document.replace(unused, "");
            }
        }
        let document = document.replace(", )", ")").replace("mutation()", "mutation");
        let answer = test.try_graphql(&document, json!({ "id": user, "own": test.actor.subject })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{document}: {answer}");
    }
    let reader = "mutation { createUser(input: { name: \"r\", email: \"r@example.com\", role: READ_ONLY }) { errors { code } } }";
    assert_eq!(test.graphql(reader, json!({})).await["createUser"]["errors"], json!([]));
}

on_both_engines!(SERVICE, a_key_that_is_bound_lets_nobody_in_who_is_not);
async fn a_key_that_is_bound_lets_nobody_in_who_is_not(mut test: ServiceTest) {
    const LETS_IN: [&str; 5] = [
        "inviteUser(input: { userId: $id })",
        "createUser(input: { name: \"m\", email: \"m@example.com\", role: ADMIN })",
        "createServiceAccount(input: { name: \"m\", role: ADMIN })",
        "updateUser(input: { id: $id, role: ADMIN })",
        "createWorkspace(input: { slug: \"emea\", name: \"m\", adminName: \"m\", adminEmail: \"m@example.com\" })",
    ];
    let document = |mutation: &str| {
        let id = if mutation.contains("$id") { "($id: ID!)" } else { "" };
        format!("mutation{id} {{ {mutation} {{ errors {{ code }} }} }}")
    };
    test = as_admin(test).await;
    let admin = test.actor.clone();
    let user = create_user(&test, "grace@example.com", "READ_ONLY").await["user"]["id"].take();
    let objects = Object::ALL.map(|object| object.as_str().to_uppercase());
    for bound in [json!({ "expiresAt": test.clock.now() + TimeDelta::days(1) }), json!({ "objects": objects })] {
        let mut input = bound.clone();
        input["name"] = json!("bound");
        test.actor = admin.clone();
        let key = create_key(&test, input).await;
        test.actor = Actor::clone(&*authenticate(&test.service, key["secret"].as_str().unwrap()).await.unwrap());
        for mutation in LETS_IN {
            let answer = test.try_graphql(&document(mutation), json!({ "id": user })).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{bound} {mutation}: {answer}");
        }
        let renamed = update_user(&test, json!({ "id": user, "name": "Grace" })).await;
        assert_eq!(renamed["errors"], json!([]), "it administers all the same");
    }
    assert!(test.published::<UserInvited>().await.is_empty());
    test.actor = admin;
    let invited = test.graphql(&document(LETS_IN[0]), json!({ "id": user })).await;
    assert_eq!(invited["inviteUser"]["errors"], json!([]), "a key without bounds does");
}

on_both_engines!(SERVICE, the_same_request_again_makes_nothing_twice);
async fn the_same_request_again_makes_nothing_twice(test: ServiceTest) {
    let test = as_admin(test).await;
    for (mutation, what, input, other) in [
        (
            "createUser",
            "user { id }",
            "name: \"A\", email: \"a@example.com\", role: BDR",
            "name: \"B\", email: \"a@example.com\", role: BDR",
        ),
        ("createServiceAccount", "user { id }", "name: \"A\", role: BDR", "name: \"A\", role: READ_ONLY"),
        ("createTeam", "team { id }", "name: \"A\"", "name: \"B\""),
        ("createRole", "role { id }", "name: \"A\", base: BDR", "name: \"A\", base: MANAGER"),
        ("createApiKey", "apiKey { id }", "name: \"A\"", "name: \"B\""),
    ] {
        let ask = async |input: &str| {
            let document = format!(
                "mutation {{ {mutation}(input: {{ {input}, idempotencyKey: \"k\" }}) {{ {what} errors {{ code field }} }} }}"
            );
            test.graphql(&document, json!({})).await[mutation].take()
        };
        let first = ask(input).await;
        assert_eq!(first["errors"], json!([]), "{mutation}");
        assert_eq!(ask(input).await, first, "{mutation}");
        let refused = ask(other).await;
        assert_eq!(
            refused["errors"],
            json!([{ "code": "IDEMPOTENCY_MISMATCH", "field": "idempotencyKey" }]),
            "{mutation}"
        );
    }
    let again = "mutation { createApiKey(input: { name: \"A\", idempotencyKey: \"k\" }) { secret apiKey { name } } }";
    let again = test.graphql(again, json!({})).await;
    assert_eq!(again["createApiKey"], json!({ "secret": null, "apiKey": { "name": "A" } }), "a key is shown once");
}

on_both_engines!(SERVICE, what_hands_out_a_secret_does_so_once_however_often_it_is_asked);
async fn what_hands_out_a_secret_does_so_once_however_often_it_is_asked(test: ServiceTest) {
    let test = as_admin(test).await;
    let user = create_user(&test, "grace@example.com", "BDR").await["user"]["id"].take();
    let other = create_user(&test, "ada@example.com", "BDR").await["user"]["id"].take();
    let key = create_key(&test, json!({ "name": "sync" })).await["apiKey"]["id"].take();
    let workspace = json!({ "slug": "emea", "name": "EMEA", "adminName": "Grace", "adminEmail": "grace@emea.example" });
    for (mutation, ty, what, secret, input, change) in [
        ("inviteUser", "InviteUserInput", "user", "token", json!({ "userId": user }), json!({ "userId": other })),
        ("createWorkspace", "CreateWorkspaceInput", "workspace", "token", workspace, json!({ "slug": "apac" })),
        // With no overlap the key opens nothing by the time the request comes again.
        (
            "rotateApiKey",
            "RotateApiKeyInput",
            "apiKey",
            "secret",
            json!({ "id": key, "overlapSeconds": 0 }),
            json!({ "overlapSeconds": 60 }),
        ),
    ] {
        let ask = async |change: &Value| {
            let document = format!(
                "mutation($input: {ty}!) {{ {mutation}(input: $input) {{ {what} {{ id }} {secret} errors {{ code field }} }} }}"
            );
            let mut input = input.clone();
            let fields = input.as_object_mut().unwrap();
            fields.insert("idempotencyKey".into(), json!("k"));
            fields.extend(change.as_object().unwrap().clone());
            test.graphql(&document, json!({ "input": input })).await[mutation].take()
        };
        let mut first = ask(&json!({})).await;
        assert!(first[secret].is_string() && first["errors"] == json!([]), "{mutation}: {first}");
        let told = test.service.context.outbox.history(None, 1_000).await.unwrap().len();
        first[secret] = json!(null);
        assert_eq!(ask(&json!({})).await, first, "{mutation}");
        let refused = ask(&change).await;
        let mismatch = json!([{ "code": "IDEMPOTENCY_MISMATCH", "field": "idempotencyKey" }]);
        assert_eq!(refused["errors"], mismatch, "{mutation}");
        let now = test.service.context.outbox.history(None, 1_000).await.unwrap().len();
        assert_eq!(now, told, "{mutation} has done something again");
    }
}

on_both_engines!(SERVICE, what_is_wrong_with_a_new_key_is_said);
async fn what_is_wrong_with_a_new_key_is_said(mut test: ServiceTest) {
    test = as_admin(test).await;
    let gone = create_user(&test, "grace@example.com", "REP").await["user"]["id"].take();
    update_user(&test, json!({ "id": gone, "active": false })).await;
    let unknown: kernel::UserId = test.clock.id();
    for (input, code, field) in [
        (json!({ "name": " " }), "REQUIRED", "name"),
        (json!({ "name": "x", "expiresAt": test.clock.now() }), "INVALID_INPUT", "expiresAt"),
        (json!({ "name": "x", "userId": unknown }), "NOT_FOUND", "userId"),
        (json!({ "name": "x", "userId": gone }), "INVALID_INPUT", "userId"),
        (json!({ "name": "x", "permissions": [] }), "INVALID_INPUT", "permissions"),
    ] {
        let refused = create_key(&test, input).await;
        assert_eq!(refused["errors"], json!([{ "code": code, "field": field }]));
        assert!(refused["apiKey"].is_null() && refused["secret"].is_null());
    }
    test.actor = Actor::system(test.actor.workspace, "routing");
    assert_eq!(
        create_key(&test, json!({ "name": "x" })).await["errors"],
        json!([{ "code": "INVALID_INPUT", "field": "userId" }])
    );
    assert_eq!(
        me(&test).await,
        json!({ "id": "routing", "kind": "SYSTEM", "permissions": ["READ", "WRITE", "ADMIN"], "user": null })
    );
}

on_both_engines!(SERVICE, the_moment_of_use_is_kept_to_the_minute_and_written_aside);
async fn the_moment_of_use_is_kept_to_the_minute_and_written_aside(test: ServiceTest) {
    let test = as_admin(test).await;
    test.settle().await;
    let key = create_key(&test, json!({ "name": "in use" })).await;
    let (id, secret) = (&key["apiKey"]["id"], key["secret"].as_str().unwrap());
    assert!(last_used(&test, id).await.is_null());

    let first = test.clock.now();
    let (statements, _) = test.statements(authenticate(&test.service, secret)).await;
    assert_eq!(statements, 1, "a request waits for the look-up and for no write");
    test.settle().await;
    assert_eq!(last_used(&test, id).await, json!(first));

    test.clock.advance(TimeDelta::seconds(59));
    let (idle, _) = test.statements(test.service.pump()).await;
    authenticate(&test.service, secret).await.unwrap();
    let (statements, _) = test.statements(test.service.pump()).await;
    assert_eq!(statements, idle, "what is done anyway and no write");
    assert_eq!(last_used(&test, id).await, json!(first));

    test.clock.advance(TimeDelta::seconds(1));
    authenticate(&test.service, secret).await.unwrap();
    test.settle().await;
    assert_eq!(last_used(&test, id).await, json!(test.clock.now()));
}

on_both_engines!(SERVICE, keys_are_listed_with_their_users_in_a_constant_number_of_statements);
async fn keys_are_listed_with_their_users_in_a_constant_number_of_statements(test: ServiceTest) {
    const LIST: &str = "{ apiKeys(first: 50) { edges { node { name prefix user { email } } } } }";
    let test = as_admin(test).await;
    let (few, _) = test.statements(test.graphql(LIST, json!({}))).await;
    let mut secrets = vec![admin_key(&test)];
    for number in 0..10 {
        let user = create_user(&test, &format!("rep{number}@example.com"), "REP").await["user"]["id"].take();
        let key = create_key(&test, json!({ "name": format!("key {number}"), "userId": user })).await;
        secrets.push(key["secret"].as_str().unwrap().to_owned());
    }
    let (many, data) = test.statements(test.graphql(LIST, json!({}))).await;
    assert_eq!((few, many), (2, 2));
    assert_eq!(data["apiKeys"]["edges"].as_array().unwrap().len(), 11);
    let shown = data.to_string();
    assert!(secrets.iter().all(|secret| !shown.contains(secret.as_str())), "a key is shown once");
}

async fn last_used(test: &ServiceTest, id: &Value) -> Value {
    let keys = test.graphql("{ apiKeys { edges { node { id lastUsedAt } } } }", json!({})).await;
    let keys = keys["apiKeys"]["edges"].as_array().unwrap().clone();
    let time = keys.iter().find(|key| &key["node"]["id"] == id).unwrap()["node"]["lastUsedAt"].clone();
    // As serde writes the same moment.
    time.as_str().map_or(Value::Null, |text| json!(text.parse::<kernel::Timestamp>().unwrap()))
}
