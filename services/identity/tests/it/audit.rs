use axum::{body::Body, http::Request};
use events::{
    Envelope, Event,
    identity::{ApiKeyCreated, SignInFailed, TeamChanged, UserCreated, UserUpdated},
    pipeline::OpportunityStageChanged,
};
use futures::StreamExt;
use kernel::{Actor, Permission, RequestOrigin, id::TypedId};
use pipewright_identity::{
    SERVICE,
    app::{AuditReport, verify_audit},
    domain::audit::Broken,
};
use platform::db::Engine;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};
use tower::ServiceExt;

use crate::{admin_key, as_admin, authenticate, create_key, create_user, sign_in, update_user};

const TRAIL: &str = "query($filter: AuditTrailFilter, $first: Int, $after: String) {
    auditTrail(filter: $filter, first: $first, after: $after) {
        edges { node { seq at actor credential action subject address requestId previous current hash previousHash user { name } } }
        pageInfo { hasNextPage endCursor } } }";

async fn trail(test: &ServiceTest, filter: Value) -> Vec<Value> {
    let data = test.graphql(TRAIL, json!({ "filter": filter, "first": 100 })).await;
    data["auditTrail"]["edges"].as_array().unwrap().iter().map(|edge| edge["node"].clone()).collect()
}

async fn verify(test: &ServiceTest) -> AuditReport {
    verify_audit(&test.service.context.db).await.unwrap()
}

/// What somebody does who administers the database: first away with what holds everybody else off.
async fn tamper(test: &ServiceTest, sql: &'static str) {
    let away: &[&'static str] = match test.service.context.db.engine() {
        Engine::Postgres => &[
            "set local role none",
            "alter table audit_entry disable trigger user",
            "alter table audit_head disable trigger user",
        ],
        Engine::Sqlite => &[
            "drop trigger if exists audit_entry_is_not_changed",
            "drop trigger if exists audit_entry_is_not_deleted",
            "drop trigger if exists audit_head_moves_on",
            "drop trigger if exists audit_head_is_not_deleted",
        ],
    };
    let mut tx = test.service.context.db.everywhere().begin().await.unwrap();
    for statement in away {
        platform::execute!(tx, sqlx::query(*statement)).unwrap();
    }
    let touched = platform::execute!(tx, sqlx::query(sql)).unwrap();
    assert!(touched > 0, "{sql}");
    tx.commit().await.unwrap();
}

