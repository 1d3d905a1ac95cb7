//! Two workspaces in one database: no method of the store reads or changes what is the other's.

use events::identity::RevokedBecause;
use kernel::{Actor, EmailAddress, LeadId, Object, PageArgs, PersonName, UserId, WorkspaceId, id::TypedId};
use pipewright_identity::{
    SERVICE,
    domain::{
        Workspace,
        api_key::KeyHash,
        audit::Head,
        oidc::ExternalUser,
        password::PasswordHash,
        record::Record,
        session::{LIFETIME, Session, SignInMethod},
        team::Team,
    },
    store::{
        api_keys::{self, Used},
        audit::{self, AuditFilter},
        oidc, passwords,
        records::{self, Known},
        roles, sessions, teams, users, workspaces,
    },
};
use platform::Tx;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines, tenants};

use crate::{as_admin, create_key, create_user};

/// What takes no workspace, and why.
const EXEMPT: [(&str, &[&str]); 5] = [
    (
        "the row's own workspace",
        &[
            "api_keys::insert",
            "audit::insert",
            "oidc::insert_attempt",
            "roles::insert",
            "sessions::insert",
            "sessions::insert_refresh",
            "teams::insert",
            "users::insert",
        ],
    ),
    (
        "what somebody presents makes the workspace known",
        &[
            "api_keys::by_hash",
            "oidc::take_attempt",
            "oidc::workspace",
            "passwords::candidate",
            "passwords::invited",
            "passwords::use_invitation",
            "sessions::refresh_given",
            "sessions::use_refresh",
        ],
    ),
    (
        "a start, for the first workspace; making or locking a workspace as such",
        &["api_keys::put_in_force", "users::first_admin", "workspaces::claim", "workspaces::lock"],
    ),
    ("by age alone, or a check of all", &["audit::heads", "oidc::prune", "sessions::prune", "signing_keys::prune"]),
    ("the installation's own keys", &["signing_keys::insert", "signing_keys::since"]),
];

/// Nothing here has a client's key or an attempt to come in, and nothing is about leads of others.
const EMPTY: [&str; 3] = ["idempotency_key", "lead_access", "oidc_attempt"];

#[test]
fn every_store_method_is_tried_or_has_a_reason() {
    tenants::every_store_method_is_tried(env!("CARGO_MANIFEST_DIR"), include_str!("tenants.rs"), &EXEMPT);
}

#[tokio::test]
async fn every_table_of_a_workspace_is_behind_the_fence() {
    let test = ServiceTest::postgres(SERVICE).await;
    tenants::every_table_is_fenced(&test, &["signing_key", "workspace"]).await;
}

/// One session of ours, with all that hangs on a user.
async fn equip(test: &ServiceTest, tx: &mut Tx, workspace: WorkspaceId, user: UserId) -> Session {
    let now = test.clock.now();
    let session = Session {
        id: test.clock.id(),
        workspace,
        user,
        method: SignInMethod::Password,
        address: None,
        user_agent: None,
        created_at: now,
        last_used_at: now,
        expires_at: now + LIFETIME,
        revoked_at: None,
    };
    sessions::insert(tx, &session).await.unwrap();
    sessions::insert_refresh(tx, &session, &KeyHash::of("ours"), now).await.unwrap();
    passwords::set(tx, workspace, user, &PasswordHash::from_stored("ours".into()), now).await.unwrap();
    passwords::invite(tx, workspace, user, &KeyHash::of("ours"), now + LIFETIME, now).await.unwrap();
    oidc::link(tx, workspace, &external(), user, now).await.unwrap();
    records::keep(tx, workspace, &lead(user, 1, "ours")).await.unwrap();
    records::keep_owner(tx, workspace, LeadId::from(user.uuid()), Some(user), test.clock.id()).await.unwrap();
    session
}

/// A lead that has the user's number.
fn lead(user: UserId, version: i64, country: &str) -> Known {
    let record = Record { country: Some(country.into()), ..Record::default() };
    Known { object: Object::Lead, id: user.uuid(), version, record }
}

fn external() -> ExternalUser {
    ExternalUser { issuer: "https://id.example".into(), subject: "grace".into(), email: None }
}

