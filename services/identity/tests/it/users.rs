use events::identity::{UserCreated, UserUpdated};
use kernel::{Actor, Permission};
use pipewright_identity::SERVICE;
use platform::with_db;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{as_admin, authenticate, create_key, create_user, me, update_user};

on_both_engines!(SERVICE, a_user_is_created_and_changed_and_others_hear_of_it);
async fn a_user_is_created_and_changed_and_others_hear_of_it(test: ServiceTest) {
    let test = as_admin(test).await;
    let created = create_user(&test, " Grace@Example.com ", "REP").await;
    assert_eq!(created["errors"], json!([]));
    let user = &created["user"];
    assert_eq!(
        (&user["email"], &user["version"], &user["active"]),
        (&json!("grace@example.com"), &json!(1), &json!(true))
    );
    let published = test.published::<UserCreated>().await;
    assert!(published.iter().any(|event| user["id"] == event.current.id.to_string()));

    let updated = update_user(
        &test,
        json!({ "id": user["id"], "version": 1, "name": "Grace B. Hopper", "role": "READ_ONLY", "active": false }),
    )
    .await;
    assert_eq!(
        updated["user"],
        json!({ "id": user["id"], "version": 2, "name": "Grace B. Hopper", "role": "READ_ONLY", "active": false })
    );
    let published = test.published::<UserUpdated>().await;
    assert_eq!((published[0].previous.version, published[0].current.version), (1, 2));
    assert!(published[0].previous.active && !published[0].current.active);

    let unchanged = update_user(&test, json!({ "id": user["id"], "active": false })).await;
    assert_eq!(unchanged["user"]["version"], 2);
    assert_eq!(test.published::<UserUpdated>().await.len(), 1);

    let read = test.graphql("query($id: ID!) { user(id: $id) { name role } }", json!({ "id": user["id"] })).await;
    assert_eq!(read["user"], json!({ "name": "Grace B. Hopper", "role": "READ_ONLY" }));
}

on_both_engines!(SERVICE, what_the_client_can_mend_comes_beside_the_result);
async fn what_the_client_can_mend_comes_beside_the_result(test: ServiceTest) {
    let test = as_admin(test).await;
    let errors = |payload: Value| payload["errors"].clone();
    let user = create_user(&test, "grace@example.com", "REP").await["user"].take();
    assert_eq!(
        errors(create_user(&test, "GRACE@example.com", "ADMIN").await),
        json!([{ "code": "ALREADY_EXISTS", "field": "email" }])
    );
    assert_eq!(
        errors(create_user(&test, "grace", "REP").await),
        json!([{ "code": "INVALID_EMAIL", "field": "email" }])
    );
    assert_eq!(
        errors(update_user(&test, json!({ "id": user["id"], "name": "  " })).await),
        json!([{ "code": "REQUIRED", "field": "name" }])
    );
    assert_eq!(
        errors(update_user(&test, json!({ "id": user["id"], "name": "x".repeat(201) })).await),
        json!([{ "code": "TOO_LONG", "field": "name" }])
    );
    assert_eq!(
        errors(update_user(&test, json!({ "id": user["id"], "version": 7, "active": false })).await),
        json!([{ "code": "CONFLICT", "field": null }])
    );
    let unknown: kernel::UserId = test.clock.id();
    assert_eq!(
        errors(update_user(&test, json!({ "id": unknown, "active": false })).await),
        json!([{ "code": "NOT_FOUND", "field": "id" }])
    );
    assert!(test.graphql("query($id: ID!) { user(id: $id) { id } }", json!({ "id": unknown })).await["user"].is_null());
    assert_eq!(test.published::<UserCreated>().await.len(), 6);
    assert_eq!(test.published::<UserUpdated>().await.len(), 0);
}