on_both_engines!(SERVICE, what_admins_and_services_do_is_in_the_trail_with_before_and_after);
async fn what_admins_and_services_do_is_in_the_trail_with_before_and_after(test: ServiceTest) {
    let test = as_admin(test).await;
    let user = create_user(&test, "grace@example.com", "BDR").await["user"]["id"].take();
    update_user(&test, json!({ "id": user, "active": false })).await;
    create_key(&test, json!({ "name": "audited" })).await;
    test.settle().await;

    let of_user = trail(&test, json!({ "subject": user })).await;
    assert_eq!(of_user.len(), 2);
    assert_eq!((&of_user[0]["action"], &of_user[1]["action"]), (&json!(UserUpdated::TYPE), &json!(UserCreated::TYPE)));
    assert_eq!(
        (&of_user[0]["actor"], &of_user[0]["user"]["name"]),
        (&json!(test.actor.subject), &json!("Administrator"))
    );
    assert_eq!((&of_user[0]["previous"]["active"], &of_user[0]["current"]["active"]), (&json!(true), &json!(false)));
    assert_eq!((&of_user[1]["previous"], &of_user[1]["current"]["active"]), (&Value::Null, &json!(true)));
    assert_eq!(trail(&test, json!({ "action": ApiKeyCreated::TYPE })).await.len(), 1);
    let by_identity = trail(&test, json!({ "actor": "identity" })).await;
    assert_eq!(by_identity.len(), 5, "the first start");

    // From another service, with its own actor.
    let example = events::examples::all().into_iter().find(|event| event.r#type == OpportunityStageChanged::TYPE);
    let event = Envelope { workspace: test.actor.workspace, ..example.unwrap() };
    test.deliver_envelopes(std::slice::from_ref(&event)).await;
    test.deliver_envelopes(std::slice::from_ref(&event)).await;
    let moved = trail(&test, json!({ "action": OpportunityStageChanged::TYPE })).await;
    assert_eq!(moved.len(), 1, "told twice, written once");
    assert_eq!((&moved[0]["actor"], &moved[0]["subject"]), (&json!("example"), &json!(event.subject)));
    assert_eq!(moved[0]["current"]["stage_name"], "Proposal");
    assert_eq!(verify(&test).await, AuditReport::Holds { workspaces: 1, entries: 9 });
}

on_both_engines!(SERVICE, a_new_key_is_in_the_trail_with_what_bounds_it);
async fn a_new_key_is_in_the_trail_with_what_bounds_it(test: ServiceTest) {
    let test = as_admin(test).await;
    let narrow = create_key(&test, json!({ "name": "narrow", "objects": ["LEAD", "ACCOUNT"] })).await;
    let rotate = "mutation($id: ID!) { rotateApiKey(input: { id: $id }) { apiKey { id } } }";
    let successor = test.graphql(rotate, json!({ "id": narrow["apiKey"]["id"] })).await["rotateApiKey"].take();
    let wide = create_key(&test, json!({ "name": "wide" })).await;
    test.settle().await;
    for (key, objects) in
        [(narrow, json!(["lead", "account"])), (successor, json!(["lead", "account"])), (wide, Value::Null)]
    {
        let told = trail(&test, json!({ "subject": key["apiKey"]["id"], "action": ApiKeyCreated::TYPE })).await;
        assert_eq!(told[0]["current"]["objects"], objects, "{}", told[0]);
    }
}

on_both_engines!(SERVICE, where_a_sign_in_came_from_is_in_the_trail);
async fn where_a_sign_in_came_from_is_in_the_trail(test: ServiceTest) {
    let test = as_admin(test).await;
    let body = json!({ "email": "admin@pipewright.example", "password": "not the password" }).to_string();
    let request = Request::post("/auth/sign-in").header("content-type", "application/json");
    let peer: std::net::SocketAddr = "192.0.2.9:1".parse().unwrap();
    let request = request.header("x-request-id", "req-9").extension(axum::extract::ConnectInfo(peer));
    let response = test.service.parts.api.clone().oneshot(request.body(Body::from(body)).unwrap()).await.unwrap();
    assert_eq!(response.status(), 401);
    test.settle().await;
    let failed = trail(&test, json!({ "action": SignInFailed::TYPE })).await;
    assert_eq!((&failed[0]["address"], &failed[0]["requestId"]), (&json!("192.0.2.9"), &json!("req-9")));
    assert_eq!(failed[0]["subject"], test.actor.subject);
}

on_both_engines!(SERVICE, where_a_change_came_from_is_in_the_trail_and_part_of_its_chain);
async fn where_a_change_came_from_is_in_the_trail_and_part_of_its_chain(test: ServiceTest) {
    let mut test = as_admin(test).await;
    let request = RequestOrigin { id: "req-7".into(), address: Some("2001:db8::7".parse().unwrap()) };
    test.actor = test.actor.acting_in(request);
    let user = create_user(&test, "grace@example.com", "BDR").await["user"]["id"].take();
    test.settle().await;
    let told = trail(&test, json!({ "subject": user })).await;
    assert_eq!((&told[0]["requestId"], &told[0]["address"]), (&json!("req-7"), &json!("2001:db8::7")));
    assert!(matches!(verify(&test).await, AuditReport::Holds { .. }));
    tamper(&test, "update audit_entry set address = '192.0.2.1' where address is not null").await;
    assert!(matches!(verify(&test).await, AuditReport::Broken { because: Broken::Content, .. }));
}

on_both_engines!(SERVICE, two_keys_and_a_session_of_one_user_are_told_apart_in_the_trail);
async fn two_keys_and_a_session_of_one_user_are_told_apart_in_the_trail(mut test: ServiceTest) {
    test = as_admin(test).await;
    let first = test.actor.credential.unwrap().to_string();
    let other = create_key(&test, json!({ "name": "leaked" })).await;
    let user = create_user(&test, "grace@example.com", "ADMIN").await["user"]["id"].take();
    let by_key = Actor::clone(&*authenticate(&test.service, other["secret"].as_str().unwrap()).await.unwrap());
    let admin = std::mem::replace(&mut test.actor, by_key);
    update_user(&test, json!({ "id": user, "name": "Grace B. Hopper" })).await;
    test.actor = admin;
    let signed_in = sign_in::grace_signs_in(&test, &user).await;
    test.actor = Actor::clone(&*authenticate(&test.service, &signed_in.text("accessToken")).await.unwrap());
    update_user(&test, json!({ "id": user, "name": "Grace Hopper" })).await;
    test.settle().await;

    let told = trail(&test, json!({ "subject": user, "action": UserUpdated::TYPE })).await;
    assert_eq!((&told[0]["credential"], &told[0]["actor"]), (&signed_in.body["sessionId"], &user));
    let made = trail(&test, json!({ "subject": user, "action": UserCreated::TYPE })).await;
    assert_eq!(made[0]["actor"], told[1]["actor"], "one user");
    assert_eq!((&made[0]["credential"], &told[1]["credential"]), (&json!(first), &other["apiKey"]["id"]));
    let of_leaked = trail(&test, json!({ "credential": other["apiKey"]["id"] })).await;
    assert_eq!(of_leaked, told[1..], "all that the key did");
    let of_session = trail(&test, json!({ "credential": signed_in.body["sessionId"] })).await;
    assert_eq!(of_session.len(), 2, "it began, and made a change");
    assert!(trail(&test, json!({ "actor": "identity" })).await.iter().all(|entry| entry["credential"].is_null()));
    assert!(matches!(verify(&test).await, AuditReport::Holds { .. }));
    tamper(&test, "update audit_entry set credential = null where credential is not null").await;
    assert!(matches!(verify(&test).await, AuditReport::Broken { because: Broken::Content, .. }));
}

/// An entry takes another's place, by its number, by its event, and by the number that SQLite gives each row.
const REPLACEMENTS: [&str; 3] = [
    "replace into audit_entry (workspace_id, seq, event_id, at, actor, action, subject, data, previous_hash, hash)
        select workspace_id, seq, randomblob(16), at, 'user_somebody_else', action, subject, data, previous_hash, hash
        from audit_entry where seq = 5",
    "replace into audit_entry (workspace_id, seq, event_id, at, actor, action, subject, data, previous_hash, hash)
        select workspace_id, seq + 100, event_id, at, 'user_somebody_else', action, subject, data, previous_hash, hash
        from audit_entry where seq = 5",
    "replace into audit_entry
        (rowid, workspace_id, seq, event_id, at, actor, action, subject, data, previous_hash, hash)
        select rowid, workspace_id, seq + 100, randomblob(16), at, 'user_somebody_else', action, subject, data,
        previous_hash, hash from audit_entry where seq = 5",
];

on_both_engines!(SERVICE, the_service_itself_can_neither_change_nor_remove_an_entry);
async fn the_service_itself_can_neither_change_nor_remove_an_entry(test: ServiceTest) {
    let test = as_admin(test).await;
    test.settle().await;
    let mut changes =
        vec!["update audit_entry set actor = 'user_somebody_else'", "delete from audit_entry where seq = 5"];
    if test.service.context.db.engine() == Engine::Sqlite {
        changes.extend(REPLACEMENTS);
    }
    for sql in changes {
        let mut tx = test.service.context.db.everywhere().begin().await.unwrap();
        let refused = platform::execute!(tx, sqlx::query(sql)).unwrap_err();
        assert!(refused.to_string().contains("the audit trail is only added to"), "{refused}");
    }
    assert_eq!(verify(&test).await, AuditReport::Holds { workspaces: 1, entries: 5 });
}

const SET_BACK: &str = "update audit_head set seq = 4, hash = (select hash from audit_entry e
    where e.workspace_id = audit_head.workspace_id and e.seq = 4)";