on_both_engines!(SERVICE, no_store_method_reads_or_changes_what_is_anothers);
async fn no_store_method_reads_or_changes_what_is_anothers(test: ServiceTest) {
    const TEAM: &str = "mutation($input: CreateTeamInput!) { createTeam(input: $input) { team { id } } }";
    const ROLE: &str = "mutation { createRole(input: { name: \"Ours\", base: BDR }) { role { id } } }";
    let test = as_admin(test).await;
    let email = EmailAddress::parse("grace@example.com").unwrap();
    let user: UserId = id(&create_user(&test, email.as_str(), "BDR").await["user"]["id"]);
    let top = test.graphql(TEAM, json!({ "input": { "name": "Top" } })).await["createTeam"]["team"]["id"].take();
    let below = json!({ "input": { "name": "Below", "parentId": top } });
    let below: kernel::TeamId = id(&test.graphql(TEAM, below).await["createTeam"]["team"]["id"]);
    let member = "mutation($t: ID!, $u: ID!) { addTeamMember(input: { teamId: $t, userId: $u }) { user { id } } }";
    test.graphql(member, json!({ "t": below, "u": user })).await;
    let role: kernel::RoleId = id(&test.graphql(ROLE, json!({})).await["createRole"]["role"]["id"]);
    let key: kernel::ApiKeyId = id(&create_key(&test, json!({ "name": "ours", "userId": user })).await["apiKey"]["id"]);
    test.settle().await;
    let (db, now, page) = (&test.service.context.db, test.clock.now(), PageArgs { first: 50, after: None });
    let mut tx = db.everywhere().begin().await.unwrap();
    let ours = test.actor.workspace;
    let session = equip(&test, &mut tx, ours, user).await;
    tx.commit().await.unwrap();
    let top_team = teams_by_id(&test, ours, id(&top)).await.unwrap();
    let before = tenants::rows_in_every_table(&test, ours, &EMPTY).await;

    let other = test.stranger();
    let mut tx = db.everywhere().begin().await.unwrap();
    let second = Workspace { id: other.workspace, slug: "theirs".into(), name: "Theirs".into(), created_at: now };
    assert!(workspaces::claim(&mut tx, &second).await.unwrap());
    tx.commit().await.unwrap();

    // Ours finds each; theirs finds none, or each of these would pass for a broken method too.
    for (actor, found) in [(&test.actor, true), (&other, false)] {
        reads(
            &test,
            actor,
            found,
            &Ids { user, key, role, team: below, top: top_team.clone(), session: session.clone() },
            page,
        )
        .await;
    }

    let theirs = other.workspace;
    let mut tx = db.everywhere().begin().await.unwrap();
    assert!(api_keys::revoke(&mut tx, theirs, key, now).await.unwrap().is_none());
    assert_eq!(api_keys::expire(&mut tx, theirs, key, now).await.unwrap(), 0);
    api_keys::set_last_used(&mut tx, &[Used { workspace: theirs, key, at: now }]).await.unwrap();
    assert_eq!(teams::delete_empty(&mut tx, theirs, below).await.unwrap(), 0);
    let renamed = top_team.change(now, |team| team.name = "Mallory".into()).unwrap();
    teams::update(&mut tx, theirs, &[renamed]).await.unwrap();
    assert_eq!(roles::delete_unused(&mut tx, theirs, role).await.unwrap(), 0);
    let mut foreign_role = roles::by_id(&mut tx, ours, role).await.unwrap().unwrap();
    (foreign_role.workspace, foreign_role.name, foreign_role.version) = (theirs, "Mallory".into(), 2);
    assert_eq!(roles::update(&mut tx, &foreign_role).await.unwrap(), 0);
    let grace = users::by_id(&mut tx, ours, user).await.unwrap().unwrap();
    let mut change = grace.change(now, |user| user.name = PersonName::new("Mallory")).unwrap();
    change.current.workspace = theirs;
    assert_eq!(users::update(&mut tx, &change).await.unwrap(), 0);
    sessions::touch(&mut tx, theirs, session.id, now + LIFETIME).await.unwrap();
    let because = RevokedBecause::Revoked;
    assert!(sessions::revoke(&mut tx, theirs, session.id, because, now).await.unwrap().is_none());
    assert!(sessions::revoke_others(&mut tx, theirs, user, None, because, now).await.unwrap().is_empty());
    passwords::set(&mut tx, theirs, user, &PasswordHash::from_stored("theirs".into()), now).await.unwrap();
    let head = Head::start();
    let example = events::examples::all().remove(0);
    let entry = head.next(&events::Envelope { workspace: theirs, ..example }).unwrap();
    assert_eq!(audit::advance(&mut tx, &head, &entry).await.unwrap(), 0, "they have no trail yet");
    assert_eq!(audit::head(&mut tx, theirs).await.unwrap(), Head::start(), "and it begins for itself");
    // The same person at the same provider may be another user there.
    assert_eq!(oidc::link(&mut tx, theirs, &external(), user, now).await.unwrap(), 1);
    records::keep(&mut tx, theirs, &lead(user, 2, "theirs")).await.unwrap();
    records::keep_owner(&mut tx, theirs, LeadId::from(user.uuid()), None, test.clock.id()).await.unwrap();
    // What we invited somebody to stays open when they invite, and when they end what is open.
    passwords::end_invitations(&mut tx, theirs, user, now).await.unwrap();
    passwords::invite(&mut tx, theirs, user, &KeyHash::of("theirs"), now + LIFETIME, now).await.unwrap();
    tx.commit().await.unwrap();
    assert_eq!(tenants::rows(&test, ours).await, before);
}