on_both_engines!(SERVICE, null_empties_nothing_that_has_to_be_there);
async fn null_empties_nothing_that_has_to_be_there(test: ServiceTest) {
    const TEAM: &str = "mutation { createTeam(input: { name: \"EMEA\" }) { team { id } } }";
    const ROLE: &str = "mutation { createRole(input: { name: \"Ours\", base: SALES_ENGINEER }) { role { id } } }";
    const USER: &str = "query($id: ID!) { user(id: $id) { role customRole { id } } }";
    let test = as_admin(test).await;
    let user = create_user(&test, "grace@example.com", "BDR").await["user"]["id"].take();
    let team = test.graphql(TEAM, json!({})).await["createTeam"]["team"]["id"].take();
    let role = test.graphql(ROLE, json!({})).await["createRole"]["role"]["id"].take();
    for (update, input, fields) in [
        ("updateUser", "UpdateUserInput", &["name", "role", "active"][..]),
        ("updateTeam", "UpdateTeamInput", &["name"]),
        ("updateRole", "UpdateRoleInput", &["name", "grants", "fieldRules"]),
    ] {
        let document =
            format!("mutation($input: {input}!) {{ {update}(input: $input) {{ errors {{ code field }} }} }}");
        let id = match update {
            "updateUser" => &user,
            "updateTeam" => &team,
            _ => &role,
        };
        for field in fields {
            let answer = test.graphql(&document, json!({ "input": { "id": id, *field: null } })).await;
            let errors = json!([{ "code": "REQUIRED", "field": field }]);
            assert_eq!(answer[update]["errors"], errors, "{update}: {field}");
        }
    }
    assert_eq!(test.published::<UserUpdated>().await.len(), 0);

    // A custom role need not be there: its base is what is left.
    for (custom, left) in [(&role, json!({ "id": role })), (&Value::Null, Value::Null), (&Value::Null, Value::Null)] {
        let updated = update_user(&test, json!({ "id": user, "customRoleId": custom })).await;
        assert_eq!(updated["errors"], json!([]));
        let read = test.graphql(USER, json!({ "id": user })).await["user"].take();
        assert_eq!(read, json!({ "role": "SALES_ENGINEER", "customRole": left }));
    }
    let both = update_user(&test, json!({ "id": user, "customRoleId": null, "role": "BDR" })).await;
    assert_eq!((&both["user"]["role"], &both["user"]["version"]), (&json!("BDR"), &json!(4)));
}

#[tokio::test]
async fn an_id_of_another_kind_is_refused_by_its_prefix() {
    let test = as_admin(ServiceTest::sqlite(SERVICE).await).await;
    let workspace = test.actor.workspace;
    for query in [
        "query($id: ID!) { user(id: $id) { id } }",
        "mutation($id: ID!) { revokeApiKey(input: { id: $id }) { errors { code } } }",
    ] {
        let answer = test.try_graphql(query, json!({ "id": workspace })).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "INVALID_ID", "{answer}");
    }
}

on_both_engines!(SERVICE, the_only_active_admin_stays_one);
async fn the_only_active_admin_stays_one(test: ServiceTest) {
    let mut test = as_admin(test).await;
    let admin = me(&test).await["user"]["id"].take();
    for change in [json!({ "id": admin, "active": false }), json!({ "id": admin, "role": "REP" })] {
        assert_eq!(update_user(&test, change).await["errors"][0]["code"], "CONFLICT");
    }
    let second = create_user(&test, "grace@example.com", "ADMIN").await["user"]["id"].take();
    let key = create_key(&test, json!({ "name": "hers", "userId": second })).await;
    assert_eq!(update_user(&test, json!({ "id": admin, "role": "REP" })).await["errors"], json!([]));
    test.actor = Actor::clone(&*authenticate(&test.service, key["secret"].as_str().unwrap()).await.unwrap());
    assert_eq!(update_user(&test, json!({ "id": second, "active": false })).await["errors"][0]["code"], "CONFLICT");
}

/// On PostgreSQL: SQLite has one writer, so nothing there happens at once.
#[tokio::test]
async fn two_admins_cannot_demote_each_other_at_once() {
    const WAITING: &str = "select count(distinct l.pid) from pg_locks l join pg_stat_activity a on a.pid = l.pid \
        where a.datname = current_database() and not l.granted";
    let test = as_admin(ServiceTest::postgres(SERVICE).await).await;
    let first = me(&test).await["user"]["id"].take();
    let second = create_user(&test, "grace@example.com", "ADMIN").await["user"]["id"].take();
    let db = &test.service.context.db;
    // Holds both changes before they write, until both have decided or wait for their turn to.
    let mut gate = db.of(test.actor.workspace).begin().await.unwrap();
    platform::execute!(gate, sqlx::query("update workspace_user set active = active")).unwrap();
    let open_the_gate = async {
        loop {
            let waiting: i64 = with_db!(db, pool => sqlx::query_scalar(WAITING).fetch_one(pool).await).unwrap();
            if waiting == 2 {
                return gate.rollback().await.unwrap();
            }
        }
    };
    const DEMOTE: &str = "mutation($id: ID!) { updateUser(input: { id: $id, role: READ_ONLY }) { errors { code } } }";
    let demote = |id: &Value| test.try_graphql(DEMOTE, json!({ "id": id }));
    let (a, b, ()) = tokio::join!(demote(&first), demote(&second), open_the_gate);
    // Whoever demoted themselves first may not demote the other, and the last admin stays one.
    let refused = |answer: &&Value| {
        let code = answer["errors"][0]["extensions"]["code"].as_str();
        let code = code.or_else(|| answer["data"]["updateUser"]["errors"][0]["code"].as_str());
        matches!(code, Some("FORBIDDEN" | "CONFLICT"))
    };
    assert_eq!([&a, &b].into_iter().filter(refused).count(), 1, "{a} {b}");
}