/// The end is set back, set elsewhere, taken away, or begun for a workspace that has none.
const ENDS: [&str; 7] = [
    SET_BACK,
    "update audit_head set hash = 'another'",
    "update audit_head set seq = seq + 2",
    "update audit_head set workspace_id = (select event_id from audit_entry where seq = 1)",
    "delete from audit_head",
    "insert into audit_head (workspace_id, seq, hash) select event_id, 7, hash from audit_entry where seq = 1",
    "insert into audit_head (workspace_id, seq, hash) select event_id, 0, hash from audit_entry where seq = 1",
];
/// The same by what SQLite has beside: `replace`, and the number that it gives each row.
const REPLACED_ENDS: [&str; 3] = [
    "replace into audit_head (workspace_id, seq, hash)
        select workspace_id, 0, previous_hash from audit_entry where seq = 1",
    "replace into audit_head (rowid, workspace_id, seq, hash)
        select h.rowid, e.event_id, 0, e.previous_hash from audit_head h join audit_entry e on e.seq = 1",
    "update audit_head set rowid = rowid + 1",
];
/// An entry after the last that the end does not know of.
const MADE_UP: &str =
    "insert into audit_entry (workspace_id, seq, event_id, at, actor, action, subject, data, previous_hash, hash)
        select workspace_id, 6, workspace_id, at, actor, action, subject, data, hash, 'made up'
        from audit_entry where seq = 5";

