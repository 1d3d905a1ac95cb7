use chrono::TimeDelta;
use events::identity::{TeamChanged, UserUpdated};
use kernel::{Actor, Permission};
use pipewright_identity::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::{as_admin, create_user};

async fn create_team(test: &ServiceTest, name: &str, parent: Option<&Value>) -> Value {
    const CREATE: &str = "mutation($input: CreateTeamInput!) { createTeam(input: $input) { team { id version name path parent { id } } errors { code field } } }";
    let input = json!({ "name": name, "parentId": parent });
    test.graphql(CREATE, json!({ "input": input })).await["createTeam"].take()
}

/// The id of a new team.
async fn team(test: &ServiceTest, name: &str, parent: Option<&Value>) -> Value {
    create_team(test, name, parent).await["team"]["id"].take()
}

async fn move_team(test: &ServiceTest, id: &Value, parent: Option<&Value>) -> Value {
    const MOVE: &str =
        "mutation($input: MoveTeamInput!) { moveTeam(input: $input) { team { path } errors { code field } } }";
    test.graphql(MOVE, json!({ "input": { "id": id, "parentId": parent } })).await["moveTeam"].take()
}

async fn update_team(test: &ServiceTest, input: Value) -> Value {
    const UPDATE: &str = "mutation($input: UpdateTeamInput!) { updateTeam(input: $input) { team { version name manager { id } } errors { code field } } }";
    test.graphql(UPDATE, json!({ "input": input })).await["updateTeam"].take()
}

async fn delete_team(test: &ServiceTest, id: &Value) -> Value {
    const DELETE: &str = "mutation($id: ID!) { deleteTeam(input: { id: $id }) { deletedId errors { code field } } }";
    test.graphql(DELETE, json!({ "id": id })).await["deleteTeam"].take()
}

async fn member(test: &ServiceTest, mutation: &str, team: &Value, user: &Value) -> Value {
    let document = format!(
        "mutation($input: TeamMemberInput!) {{ {mutation}(input: $input) {{ user {{ team {{ id }} }} errors {{ code field }} }} }}"
    );
    let answer = test.graphql(&document, json!({ "input": { "teamId": team, "userId": user } })).await;
    answer[mutation].clone()
}

on_both_engines!(SERVICE, a_team_moves_with_all_below_it_and_others_hear_where_it_stands);
async fn a_team_moves_with_all_below_it_and_others_hear_where_it_stands(test: ServiceTest) {
    let test = as_admin(test).await;
    let (sales, emea) = (team(&test, "Sales", None).await, team(&test, "EMEA", None).await);
    let dach = team(&test, "DACH", Some(&emea)).await;
    let made = create_team(&test, "Munich", Some(&dach)).await;
    let munich = &made["team"]["id"];
    assert_eq!(made["team"]["path"], json!([emea, dach, munich]));
    assert_eq!(made["team"]["parent"]["id"], dach);

    assert_eq!(move_team(&test, &emea, Some(&sales)).await["team"]["path"], json!([sales, emea]));
    let read = test.graphql("query($id: ID!) { team(id: $id) { path version } }", json!({ "id": munich })).await;
    assert_eq!(read["team"], json!({ "path": [sales, emea, dach, munich], "version": 2 }));

    let told = test.published::<TeamChanged>().await;
    assert_eq!(told.len(), 4 + 3, "each new one, and each that moved");
    let last = told.iter().rfind(|event| munich == &event.team.to_string()).unwrap();
    let path = |team: &Option<events::identity::Team>| json!(team.as_ref().unwrap().path);
    assert_eq!(
        (path(&last.previous), path(&last.current)),
        (json!([emea, dach, munich]), read["team"]["path"].clone())
    );

    let again = move_team(&test, &emea, Some(&sales)).await;
    assert_eq!(again["team"]["path"], json!([sales, emea]));
    assert_eq!(test.published::<TeamChanged>().await.len(), 7, "nothing moved, nothing told");
}

on_both_engines!(SERVICE, a_team_cannot_stand_below_itself);
async fn a_team_cannot_stand_below_itself(test: ServiceTest) {
    let test = as_admin(test).await;
    let top = team(&test, "Top", None).await;
    let below = team(&test, "Below", Some(&top)).await;
    for parent in [&top, &below] {
        let refused = move_team(&test, &top, Some(parent)).await;
        assert_eq!(refused["errors"], json!([{ "code": "INVALID_INPUT", "field": "parentId" }]));
    }
    let mut parent = below;
    for depth in 3..=12 {
        parent = team(&test, &format!("depth {depth}"), Some(&parent)).await;
    }
    let refused = create_team(&test, "too deep", Some(&parent)).await;
    assert_eq!(refused["errors"], json!([{ "code": "INVALID_INPUT", "field": "parentId" }]));
}