on_both_engines!(SERVICE, only_an_admin_changes_users);
async fn only_an_admin_changes_users(test: ServiceTest) {
    let test = as_admin(test).await;
    let rep = Actor { permissions: vec![Permission::Read, Permission::Write], ..test.actor.clone() };
    let user = me(&test).await["user"]["id"].take();
    for (document, variables) in [
        (
            "mutation { createUser(input: { name: \"A\", email: \"a@example.com\", role: ADMIN }) { errors { code } } }",
            json!({}),
        ),
        (
            "mutation($id: ID!) { updateUser(input: { id: $id, name: \"A\" }) { errors { code } } }",
            json!({ "id": user }),
        ),
        ("mutation { createApiKey(input: { name: \"A\" }) { errors { code } } }", json!({})),
        ("{ apiKeys { edges { node { id } } } }", json!({})),
    ] {
        let answer = test.graphql_as(&rep, document, variables).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{document}: {answer}");
    }
    assert!(
        test.graphql_as(&rep, "{ me { user { name } } users { edges { node { name } } } }", json!({}))
            .await
            .get("errors")
            .is_none()
    );
    let nobody = Actor { permissions: Vec::new(), ..test.actor.clone() };
    for document in ["{ me { id } }", "{ workspace { id } }", "{ users { edges { node { id } } } }"] {
        let answer = test.graphql_as(&nobody, document, json!({})).await;
        assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{document}: {answer}");
    }
}

on_both_engines!(SERVICE, another_workspace_sees_and_changes_nothing);
async fn another_workspace_sees_and_changes_nothing(test: ServiceTest) {
    let test = as_admin(test).await;
    let user = me(&test).await["user"]["id"].take();
    let stranger = test.stranger();
    let seen = test
        .graphql_as(&stranger, "query($id: ID!) { user(id: $id) { id } users { edges { node { id } } } apiKeys { edges { node { id } } } }", json!({ "id": user }))
        .await;
    assert_eq!(seen["data"], json!({ "user": null, "users": { "edges": [] }, "apiKeys": { "edges": [] } }));
    let changed = test
        .graphql_as(
            &stranger,
            "mutation($id: ID!) { updateUser(input: { id: $id, name: \"Mallory\" }) { errors { code } } }",
            json!({ "id": user }),
        )
        .await;
    assert_eq!(changed["data"]["updateUser"]["errors"], json!([{ "code": "NOT_FOUND" }]));
    let made = test
        .graphql_as(
            &stranger,
            "mutation($id: ID!) { createApiKey(input: { name: \"m\", userId: $id }) { secret errors { code field } } }",
            json!({ "id": user }),
        )
        .await;
    assert_eq!(
        made["data"]["createApiKey"],
        json!({ "secret": null, "errors": [{ "code": "NOT_FOUND", "field": "userId" }] })
    );
}

on_both_engines!(SERVICE, users_are_listed_page_by_page_newest_first);
async fn users_are_listed_page_by_page_newest_first(test: ServiceTest) {
    const PAGE: &str = "query($after: String) { users(first: 3, after: $after) { edges { node { email } } pageInfo { hasNextPage endCursor } } }";
    let test = as_admin(test).await;
    test.clock.advance(chrono::TimeDelta::seconds(1));
    for number in 0..3 {
        create_user(&test, &format!("rep{number}@example.com"), "REP").await;
    }
    let mut emails = Vec::new();
    let mut after = Value::Null;
    loop {
        let page = test.graphql(PAGE, json!({ "after": after })).await["users"].take();
        emails.extend(
            page["edges"].as_array().unwrap().iter().map(|edge| edge["node"]["email"].as_str().unwrap().to_owned()),
        );
        if page["pageInfo"]["hasNextPage"] == false {
            break;
        }
        after = page["pageInfo"]["endCursor"].clone();
    }
    assert_eq!(emails.len(), 8);
    assert!(emails[..3].iter().all(|email| email.starts_with("rep")), "{emails:?}");
    let unique: std::collections::HashSet<_> = emails.iter().collect();
    assert_eq!(unique.len(), 8);
}

on_both_engines!(SERVICE, other_services_users_are_resolved_in_one_statement);
async fn other_services_users_are_resolved_in_one_statement(test: ServiceTest) {
    let test = as_admin(test).await;
    let users = test.graphql("{ users { edges { node { id } } } }", json!({})).await;
    let mut representations: Vec<Value> = users["users"]["edges"]
        .as_array()
        .unwrap()
        .iter()
        .map(|edge| json!({ "__typename": "User", "id": edge["node"]["id"] }))
        .collect();
    let unknown: kernel::UserId = test.clock.id();
    representations.push(json!({ "__typename": "User", "id": unknown }));
    let query = "query($r: [_Any!]!) { _entities(representations: $r) { ... on User { name role } } }";
    let (statements, data) = test.statements(test.graphql(query, json!({ "r": representations }))).await;
    assert_eq!(statements, 1);
    let found = data["_entities"].as_array().unwrap();
    assert_eq!(found.len(), 6);
    assert!(found[..5].iter().all(|user| user["name"].is_string()) && found[5].is_null(), "{data}");
}