on_both_engines!(SERVICE, the_service_itself_can_neither_set_the_trails_end_back_nor_take_it_away);
async fn the_service_itself_can_neither_set_the_trails_end_back_nor_take_it_away(test: ServiceTest) {
    let test = as_admin(test).await;
    test.settle().await;
    let mut changes = ENDS.to_vec();
    if test.service.context.db.engine() == Engine::Sqlite {
        changes.extend(REPLACED_ENDS);
    }
    let moves_on = changes.into_iter().map(|sql| (sql, "the end of the audit trail only moves on"));
    for (sql, because) in moves_on.chain([(MADE_UP, "the audit trail is only added to, at its end")]) {
        let mut tx = test.service.context.db.everywhere().begin().await.unwrap();
        let refused = platform::execute!(tx, sqlx::query(sql)).unwrap_err();
        assert!(refused.to_string().contains(because), "{sql}: {refused}");
    }
    assert_eq!(verify(&test).await, AuditReport::Holds { workspaces: 1, entries: 5 });
    create_user(&test, "grace@example.com", "BDR").await;
    test.settle().await;
    assert_eq!(verify(&test).await, AuditReport::Holds { workspaces: 1, entries: 6 }, "it goes on by itself");
}

on_both_engines!(SERVICE, an_end_that_was_set_back_is_noticed);
async fn an_end_that_was_set_back_is_noticed(test: ServiceTest) {
    let test = as_admin(test).await;
    test.settle().await;
    tamper(&test, SET_BACK).await;
    let workspace = test.actor.workspace;
    assert_eq!(verify(&test).await, AuditReport::Broken { workspace, seq: 5, because: Broken::PastEnd });
}

on_both_engines!(SERVICE, what_an_owner_cuts_off_with_the_end_shows_against_an_earlier_export_alone);
async fn what_an_owner_cuts_off_with_the_end_shows_against_an_earlier_export_alone(test: ServiceTest) {
    let test = as_admin(test).await;
    test.settle().await;
    let earlier = exported(&test).await;
    tamper(&test, SET_BACK).await;
    tamper(&test, "delete from audit_entry where seq = 5").await;
    assert_eq!(verify(&test).await, AuditReport::Holds { workspaces: 1, entries: 4 }, "such a chain holds");
    create_user(&test, "grace@example.com", "BDR").await;
    test.settle().await;
    assert_eq!(verify(&test).await, AuditReport::Holds { workspaces: 1, entries: 5 });
    let later = exported(&test).await;
    assert_eq!(later[..4], earlier[..4], "what nobody touched is the beginning of both");
    assert_eq!((&later[4]["seq"], later[4]["hash"] == earlier[4]["hash"]), (&json!(5), false));
}

on_both_engines!(SERVICE, a_changed_row_is_named);
async fn a_changed_row_is_named(test: ServiceTest) {
    let test = as_admin(test).await;
    test.settle().await;
    let workspace = test.actor.workspace;
    assert_eq!(verify(&test).await, AuditReport::Holds { workspaces: 1, entries: 5 });
    tamper(&test, "update audit_entry set actor = 'user_somebody_else' where seq = 3").await;
    assert_eq!(verify(&test).await, AuditReport::Broken { workspace, seq: 3, because: Broken::Content });
    tamper(&test, "update audit_entry set actor = 'identity' where seq = 3").await;
    assert_eq!(verify(&test).await, AuditReport::Holds { workspaces: 1, entries: 5 });
    tamper(&test, "update audit_entry set data = replace(data, 'Amara', 'Mallory')").await;
    assert!(matches!(verify(&test).await, AuditReport::Broken { because: Broken::Content, .. }));
}

on_both_engines!(SERVICE, a_row_that_was_taken_out_of_the_middle_is_missed);
async fn a_row_that_was_taken_out_of_the_middle_is_missed(test: ServiceTest) {
    let test = as_admin(test).await;
    test.settle().await;
    tamper(&test, "delete from audit_entry where seq = 2").await;
    let workspace = test.actor.workspace;
    assert_eq!(verify(&test).await, AuditReport::Broken { workspace, seq: 3, because: Broken::Gap });
}