on_both_engines!(SERVICE, a_user_is_in_one_team_and_others_hear_of_it);
async fn a_user_is_in_one_team_and_others_hear_of_it(test: ServiceTest) {
    let test = as_admin(test).await;
    let (a, b) = (team(&test, "A", None).await, team(&test, "B", None).await);
    let user = create_user(&test, "grace@example.com", "BDR").await["user"]["id"].take();
    assert_eq!(member(&test, "addTeamMember", &a, &user).await["user"]["team"]["id"], a);
    assert_eq!(member(&test, "addTeamMember", &b, &user).await["user"]["team"]["id"], b);
    let not_there = member(&test, "removeTeamMember", &a, &user).await;
    assert_eq!(not_there["errors"], json!([{ "code": "NOT_FOUND", "field": "userId" }]));
    assert!(member(&test, "removeTeamMember", &b, &user).await["user"]["team"].is_null());

    let told: Vec<_> = test.published::<UserUpdated>().await.into_iter().map(|event| event.current.team).collect();
    let told: Vec<_> = told.into_iter().map(|team| json!(team)).collect();
    assert_eq!(told, [a.clone(), b, Value::Null]);

    let unknown: kernel::TeamId = test.clock.id();
    let refused = member(&test, "addTeamMember", &json!(unknown), &user).await;
    assert_eq!(refused["errors"], json!([{ "code": "NOT_FOUND", "field": "teamId" }]));
    let unknown: kernel::UserId = test.clock.id();
    let refused = member(&test, "addTeamMember", &a, &json!(unknown)).await;
    assert_eq!(refused["errors"], json!([{ "code": "NOT_FOUND", "field": "userId" }]));
}

on_both_engines!(SERVICE, a_team_is_deleted_when_nobody_is_in_it_or_below);
async fn a_team_is_deleted_when_nobody_is_in_it_or_below(test: ServiceTest) {
    let test = as_admin(test).await;
    let top = team(&test, "Top", None).await;
    let below = team(&test, "Below", Some(&top)).await;
    let user = create_user(&test, "grace@example.com", "BDR").await["user"]["id"].take();
    member(&test, "addTeamMember", &below, &user).await;
    for id in [&top, &below] {
        assert_eq!(delete_team(&test, id).await["errors"], json!([{ "code": "CONFLICT", "field": null }]));
    }
    member(&test, "removeTeamMember", &below, &user).await;
    for id in [&below, &top] {
        assert_eq!(delete_team(&test, id).await, json!({ "deletedId": id, "errors": [] }));
    }
    assert_eq!(delete_team(&test, &top).await["errors"], json!([{ "code": "NOT_FOUND", "field": "id" }]));
    let gone = test.published::<TeamChanged>().await.into_iter().filter(|event| event.current.is_none());
    assert_eq!(gone.count(), 2);
}

on_both_engines!(SERVICE, a_teams_name_and_manager_change_and_its_name_is_its_own);
async fn a_teams_name_and_manager_change_and_its_name_is_its_own(test: ServiceTest) {
    let test = as_admin(test).await;
    let (a, _) = (team(&test, "A", None).await, team(&test, "B", None).await);
    let user = create_user(&test, "grace@example.com", "MANAGER").await["user"]["id"].take();
    let changed = update_team(&test, json!({ "id": a, "version": 1, "name": "C", "managerId": user })).await;
    assert_eq!(changed["team"], json!({ "version": 2, "name": "C", "manager": { "id": user } }));
    let kept = update_team(&test, json!({ "id": a, "name": "C" })).await;
    assert_eq!(kept["team"], changed["team"], "what is left out stays");
    let without = update_team(&test, json!({ "id": a, "managerId": null })).await;
    assert_eq!(without["team"], json!({ "version": 3, "name": "C", "manager": null }));

    let refused = update_team(&test, json!({ "id": a, "version": 1, "name": "D" })).await;
    assert_eq!(refused["errors"], json!([{ "code": "CONFLICT", "field": null }]));
    let refused = update_team(&test, json!({ "id": a, "name": "B" })).await;
    assert_eq!(refused["errors"], json!([{ "code": "ALREADY_EXISTS", "field": "name" }]));
    assert_eq!(create_team(&test, "B", None).await["errors"], json!([{ "code": "ALREADY_EXISTS", "field": "name" }]));
    let unknown: kernel::UserId = test.clock.id();
    let refused = update_team(&test, json!({ "id": a, "managerId": unknown })).await;
    assert_eq!(refused["errors"], json!([{ "code": "NOT_FOUND", "field": "managerId" }]));
}