struct Ids {
    user: UserId,
    key: kernel::ApiKeyId,
    role: kernel::RoleId,
    team: kernel::TeamId,
    top: Team,
    session: Session,
}

async fn reads(test: &ServiceTest, actor: &Actor, found: bool, ids: &Ids, page: PageArgs) {
    let (db, workspace) = (&test.service.context.db, actor.workspace);
    let Ids { user, key, role, team, top, session } = ids;
    let email = EmailAddress::parse("grace@example.com").unwrap();
    assert_eq!(workspaces::by_id(db, workspace).await.unwrap().is_some_and(|found| found.name != "Theirs"), found);
    assert_eq!(!users::by_ids(db, actor, &[*user]).await.unwrap().is_empty(), found);
    assert_eq!(!users::list(db, actor, page).await.unwrap().is_empty(), found);
    assert_eq!(!users::pages_by_teams(db, actor, &[*team], page).await.unwrap().is_empty(), found);
    assert_eq!(!teams::by_ids(db, actor, &[*team]).await.unwrap().is_empty(), found);
    assert_eq!(!teams::list(db, actor, page).await.unwrap().is_empty(), found);
    assert_eq!(!teams::pages_by_parents(db, actor, &[top.id], page).await.unwrap().is_empty(), found);
    assert_eq!(!roles::by_ids(db, actor, &[*role]).await.unwrap().is_empty(), found);
    assert_eq!(!roles::list(db, actor, page).await.unwrap().is_empty(), found);
    assert_eq!(!api_keys::list(db, actor, page).await.unwrap().is_empty(), found);
    assert_eq!(users::with_standing(db, workspace, *user).await.unwrap().is_some(), found);
    assert_eq!(users::in_tree(db, workspace, &top.path).await.unwrap().contains(user), found);
    assert_eq!(records::by_id(db, workspace, Object::Lead, user.uuid()).await.unwrap().is_some(), found);
    assert_eq!(sessions::with_standing(db, workspace, session.id).await.unwrap().is_some(), found);
    assert_eq!(!sessions::list(db, workspace, *user, page).await.unwrap().is_empty(), found);
    assert_eq!(passwords::hash_of(db, workspace, *user).await.unwrap().is_some(), found);
    assert_eq!(!audit::list(db, actor, &AuditFilter::default(), page).await.unwrap().is_empty(), found);
    assert_eq!(!audit::chain(db, workspace, 0, 10).await.unwrap().is_empty(), found);
    let mut tx = db.everywhere().begin().await.unwrap();
    assert_eq!(users::by_id(&mut tx, workspace, *user).await.unwrap().is_some(), found);
    assert_eq!(users::count_active_admins(&mut tx, workspace).await.unwrap() > 0, found);
    assert_eq!(teams::by_id(&mut tx, workspace, *team).await.unwrap().is_some(), found);
    assert_eq!(teams::name_taken(&mut tx, workspace, *team, "Top").await.unwrap(), found);
    let tree = Team { workspace, ..top.clone() };
    assert_eq!(!teams::tree(&mut tx, &tree).await.unwrap().is_empty(), found);
    assert_eq!(roles::by_id(&mut tx, workspace, *role).await.unwrap().is_some(), found);
    assert_eq!(roles::name_taken(&mut tx, workspace, test.clock.id(), "Ours").await.unwrap(), found);
    assert_eq!(api_keys::by_id(&mut tx, workspace, *key).await.unwrap().is_some(), found);
    assert_eq!(api_keys::with_standing(&mut tx, workspace, *key).await.unwrap().is_some(), found);
    assert_eq!(sessions::by_id(&mut tx, workspace, session.id).await.unwrap().is_some(), found);
    assert_eq!(sessions::with_standing_for_update(&mut tx, workspace, session.id).await.unwrap().is_some(), found);
    assert_eq!(oidc::linked(&mut tx, workspace, &external()).await.unwrap().is_some(), found);
    assert_eq!(oidc::by_email(&mut tx, workspace, &email).await.unwrap().is_some(), found);
    tx.rollback().await.unwrap();
}