on_both_engines!(SERVICE, rows_that_were_cut_off_the_end_are_missed_and_the_trail_says_so_for_ever);
async fn rows_that_were_cut_off_the_end_are_missed_and_the_trail_says_so_for_ever(test: ServiceTest) {
    let test = as_admin(test).await;
    test.settle().await;
    let workspace = test.actor.workspace;
    tamper(&test, "delete from audit_entry where seq = 5").await;
    assert_eq!(verify(&test).await, AuditReport::Broken { workspace, seq: 5, because: Broken::End });
    create_user(&test, "grace@example.com", "BDR").await;
    test.settle().await;
    assert_eq!(verify(&test).await, AuditReport::Broken { workspace, seq: 6, because: Broken::Gap });
}

on_both_engines!(SERVICE, a_chain_that_was_started_anew_is_noticed);
async fn a_chain_that_was_started_anew_is_noticed(test: ServiceTest) {
    let test = as_admin(test).await;
    test.settle().await;
    let workspace = test.actor.workspace;
    tamper(&test, "delete from audit_head").await;
    assert_eq!(verify(&test).await, AuditReport::Broken { workspace, seq: 6, because: Broken::End });
}

on_both_engines!(SERVICE, the_trail_goes_on_after_a_batch_that_failed);
async fn the_trail_goes_on_after_a_batch_that_failed(test: ServiceTest) {
    let test = as_admin(test).await;
    test.settle().await;
    let inbox = &test.service.inboxes()[0];
    let apply = inbox.handler().apply.clone();
    let event = events::examples::all().into_iter().find(|event| event.r#type == TeamChanged::TYPE).unwrap();
    let event = Envelope { workspace: test.actor.workspace, ..event };
    // Handled, and rolled back: what the process remembers of the chain's end is wrong now.
    let mut tx = test.service.context.db.of(test.actor.workspace).begin().await.unwrap();
    apply.handle(&mut tx, &event).await.unwrap();
    tx.rollback().await.unwrap();
    create_user(&test, "grace@example.com", "BDR").await;
    test.settle().await;
    assert_eq!(verify(&test).await, AuditReport::Holds { workspaces: 1, entries: 6 });
}

on_both_engines!(SERVICE, each_workspace_has_its_own_trail_and_sees_no_other);
async fn each_workspace_has_its_own_trail_and_sees_no_other(test: ServiceTest) {
    let test = as_admin(test).await;
    test.settle().await;
    let stranger = test.stranger();
    let example = events::examples::all().remove(0);
    let theirs = Envelope { workspace: stranger.workspace, ..example };
    test.deliver_envelopes(&[theirs]).await;
    assert_eq!(verify(&test).await, AuditReport::Holds { workspaces: 2, entries: 6 });
    let seen = test.graphql_as(&stranger, TRAIL, json!({ "first": 100 })).await;
    let seen = seen["data"]["auditTrail"]["edges"].as_array().unwrap().clone();
    assert_eq!(seen.len(), 1);
    assert_eq!(seen[0]["node"]["seq"], 1);
    assert_eq!(trail(&test, json!({})).await.len(), 5);
    for permissions in [vec![Permission::Read, Permission::Write], vec![Permission::Admin]] {
        let lesser = Actor { permissions, ..test.actor.clone() };
        let refused = test.graphql_as(&lesser, TRAIL, json!({})).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN");
    }
    let odd = json!({ "filter": { "since": "yesterday" } });
    let refused = test.graphql_as(&test.actor, TRAIL, odd).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "INVALID_INPUT");
}