on_both_engines!(SERVICE, teams_with_members_and_children_cost_a_constant_number_of_statements);
async fn teams_with_members_and_children_cost_a_constant_number_of_statements(test: ServiceTest) {
    const TREE: &str = "{ teams(first: 50) { edges { node { name parent { name } manager { name }
        children(first: 2) { edges { node { name } } pageInfo { hasNextPage } }
        members(first: 2) { edges { node { email team { name } } } pageInfo { hasNextPage endCursor } } } } } }";
    let test = as_admin(test).await;
    let root = team(&test, "Root", None).await;
    let mut first = None;
    for number in 0..4 {
        test.clock.advance(TimeDelta::seconds(1));
        let child = team(&test, &format!("Child {number}"), Some(&root)).await;
        for place in 0..3 {
            let user = create_user(&test, &format!("rep{number}{place}@example.com"), "BDR").await;
            member(&test, "addTeamMember", &child, &user["user"]["id"]).await;
        }
        if first.is_none() {
            first = Some(test.statements(test.graphql(TREE, json!({}))).await.0);
        }
    }
    let (statements, data) = test.statements(test.graphql(TREE, json!({}))).await;
    assert_eq!(Some(statements), first, "however many teams");
    let teams = data["teams"]["edges"].as_array().unwrap();
    assert_eq!(teams.len(), 5);
    let root = &teams[4]["node"];
    assert_eq!(
        root["children"]["edges"],
        json!([{ "node": { "name": "Child 3" } }, { "node": { "name": "Child 2" } }])
    );
    assert_eq!(root["children"]["pageInfo"]["hasNextPage"], true);
    let child = &teams[0]["node"];
    assert_eq!(child["parent"]["name"], "Root");
    assert_eq!(child["members"]["edges"].as_array().unwrap().len(), 2);
    assert_eq!(child["members"]["pageInfo"]["hasNextPage"], true);
}

on_both_engines!(SERVICE, another_workspace_neither_sees_nor_changes_a_team);
async fn another_workspace_neither_sees_nor_changes_a_team(test: ServiceTest) {
    let test = as_admin(test).await;
    let team = team(&test, "Ours", None).await;
    let user = create_user(&test, "grace@example.com", "BDR").await["user"]["id"].take();
    let stranger = test.stranger();
    let variables = json!({ "id": team, "user": user });
    let seen = test
        .graphql_as(
            &stranger,
            "query($id: ID!) { team(id: $id) { id } teams { edges { node { id } } } }",
            variables.clone(),
        )
        .await;
    assert_eq!(seen["data"], json!({ "team": null, "teams": { "edges": [] } }));
    for mutation in [
        "updateTeam(input: { id: $id, name: \"Theirs\" })",
        "moveTeam(input: { id: $id })",
        "deleteTeam(input: { id: $id })",
        "addTeamMember(input: { teamId: $id, userId: $user })",
        "removeTeamMember(input: { teamId: $id, userId: $user })",
    ] {
        let document = format!("mutation($id: ID!, $user: ID) {{ {mutation} {{ errors {{ code }} }} }}");
        let document = if mutation.contains("$user") {
            document.replace("$user: ID)", "$user: ID!)")
        } else {
            document.replace(", $user: ID)", ")")
        };
        let answer = test.graphql_as(&stranger, &document, variables.clone()).await;
        let payload = answer["data"].as_object().unwrap().values().next().unwrap().clone();
        assert_eq!(payload["errors"], json!([{ "code": "NOT_FOUND" }]), "{mutation}: {answer}");
    }
}

on_both_engines!(SERVICE, only_an_admin_changes_teams_and_roles);
async fn only_an_admin_changes_teams_and_roles(test: ServiceTest) {
    let test = as_admin(test).await;
    let team = team(&test, "Ours", None).await;
    let rep = Actor { permissions: vec![Permission::Read, Permission::Write], ..test.actor.clone() };
    let nobody = Actor { permissions: Vec::new(), ..test.actor.clone() };
    for document in [
        "mutation($id: ID!) { createTeam(input: { name: \"x\", parentId: $id }) { errors { code } } }",
        "mutation($id: ID!) { updateTeam(input: { id: $id, name: \"x\" }) { errors { code } } }",
        "mutation($id: ID!) { moveTeam(input: { id: $id }) { errors { code } } }",
        "mutation($id: ID!) { deleteTeam(input: { id: $id }) { errors { code } } }",
        "mutation { createRole(input: { name: \"x\", base: BDR }) { errors { code } } }",
        "mutation { createServiceAccount(input: { name: \"x\", role: BDR }) { errors { code } } }",
    ] {
        for actor in [&rep, &nobody] {
            let answer = test.graphql_as(actor, document, json!({ "id": team })).await;
            assert_eq!(answer["errors"][0]["extensions"]["code"], "FORBIDDEN", "{document}: {answer}");
        }
    }
    for document in [
        "{ teams { edges { node { id } } } }",
        "query($id: ID!) { team(id: $id) { id } }",
        "{ customRoles { edges { node { id } } } }",
        "{ sessions { edges { node { id } } } }",
    ] {
        let read = test.graphql_as(&rep, document, json!({ "id": team })).await;
        assert!(read.get("errors").is_none(), "{document}: {read}");
        let refused = test.graphql_as(&nobody, document, json!({ "id": team })).await;
        assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{document}: {refused}");
    }
}
