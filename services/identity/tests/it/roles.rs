use events::identity::{Role, RoleChanged, UserCreated, UserUpdated};
use kernel::Permission;
use pipewright_identity::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{as_admin, authenticate, create_key, create_user, update_user};

async fn create_role(test: &ServiceTest, input: Value) -> Value {
    const CREATE: &str = "mutation($input: CreateRoleInput!) { createRole(input: $input) {
        role { id version name base grants { object action scope only { attribute anyOf } } fieldRules { object field access } } errors { code field } } }";
    test.graphql(CREATE, json!({ "input": input })).await["createRole"].take()
}

async fn update_role(test: &ServiceTest, input: Value) -> Value {
    const UPDATE: &str = "mutation($input: UpdateRoleInput!) { updateRole(input: $input) {
        role { version name grants { object } } errors { code field } } }";
    test.graphql(UPDATE, json!({ "input": input })).await["updateRole"].take()
}

on_both_engines!(SERVICE, a_built_in_role_decides_what_a_key_may_do_and_who_takes_leads);
async fn a_built_in_role_decides_what_a_key_may_do_and_who_takes_leads(test: ServiceTest) {
    use Permission::{Admin, Read, Write};
    let test = as_admin(test).await;
    for (role, permissions, published) in [
        ("ADMIN", vec![Read, Write, Admin], Role::Admin),
        ("OPERATIONS", vec![Read, Write], Role::ReadOnly),
        ("MANAGER", vec![Read, Write], Role::ReadOnly),
        ("ACCOUNT_EXECUTIVE", vec![Read, Write], Role::Rep),
        ("BDR", vec![Read, Write], Role::Rep),
        ("SALES_ENGINEER", vec![Read, Write], Role::ReadOnly),
        ("READ_ONLY", vec![Read], Role::ReadOnly),
    ] {
        let email = format!("{}@example.com", role.to_lowercase());
        let user = create_user(&test, &email, role).await["user"].take();
        assert_eq!(user["role"], role);
        let key = create_key(&test, json!({ "name": role, "userId": user["id"] })).await;
        let actor = authenticate(&test.service, key["secret"].as_str().unwrap()).await.unwrap();
        assert_eq!(actor.permissions, permissions, "{role}");
        let told = test.published::<UserCreated>().await.pop().unwrap().current;
        assert_eq!((told.role, told.role_name), (published, Some(role.to_lowercase())));
    }
    let earlier = create_user(&test, "earlier@example.com", "REP").await;
    assert_eq!(earlier["user"]["role"], "ACCOUNT_EXECUTIVE", "its name of today");
}

on_both_engines!(SERVICE, a_custom_role_is_made_given_changed_and_deleted);
async fn a_custom_role_is_made_given_changed_and_deleted(test: ServiceTest) {
    const USER: &str = "query($id: ID!) { user(id: $id) { role customRole { name } } }";
    let test = as_admin(test).await;
    let grants = json!([{ "object": "LEAD", "action": "EXPORT", "scope": "TEAM", "only": [{ "attribute": "COUNTRY", "anyOf": ["DE"] }] }]);
    let rules = json!([{ "object": "LEAD", "field": "phone", "access": "NONE" }]);
    let input = json!({ "name": "Auditor", "base": "READ_ONLY", "grants": grants, "fieldRules": rules });
    let made = create_role(&test, input.clone()).await["role"].take();
    let role = &made["id"];
    assert_eq!(
        made,
        json!({ "id": role, "version": 1, "name": "Auditor", "base": "READ_ONLY", "grants": grants, "fieldRules": rules })
    );
    let user = create_user(&test, "grace@example.com", "BDR").await["user"]["id"].take();
    update_user(&test, json!({ "id": user, "customRoleId": role })).await;
    let read = test.graphql(USER, json!({ "id": user })).await["user"].take();
    assert_eq!(read, json!({ "role": "READ_ONLY", "customRole": { "name": "Auditor" } }));
    let told = test.published::<UserUpdated>().await.pop().unwrap().current;
    assert_eq!(role, &told.custom_role.unwrap().to_string());

    let changed = update_role(&test, json!({ "id": role, "version": 1, "grants": [], "fieldRules": [] })).await;
    assert_eq!(changed["role"], json!({ "version": 2, "name": "Auditor", "grants": [] }));
    let told = test.published::<RoleChanged>().await.pop().unwrap();
    assert_eq!(
        told.previous.unwrap().grants,
        json!({
            "grants": [{ "object": "lead", "action": "export", "scope": "team", "only": [{ "attribute": "country", "any_of": ["DE"] }] }],
            "fields": [{ "object": "lead", "field": "phone", "access": "none" }],
        })
    );
    assert_eq!(told.current.unwrap().grants, json!({ "grants": [], "fields": [] }));

    const DELETE: &str = "mutation($id: ID!) { deleteRole(input: { id: $id }) { deletedId errors { code } } }";
    let refused = test.graphql(DELETE, json!({ "id": role })).await["deleteRole"].take();
    assert_eq!(refused["errors"], json!([{ "code": "CONFLICT" }]));
    update_user(&test, json!({ "id": user, "role": "BDR" })).await;
    let read = test.graphql(USER, json!({ "id": user })).await["user"].take();
    assert_eq!(read, json!({ "role": "BDR", "customRole": null }), "a built-in role takes its place");
    let deleted = test.graphql(DELETE, json!({ "id": role })).await["deleteRole"].take();
    assert_eq!(deleted, json!({ "deletedId": role, "errors": [] }));
    assert!(test.published::<RoleChanged>().await.pop().unwrap().current.is_none());
}

