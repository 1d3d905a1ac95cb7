//! What was taken away from somebody a moment ago counts for what they have begun.

use kernel::{Actor, UserId};
use pipewright_identity::{SERVICE, domain::role::Role, store::workspaces};
use platform::{
    Tx,
    db::{Engine, Text},
    execute, with_tx,
};
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{as_admin, authenticate, create_key, create_user, sign_in, update_user};

async fn set_role(tx: &mut Tx, actor: &Actor, user: UserId, role: Role) {
    const SQL: &str = "update workspace_user set role = $1 where workspace_id = $2 and id = $3";
    execute!(tx, sqlx::query(SQL).bind(Text(role)).bind(actor.workspace).bind(user)).unwrap();
}

/// Until another transaction waits for this one. SQLite begins none meanwhile.
async fn somebody_waits(tx: &mut Tx) {
    const SQL: &str =
        "select count(*) from pg_locks where not granted and pg_backend_pid() = any(pg_blocking_pids(pid))";
    let mut waiting: i64 = i64::from(tx.engine() == Engine::Sqlite);
    while waiting == 0 {
        waiting = with_tx!(tx, conn => sqlx::query_scalar(SQL).fetch_one(conn).await.unwrap());
    }
}

/// What a mutation is answered while a transaction that began before it demotes who sent it.
async fn demoted_meanwhile(test: &ServiceTest, actor: &Actor, call: &str) -> Value {
    let (user, db) = (actor.user().unwrap(), &test.service.context.db);
    let mut tx = db.of(actor.workspace).begin().await.unwrap();
    set_role(&mut tx, actor, user, Role::Admin).await;
    tx.commit().await.unwrap();

    let mut tx = db.of(actor.workspace).begin().await.unwrap();
    workspaces::lock(&mut tx, actor.workspace).await.unwrap();
    set_role(&mut tx, actor, user, Role::ReadOnly).await;
    let document = format!("mutation {{ {call} {{ errors {{ code }} }} }}");
    let mutation = test.graphql_as(actor, &document, json!({}));
    tokio::pin!(mutation);
    tokio::select! {
        biased;
        answer = &mut mutation => panic!("it did not wait: {answer}"),
        () = somebody_waits(&mut tx) => {}
    }
    tx.commit().await.unwrap();
    mutation.await
}

/// An admin, as they come in by a key of theirs.
async fn another_admin(test: &ServiceTest) -> (Value, Actor) {
    let user = create_user(test, "ada@example.com", "ADMIN").await["user"]["id"].take();
    let key = create_key(test, json!({ "name": "hers", "userId": user })).await["secret"].take();
    let actor = authenticate(&test.service, key.as_str().unwrap()).await.unwrap();
    (user, Actor::clone(&*actor))
}

on_both_engines!(SERVICE, who_is_demoted_while_they_wait_gives_nobody_anything);
async fn who_is_demoted_while_they_wait_gives_nobody_anything(test: ServiceTest) {
    const CREATE_ROLE: &str =
        "mutation { createRole(input: { name: \"Bare\", base: BDR, grants: [], fieldRules: [] }) { role { id } } }";
    let test = as_admin(test).await;
    let (_, ada) = another_admin(&test).await;
    let reader = create_user(&test, "reader@example.com", "READ_ONLY").await["user"]["id"].take();
    let role = test.graphql(CREATE_ROLE, json!({})).await["createRole"]["role"]["id"].take();
    for call in [
        format!("updateUser(input: {{ id: {reader}, role: ADMIN }})"),
        "createUser(input: { name: \"A\", email: \"a@x.example\", role: ADMIN })".to_owned(),
        "createRole(input: { name: \"Late\", base: BDR, grants: [], fieldRules: [] })".to_owned(),
        format!("updateRole(input: {{ id: {role}, name: \"Late\" }})"),
        format!("deleteRole(input: {{ id: {role} }})"),
        format!("createApiKey(input: {{ name: \"late\", userId: {reader} }})"),
    ] {
        let answer = demoted_meanwhile(&test, &ada, &call).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{call}: {answer}");
    }
}