async fn teams_by_id(test: &ServiceTest, workspace: WorkspaceId, id: kernel::TeamId) -> Option<Team> {
    teams::by_ids(&test.service.context.db, &Actor::system(workspace, "test"), &[id]).await.unwrap().pop()
}

fn id<T: std::str::FromStr>(value: &serde_json::Value) -> T {
    value.as_str().and_then(|text| text.parse().ok()).unwrap_or_else(|| panic!("{value} is no such id"))
}

on_both_engines!(SERVICE, a_second_workspace_is_opened_and_its_admin_sees_nothing_of_the_first);
async fn a_second_workspace_is_opened_and_its_admin_sees_nothing_of_the_first(test: ServiceTest) {
    const OPEN: &str = "mutation($input: CreateWorkspaceInput!) { createWorkspace(input: $input) {
        workspace { id slug name } token errors { code field } } }";
    const SEE: &str = "{ workspace { slug } users { edges { node { email } } } apiKeys { edges { node { id } } }
        auditTrail { edges { node { action } } } teams { edges { node { id } } } }";
    let test = as_admin(test).await;
    let input =
        |slug: &str, email: &str| json!({ "slug": slug, "name": "EMEA", "adminName": "Ada", "adminEmail": email });
    let email = "admin@pipewright.example";
    let opened = test.graphql(OPEN, json!({ "input": input("emea", email) })).await["createWorkspace"].take();
    assert_eq!(opened["errors"], json!([]), "the address is taken in the first workspace, and free in this");
    assert_eq!(opened["workspace"]["slug"], "emea");
    test.settle().await;

    let password = "correct horse battery";
    let body = json!({ "token": opened["token"], "password": password });
    assert_eq!(crate::sign_in::post(&test, "/auth/password", body).await.status, 204);
    let body = json!({ "email": email, "password": password, "workspace": "emea" });
    let signed_in = crate::sign_in::post(&test, "/auth/sign-in", body).await;
    assert_eq!(signed_in.status, 200, "{}", signed_in.body);
    let without = json!({ "email": email, "password": password });
    assert_eq!(crate::sign_in::post(&test, "/auth/sign-in", without).await.status, 401, "not in the first");
    let ada = crate::authenticate(&test.service, &signed_in.text("accessToken")).await.unwrap();
    assert_eq!(opened["workspace"]["id"], ada.workspace.to_string());
    test.settle().await;
    let seen = test.graphql_as(&ada, SEE, json!({})).await["data"].take();
    assert_eq!(seen["workspace"]["slug"], "emea");
    assert_eq!(seen["users"]["edges"], json!([{ "node": { "email": email } }]));
    assert_eq!((&seen["apiKeys"]["edges"], &seen["teams"]["edges"]), (&json!([]), &json!([])));
    assert_eq!(seen["auditTrail"]["edges"].as_array().unwrap().len(), 4, "made, invited, set a password, came in");
    let ours = test.graphql(SEE, json!({})).await;
    assert_eq!(ours["users"]["edges"].as_array().unwrap().len(), 5);

    for (input, code, field) in [
        (input("emea", email), "ALREADY_EXISTS", "slug"),
        (input("E M E A", email), "INVALID_INPUT", "slug"),
        (input("apac", "nobody"), "INVALID_EMAIL", "adminEmail"),
    ] {
        let refused = test.graphql(OPEN, json!({ "input": input })).await;
        assert_eq!(refused["createWorkspace"]["errors"], json!([{ "code": code, "field": field }]));
    }
    let refused = test.graphql_as(&ada, OPEN, json!({ "input": input("apac", email) })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
    let rep = Actor { permissions: vec![kernel::Permission::Read], ..test.actor.clone() };
    let refused = test.graphql_as(&rep, OPEN, json!({ "input": input("apac", email) })).await;
    assert_eq!(refused["errors"][0]["extensions"]["code"], "FORBIDDEN", "{refused}");
}