on_both_engines!(SERVICE, what_is_wrong_with_a_role_is_said);
async fn what_is_wrong_with_a_role_is_said(test: ServiceTest) {
    let test = as_admin(test).await;
    let role = create_role(&test, json!({ "name": "A", "base": "BDR" })).await["role"]["id"].take();
    create_role(&test, json!({ "name": "B", "base": "BDR" })).await;
    let twice = json!([{ "object": "LEAD", "action": "READ", "scope": "OWN" }, { "object": "LEAD", "action": "READ", "scope": "ALL" }]);
    for (input, code, field) in [
        (json!({ "name": "A", "base": "BDR" }), "ALREADY_EXISTS", "name"),
        (json!({ "name": " ", "base": "BDR" }), "REQUIRED", "name"),
        (json!({ "name": "C", "base": "ADMIN" }), "INVALID_INPUT", "base"),
        (json!({ "name": "C", "base": "BDR", "grants": twice }), "INVALID_INPUT", "grants"),
    ] {
        let refused = create_role(&test, input).await;
        assert_eq!(refused["errors"], json!([{ "code": code, "field": field }]));
    }
    for (input, code, field) in [
        (json!({ "id": role, "name": "B" }), "ALREADY_EXISTS", json!("name")),
        (json!({ "id": role, "version": 9, "name": "C" }), "CONFLICT", Value::Null),
        (json!({ "id": role, "grants": [] }), "INVALID_INPUT", json!("grants")),
    ] {
        let refused = update_role(&test, input).await;
        assert_eq!(refused["errors"], json!([{ "code": code, "field": field }]));
    }
}

on_both_engines!(SERVICE, another_workspace_neither_sees_nor_gives_nor_changes_a_role);
async fn another_workspace_neither_sees_nor_gives_nor_changes_a_role(test: ServiceTest) {
    let test = as_admin(test).await;
    let role = create_role(&test, json!({ "name": "Ours", "base": "BDR" })).await["role"]["id"].take();
    let stranger = test.stranger();
    let id = json!({ "id": role });
    let read = "query($id: ID!) { customRole(id: $id) { id } customRoles { edges { node { id } } } }";
    let seen = test.graphql_as(&stranger, read, id.clone()).await;
    assert_eq!(seen["data"], json!({ "customRole": null, "customRoles": { "edges": [] } }));
    for mutation in [
        "updateRole(input: { id: $id, name: \"Theirs\" })",
        "deleteRole(input: { id: $id })",
        "createUser(input: { name: \"m\", email: \"m@example.com\", role: BDR, customRoleId: $id })",
        "createServiceAccount(input: { name: \"m\", role: BDR, customRoleId: $id })",
    ] {
        let document = format!("mutation($id: ID!) {{ {mutation} {{ errors {{ code }} }} }}");
        let answer = test.graphql_as(&stranger, &document, id.clone()).await;
        let payload = answer["data"].as_object().unwrap().values().next().unwrap().clone();
        assert_eq!(payload["errors"], json!([{ "code": "NOT_FOUND" }]), "{mutation}: {answer}");
    }
}