on_both_engines!(SERVICE, the_trail_is_read_page_by_page_within_bounds);
async fn the_trail_is_read_page_by_page_within_bounds(test: ServiceTest) {
    let test = as_admin(test).await;
    let start = test.clock.now();
    test.clock.advance(chrono::TimeDelta::hours(1));
    for number in 0..4 {
        create_user(&test, &format!("rep{number}@example.com"), "BDR").await;
    }
    test.settle().await;
    let hour = json!({ "since": start + chrono::TimeDelta::minutes(1) });
    let mut seen = Vec::new();
    let mut after = Value::Null;
    for _ in 0..5 {
        let data = test.graphql(TRAIL, json!({ "filter": hour, "first": 3, "after": after })).await;
        let page = &data["auditTrail"];
        seen.extend(page["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["seq"].as_i64().unwrap()));
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(seen, [9, 8, 7, 6]);
    assert_eq!(trail(&test, json!({ "until": start + chrono::TimeDelta::minutes(1) })).await.len(), 5);
}

/// The lines of `/audit.jsonl`.
async fn exported(test: &ServiceTest) -> Vec<Value> {
    let request = Request::get("/audit.jsonl").header("authorization", format!("Bearer {}", admin_key(test)));
    let response = test.service.parts.api.clone().oneshot(request.body(Body::empty()).unwrap()).await.unwrap();
    let bytes = axum::body::to_bytes(response.into_body(), 1 << 20).await.unwrap();
    String::from_utf8(bytes.to_vec()).unwrap().lines().map(|line| serde_json::from_str(line).unwrap()).collect()
}

on_both_engines!(SERVICE, an_admin_takes_the_trail_out_as_json_lines);
async fn an_admin_takes_the_trail_out_as_json_lines(test: ServiceTest) {
    let test = as_admin(test).await;
    test.settle().await;
    let get = |credential: Option<String>| {
        let mut request = Request::get("/audit.jsonl");
        if let Some(credential) = credential {
            request = request.header("authorization", format!("Bearer {credential}"));
        }
        test.service.parts.api.clone().oneshot(request.body(Body::empty()).unwrap())
    };
    let response = get(Some(admin_key(&test))).await.unwrap();
    assert_eq!(response.status(), 200);
    assert_eq!(response.headers()["content-type"], "application/jsonl");
    let lines = exported(&test).await;
    assert_eq!(lines.iter().map(|line| line["seq"].as_i64().unwrap()).collect::<Vec<_>>(), [1, 2, 3, 4, 5]);
    assert!(lines[0].as_object().unwrap().contains_key("credential"));
    assert!(lines.windows(2).all(|pair| pair[0]["hash"] == pair[1]["previousHash"]));
    assert!(lines[0]["event"].as_str().unwrap().starts_with(kernel::EventId::PREFIX));

    assert_eq!(get(None).await.unwrap().status(), 401);
    assert_eq!(get(Some("pw_guessed".into())).await.unwrap().status(), 401);
    let reader = create_key(&test, json!({ "name": "reads", "permissions": ["READ"] })).await;
    let refused = get(Some(reader["secret"].as_str().unwrap().to_owned())).await.unwrap();
    assert_eq!(refused.status(), 403);
}

on_both_engines!(SERVICE, an_export_ends_with_the_key_that_asked_for_it);
async fn an_export_ends_with_the_key_that_asked_for_it(test: ServiceTest) {
    const REVOKE: &str = "mutation($id: ID!) { revokeApiKey(input: { id: $id }) { errors { code } } }";
    const DEMOTE: &str = "mutation($id: ID!) { updateUser(input: { id: $id, role: BDR }) { errors { code } } }";
    let test = as_admin(test).await;
    test.settle().await;
    let grace = create_user(&test, "grace@example.com", "ADMIN").await["user"]["id"].take();
    for ends in [REVOKE, DEMOTE] {
        let key = create_key(&test, json!({ "name": "witness", "userId": grace })).await;
        let bearer = format!("Bearer {}", key["secret"].as_str().unwrap());
        let request = Request::get("/audit.jsonl").header("authorization", bearer).body(Body::empty()).unwrap();
        let response = test.service.parts.api.clone().oneshot(request).await.unwrap();
        let mut lines = response.into_body().into_data_stream();
        assert!(lines.next().await.unwrap().is_ok());
        let id = if ends == REVOKE { &key["apiKey"]["id"] } else { &grace };
        test.graphql(ends, json!({ "id": id })).await;
        assert!(lines.next().await.unwrap().is_err(), "half a trail does not pass for all of it");
    }
}

on_both_engines!(SERVICE, an_event_costs_the_trail_two_statements);
async fn an_event_costs_the_trail_two_statements(test: ServiceTest) {
    let test = as_admin(test).await;
    test.settle().await;
    let apply = test.service.inboxes()[0].handler().apply.clone();
    let of_us = |event: Envelope| Envelope { workspace: test.actor.workspace, ..event };
    let events: Vec<_> = events::examples::all().into_iter().take(10).map(of_us).collect();
    let mut tx = test.service.context.db.of(test.actor.workspace).begin().await.unwrap();
    let work = async {
        for event in &events {
            apply.handle(&mut tx, event).await.unwrap();
        }
    };
    let (statements, ()) = test.statements(work).await;
    assert_eq!(statements, 20);
}