on_both_engines!(SERVICE, a_key_that_may_only_read_ends_no_session_and_a_reader_signs_out);
async fn a_key_that_may_only_read_ends_no_session_and_a_reader_signs_out(test: ServiceTest) {
    const END: &str =
        "mutation($id: ID!) { revokeSession(input: { id: $id }) { session { revokedAt } errors { code } } }";
    let test = as_admin(test).await;
    let grace = create_user(&test, "grace@example.com", "BDR").await["user"]["id"].take();
    let session = sign_in::grace_signs_in(&test, &grace).await;
    let id = json!({ "id": session.body["sessionId"] });
    let by_key = async |permissions: Value| {
        let key = create_key(&test, json!({ "name": "hers", "userId": grace, "permissions": permissions })).await;
        authenticate(&test.service, key["secret"].as_str().unwrap()).await.unwrap()
    };
    let reads = by_key(json!(["READ"])).await;
    let refused = test.graphql_as(&reads, END, id.clone()).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
    assert!(authenticate(&test.service, &session.text("accessToken")).await.is_ok());
    let writes = by_key(json!(["READ", "WRITE"])).await;
    let ended = test.graphql_as(&writes, END, id).await;
    assert!(ended["data"]["revokeSession"]["session"]["revokedAt"].is_string(), "{ended}");
    assert!(authenticate(&test.service, &session.text("accessToken")).await.is_err());

    assert_eq!(update_user(&test, json!({ "id": grace, "role": "READ_ONLY" })).await["errors"], json!([]));
    let session = sign_in::grace_signs_in(&test, &grace).await;
    let id = json!({ "id": session.body["sessionId"] });
    let refused = test.graphql_as(&writes, END, id.clone()).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "the key is a reader's by now: {refused}");
    let reader = authenticate(&test.service, &session.text("accessToken")).await.unwrap();
    let ended = test.graphql_as(&reader, END, id).await;
    assert!(ended["data"]["revokeSession"]["session"]["revokedAt"].is_string(), "{ended}");
    assert!(authenticate(&test.service, &session.text("accessToken")).await.is_err());
}

on_both_engines!(SERVICE, who_is_no_admin_any_more_ends_nobodys_session);
async fn who_is_no_admin_any_more_ends_nobodys_session(test: ServiceTest) {
    let test = as_admin(test).await;
    let grace = create_user(&test, "grace@example.com", "BDR").await["user"]["id"].take();
    let session = sign_in::grace_signs_in(&test, &grace).await;
    let (user, ada) = another_admin(&test).await;
    let call = format!("revokeSession(input: {{ id: {} }})", session.body["sessionId"]);
    let refused = json!([{ "code": "NOT_FOUND" }]);
    let answer = demoted_meanwhile(&test, &ada, &call).await;
    assert_eq!(answer["data"]["revokeSession"]["errors"], refused, "{answer}");
    // By the service's own hand, and long ago.
    for (role, expected) in [("READ_ONLY", refused), ("ADMIN", json!([]))] {
        let changed = update_user(&test, json!({ "id": user, "role": "BDR" })).await;
        assert_eq!(changed["errors"], json!([]));
        let changed = update_user(&test, json!({ "id": user, "role": role })).await;
        assert_eq!(changed["errors"], json!([]));
        assert!(authenticate(&test.service, &session.text("accessToken")).await.is_ok(), "{role}");
        let answer = test.graphql_as(&ada, &format!("mutation {{ {call} {{ errors {{ code }} }} }}"), json!({})).await;
        assert_eq!(answer["data"]["revokeSession"]["errors"], expected, "{role}: {answer}");
    }
    assert!(authenticate(&test.service, &session.text("accessToken")).await.is_err());
}
