//! What somebody may not read by its id, no query shows them, whatever its way through the supergraph.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use pipewright_tests::{
    Deployment, Topology,
    mutations::{CHANGES, CREATES},
};
use serde_json::{Value, json};

use crate::on_both_topologies;

const LEADS: usize = 12;
/// Leads that become contacts with an opportunity.
const CONVERTED: usize = 4;
/// The number of a contact that an admin makes by hand: of no lead, and the admin's own.
const BY_HAND: usize = LEADS;
/// How deep the walk follows fields.
const DEPTH: usize = 6;

/// A user with a role, and what of the walk's secrets `get` would refuse them.
struct Restricted {
    key: String,
    hidden: Vec<String>,
}

on_both_topologies!(no_way_through_the_api_shows_what_a_user_may_not_read);
async fn no_way_through_the_api_shows_what_a_user_may_not_read(platform: Deployment) -> Result<()> {
    let leads = capture(&platform).await?;
    let api = Api::read(&platform).await?;
    let everything = api.walk(&platform, platform.key(), &BTreeSet::new()).await?;
    let ids = ids_in(&everything);
    ensure!(ids.len() > 5 * LEADS, "the walk has met {} objects", ids.len());
    // What is hidden must not be seen; the walk of an admin proves that it could be.
    let everything = api.walk(&platform, platform.key(), &ids).await?;
    for user in [whoever_reads_their_own(&platform, &leads).await?, whoever_reads_by_attribute(&platform).await?] {
        let seen = api.walk(&platform, &user.key, &ids).await?;
        for secret in &user.hidden {
            ensure!(everything.iter().any(|answer| answer.data.to_string().contains(secret)), "nobody finds {secret}");
            if let Some(leak) = seen.iter().find(|answer| answer.data.to_string().contains(secret)) {
                anyhow::bail!("{secret} came out of {} {}: {}", leak.query, leak.variables, leak.data);
            }
        }
        for answer in &seen {
            counts_what_it_shows(&answer.data).with_context(|| format!("{} {}", answer.query, answer.variables))?;
        }
        for id in ids_in(&seen) {
            ensure!(may_get(&platform, &user.key, &id).await?, "{id} is shown to who may not get it");
        }
    }
    deleting_alone_opens_nothing(&platform, &ids).await?;
    writing_alone_shows_nothing(&platform, &leads).await
}

/// What `DELETE` governs is said at `kernel::Action` and at the API's `GrantAction`: segments, forms and pages, and what a
/// merge takes away, for none of these takes a
/// record away. Whoever adds one here says it there.
#[test]
fn no_mutation_takes_a_record_away() {
    let takes_away = |name: &&str| ["delete", "erase", "purge", "remove"].iter().any(|verb| name.starts_with(verb));
    let found: BTreeSet<&str> = CREATES.iter().chain(CHANGES).copied().filter(takes_away).collect();
    assert_eq!(
        found,
        BTreeSet::from([
            "deleteForm",
            "deleteLandingPage",
            "deleteRole",
            "deleteSegment",
            "deleteTeam",
            "removeAccountDomain",
            "removeTeamMember",
        ])
    );
}

/// Whoever may delete every record, and nothing else, is shown none.
async fn deleting_alone_opens_nothing(platform: &Deployment, ids: &BTreeSet<String>) -> Result<()> {
    const CREATE: &str = "mutation { createUser(input: {
        name: \"Eve\", email: \"eve@walk.example\", role: ACCOUNT_EXECUTIVE }) { user { id } } }";
    let deletes = |object: &str| json!({ "action": "DELETE", "object": object, "scope": "ALL" });
    let grants = ["LEAD", "ACCOUNT", "CONTACT", "OPPORTUNITY"].map(deletes);
    let user = platform.graphql(CREATE, json!({})).await?["createUser"]["user"]["id"].take();
    give_role(platform, &user, json!({ "name": "Deletes", "grants": grants })).await?;
    let key = key_of(platform, &user).await?;
    for id in ids.iter().filter(|id| field_of(id).is_some()) {
        ensure!(!may_get(platform, &key, id).await?, "{id} is shown to who may only delete");
    }
    Ok(())
}

/// A key that may write, and not read, is not shown what it writes into.
async fn writing_alone_shows_nothing(platform: &Deployment, leads: &[Value]) -> Result<()> {
    const KEY: &str =
        "mutation { createApiKey(input: { name: \"writes\", permissions: [WRITE] }) { secret errors { code } } }";
    const CAPTURE: &str = "mutation($email: String!) {
        captureLead(input: { email: $email }) { lead { email lastName } created errors { code } } }";
    const UPDATE: &str = "mutation($id: ID!) {
        updateLead(input: { id: $id, phone: \"+49 30 1\" }) { lead { email lastName } errors { code } } }";
    let key = platform.graphql(KEY, json!({})).await?["createApiKey"]["secret"].take();
    let key = key.as_str().context("a key")?;
    let last = LEADS - 1;
    let email = format!("{}@walk.example", secrets(last)[0]);
    let captured = platform.graphql_as(key, CAPTURE, json!({ "email": email })).await?;
    let nothing = json!({ "lead": null, "created": false, "errors": [] });
    ensure!(captured["data"]["captureLead"] == nothing, "{captured}");
    let updated = platform.graphql_as(key, UPDATE, json!({ "id": leads[last] })).await?;
    let unknown = json!({ "lead": null, "errors": [{ "code": "NOT_FOUND" }] });
    ensure!(updated["data"]["updateLead"] == unknown, "{updated}");
    Ok(())
}

/// A rep who reads what is their own of everything. Contacts are whose the lead was, and so are opportunities.
async fn whoever_reads_their_own(platform: &Deployment, leads: &[Value]) -> Result<Restricted> {
    let owner = "query($id: ID!) { lead(id: $id) { routing { owner { user { id } } } } }";
    let rep =
        platform.graphql(owner, json!({ "id": leads[0] })).await?["lead"]["routing"]["owner"]["user"]["id"].take();
    own_records_only(platform, &rep).await?;
    let key = key_of(platform, &rep).await?;
    let (mut hidden, mut shown) = (Vec::new(), 0);
    for (number, id) in leads.iter().enumerate() {
        if may_get(platform, &key, id.as_str().context("an id")?).await? { shown += 1 } else { hidden.push(number) }
    }
    let deals: Vec<String> = hidden.iter().filter(|number| **number < CONVERTED).map(|number| deal(*number)).collect();
    ensure!(!deals.is_empty() && hidden.len() > deals.len() && shown > 0, "{hidden:?} hidden, {shown} shown");
    let secrets = hidden.into_iter().chain([BY_HAND]).flat_map(secrets);
    Ok(Restricted { key, hidden: secrets.chain(deals).collect() })
}

/// Somebody who reads the leads of one country, without names, and nothing else. The first mail to each names it in its
/// subject.
async fn whoever_reads_by_attribute(platform: &Deployment) -> Result<Restricted> {
    const CREATE: &str = "mutation { createUser(input: {
        name: \"Ada\", email: \"ada@walk.example\", role: ACCOUNT_EXECUTIVE }) { user { id } } }";
    let only = json!([{ "attribute": "COUNTRY", "anyOf": [country(0)] }]);
    let grant = json!({ "action": "READ", "object": "LEAD", "scope": "ALL", "only": only });
    let rules = ["firstName", "lastName"].map(|field| json!({ "object": "LEAD", "field": field, "access": "NONE" }));
    let user = platform.graphql(CREATE, json!({})).await?["createUser"]["user"]["id"].take();
    give_role(platform, &user, json!({ "name": "One country", "grants": [grant], "fieldRules": rules })).await?;
    let hidden = (0..=BY_HAND).flat_map(|number| {
        let [email, first, last, title] = secrets(number);
        if number < LEADS && country(number) == country(0) {
            vec![first, last]
        } else {
            vec![email, first, last, title]
        }
    });
    let key = key_of(platform, &user).await?;
    Ok(Restricted { key, hidden: hidden.chain((0..CONVERTED).map(deal)).collect() })
}

/// Gives the rep a role that reads what is their own of everything.
pub(crate) async fn own_records_only(platform: &Deployment, rep: &Value) -> Result<()> {
    let own = |object: &str| json!({ "action": "READ", "object": object, "scope": "OWN" });
    let grants = ["LEAD", "ACCOUNT", "CONTACT", "OPPORTUNITY"].map(own);
    give_role(platform, rep, json!({ "name": "Own records", "grants": grants })).await
}

async fn give_role(platform: &Deployment, user: &Value, mut input: Value) -> Result<()> {
    const ROLE: &str =
        "mutation($input: CreateRoleInput!) { createRole(input: $input) { role { id } errors { message } } }";
    const GIVE: &str = "mutation($user: ID!, $role: ID!) {
        updateUser(input: { id: $user, customRoleId: $role }) { errors { message } } }";
    input["base"] = json!("ACCOUNT_EXECUTIVE");
    let role = platform.graphql(ROLE, json!({ "input": input })).await?["createRole"]["role"]["id"].take();
    let given = platform.graphql(GIVE, json!({ "user": user, "role": role })).await?;
    ensure!(given["updateUser"]["errors"] == json!([]), "{given}");
    Ok(())
}

async fn key_of(platform: &Deployment, user: &Value) -> Result<String> {
    const KEY: &str =
        "mutation($user: ID) { createApiKey(input: { name: \"walk\", userId: $user }) { secret errors { code } } }";
    let made = platform.graphql(KEY, json!({ "user": user })).await?;
    Ok(made["createApiKey"]["secret"].as_str().context("a key")?.to_owned())
}

/// The field that gives an object of this kind by its id.
fn field_of(id: &str) -> Option<&'static str> {
    let kinds = [("lead_", "lead"), ("acct_", "account"), ("cont_", "contact"), ("opp_", "opportunity")];
    kinds.into_iter().find(|(prefix, _)| id.starts_with(prefix)).map(|(_, field)| field)
}

/// Whether the field that gives an object of this kind by its id gives this one. Other kinds have no such field.
async fn may_get(platform: &Deployment, key: &str, id: &str) -> Result<bool> {
    let Some(field) = field_of(id) else { return Ok(true) };
    let answer = platform
        .graphql_as(key, &format!("query($id: ID!) {{ {field}(id: $id) {{ id }} }}"), json!({ "id": id }))
        .await?;
    Ok(!answer["data"][field].is_null())
}

/// A count tells of nothing that the list hides.
fn counts_what_it_shows(data: &Value) -> Result<()> {
    if let (Some(total), Some(edges)) = (data["totalCount"].as_u64(), data["edges"].as_array())
        && data["pageInfo"]["hasNextPage"] == json!(false)
    {
        ensure!(total == edges.len() as u64, "counts {total} of {}", edges.len());
    }
    let inner: Vec<&Value> = match data {
        Value::Object(fields) => fields.values().collect(),
        Value::Array(items) => items.iter().collect(),
        _ => Vec::new(),
    };
    inner.into_iter().try_for_each(counts_what_it_shows)
}

/// Captures leads whose texts nobody can guess, lets them run through the platform, and converts the first.
async fn capture(platform: &Deployment) -> Result<Vec<Value>> {
    const CAPTURE: &str = "mutation($input: CaptureLeadInput!) { captureLead(input: $input) { lead { id } } }";
    const CONVERT: &str = "mutation($input: ConvertLeadInput!) { convertLead(input: $input) { errors { message } } }";
    const CONTACT: &str =
        "mutation($input: CreateContactInput!) { createContact(input: $input) { contact { id } errors { message } } }";
    const SENT: &str = "{ messages(first: 1, filter: { state: SENT }) { totalCount } }";
    const OPEN: &str = "{ opportunities(first: 1) { totalCount } }";
    const FOUND: &str = "query($last: String!) { search(query: $last) { totalCount } }";
    let mut leads = Vec::new();
    for number in 0..LEADS {
        let [email, first, last, title] = secrets(number);
        let input = json!({ "email": format!("{email}@walk.example"), "firstName": first, "lastName": last, "title": title,
                "country": country(number) });
        leads.push(platform.graphql(CAPTURE, json!({ "input": input })).await?["captureLead"]["lead"]["id"].take());
    }
    platform
        .until("every first mail sent", SENT, json!({}), |data| data["messages"]["totalCount"] == json!(LEADS))
        .await?;
    for (number, id) in leads.iter().enumerate().take(CONVERTED) {
        let input = json!({ "id": id, "opportunity": { "name": deal(number) } });
        platform.graphql(CONVERT, json!({ "input": input })).await?;
    }
    let [email, first, last, title] = secrets(BY_HAND);
    let input =
        json!({ "email": format!("{email}@walk.example"), "firstName": first, "lastName": last, "title": title });
    let made = platform.graphql(CONTACT, json!({ "input": input })).await?;
    ensure!(made["createContact"]["errors"] == json!([]), "{made}");
    group(platform, &made["createContact"]["contact"]["id"]).await?;
    platform
        .until("deals open", OPEN, json!({}), |data| data["opportunities"]["totalCount"] == json!(CONVERTED))
        .await?;
    let last = json!({ "last": deal(CONVERTED - 1) });
    platform.until("the last is indexed", FOUND, last, |data| data["search"]["totalCount"] == json!(1)).await?;
    Ok(leads)
}

/// Puts an account of a converted lead below one that nobody but the admin reads, plans with a contact there whom nobody
/// else reads either, and has both be key accounts in need of attention.
async fn group(platform: &Deployment, by_hand: &Value) -> Result<()> {
    const ACCOUNTS: &str = "{ accounts(first: 1) { edges { node { id } } } }";
    const GROUP: &str = "mutation($name: String!) { createAccount(input: { name: $name }) { account { id } } }";
    const PLAN: &str = "mutation($child: ID!, $parent: ID!, $contact: ID!, $secret: String!) {
        linkAccounts(input: { childId: $child, parentId: $parent }) { errors { message } }
        group: setAccountPlan(input: { accountId: $parent, tier: KEY, goals: [$secret] }) { errors { message } }
        setAccountPlan(input: { accountId: $child, tier: KEY, stakeholders: [{ contactId: $contact, role: \"champion\" }] }) {
            errors { message } } }";
    const ALERTS: &str = "{ keyAccountAlerts { edges { node { account { id } } } } }";
    let [_, name, secret, _] = secrets(BY_HAND);
    let child = platform.graphql(ACCOUNTS, json!({})).await?["accounts"]["edges"][0]["node"]["id"].take();
    let parent = platform.graphql(GROUP, json!({ "name": name })).await?["createAccount"]["account"]["id"].take();
    let planned = json!({ "child": child, "parent": parent, "contact": by_hand, "secret": secret });
    let planned = platform.graphql(PLAN, planned).await?;
    let sound = ["linkAccounts", "group", "setAccountPlan"].iter().all(|name| planned[*name]["errors"] == json!([]));
    ensure!(sound, "{planned}");
    let raised = |data: &Value| {
        let alerts = data["keyAccountAlerts"]["edges"].to_string();
        [&child, &parent].iter().all(|id| alerts.contains(id.as_str().unwrap_or("no id")))
    };
    platform.until("alerts are raised", ALERTS, json!({}), raised).await?;
    Ok(())
}

/// Words of one lead that stand nowhere else.
fn secrets(number: usize) -> [String; 4] {
    ["brox", "qualv", "dremp", "zwick"].map(|word| format!("{word}{}", letters(number)))
}

fn country(number: usize) -> &'static str {
    ["DE", "FR"][number % 2]
}

fn deal(number: usize) -> String {
    format!("Ghentz{}", letters(number))
}

/// Far enough apart that search takes none for another's misspelling.
fn letters(number: usize) -> String {
    let letter = char::from(b'a' + u8::try_from(number).unwrap_or_default());
    std::iter::repeat_n(letter, 6).collect()
}

struct Answer {
    query: String,
    variables: Value,
    data: Value,
}

/// Everything that looks like an id.
fn ids_in(answers: &[Answer]) -> BTreeSet<String> {
    let is_id = |word: &&str| {
        word.rsplit_once('_').is_some_and(|(prefix, rest)| !prefix.is_empty() && rest.len() == 26)
            && word.bytes().all(|byte| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'_')
    };
    let texts = answers.iter().map(|answer| answer.data.to_string());
    texts.flat_map(|text| text.split('"').filter(is_id).map(str::to_owned).collect::<Vec<_>>()).collect()
}

/// The published schema, as introspection tells it.
struct Api {
    types: BTreeMap<String, Value>,
    query: String,
}

impl Api {
    async fn read(platform: &Deployment) -> Result<Self> {
        const TYPE: &str = "kind name ofType { kind name ofType { kind name ofType { kind name } } }";
        let query = format!(
            "{{ __schema {{ queryType {{ name }} types {{ kind name possibleTypes {{ name }} \
             inputFields {{ name type {{ {TYPE} }} }} \
             fields(includeDeprecated: true) {{ name type {{ {TYPE} }} args {{ name type {{ {TYPE} }} }} }} }} }} }}"
        );
        let schema = platform.graphql(&query, json!({})).await?["__schema"].take();
        let named = |ty: &Value| Some((ty["name"].as_str()?.to_owned(), ty.clone()));
        let types = schema["types"].as_array().context("types")?.iter().filter_map(named).collect();
        Ok(Self { types, query: schema["queryType"]["name"].as_str().context("a query type")?.to_owned() })
    }

    /// The answers to every query field: without arguments, with each of `ids`, and with each secret word.
    async fn walk(&self, platform: &Deployment, key: &str, ids: &BTreeSet<String>) -> Result<Vec<Answer>> {
        let words: BTreeSet<String> =
            (0..=BY_HAND).flat_map(|number| secrets(number).into_iter().chain([deal(number)])).collect();
        let mut answers = Vec::new();
        for field in list(&self.types[&self.query], "fields") {
            for (arguments, variables) in self.calls(field, ids, &words) {
                let selection = self.selection(&name_of(&field["type"]), &mut vec![self.query.clone()]);
                let query = format!("{} {{ {}{} {selection} }}", arguments.0, text(&field["name"]), arguments.1);
                let mut answer = platform.graphql_as(key, &query, variables.clone()).await?;
                let code = &answer["errors"][0]["extensions"]["code"];
                ensure!(code != "VALIDATION_FAILED" && code != "PARSE_FAILED", "{query}: {answer}");
                answers.push(Answer { query, variables, data: answer["data"].take() });
            }
        }
        Ok(answers)
    }

    /// Ways to call a field: what stands before and behind its name, and the variables.
    fn calls(&self, field: &Value, ids: &BTreeSet<String>, words: &BTreeSet<String>) -> Vec<((String, String), Value)> {
        let mut calls = Vec::new();
        let arguments = list(field, "args");
        let required: Vec<_> = arguments.iter().filter(|argument| argument["type"]["kind"] == "NON_NULL").collect();
        if required.is_empty() {
            calls.push((Default::default(), json!({})));
        }
        for argument in arguments {
            if !required.is_empty() && required != [argument] {
                continue;
            }
            let (name, ty) = (text(&argument["name"]), name_of(&argument["type"]));
            let declared = declaration(&argument["type"]);
            let mut call = |value: Value| {
                let shape = (format!("query($value: {declared})"), format!("({name}: $value)"));
                calls.push((shape, json!({ "value": value })));
            };
            let values: BTreeMap<&str, &BTreeSet<String>> = [("ID", ids), ("String", words)].into();
            match values.get(ty.as_str()) {
                _ if name == "after" => {}
                Some(values) => values.iter().for_each(|value| call(json!(value))),
                None => {
                    for input in list(&self.types[&ty], "inputFields") {
                        for value in values.get(name_of(&input["type"]).as_str()).into_iter().copied().flatten() {
                            // An address is looked for whole.
                            let value =
                                if input["name"] == "email" { format!("{value}@walk.example") } else { value.clone() };
                            call(json!({ text(&input["name"]): value }));
                        }
                    }
                }
            }
        }
        calls
    }

    /// Every field of a type that needs no argument, down to where a type comes again.
    fn selection(&self, name: &str, path: &mut Vec<String>) -> String {
        let Some(ty) = self.types.get(name) else { return String::new() };
        if path.len() > DEPTH || path.iter().any(|seen| seen == name) {
            return if matches!(text(&ty["kind"]), "OBJECT" | "INTERFACE" | "UNION") {
                "{ __typename }".into()
            } else {
                String::new()
            };
        }
        path.push(name.to_owned());
        let mut parts = Vec::new();
        for field in list(ty, "fields") {
            if list(field, "args").iter().all(|argument| argument["type"]["kind"] != "NON_NULL") {
                parts.push(format!("{} {}", text(&field["name"]), self.selection(&name_of(&field["type"]), path)));
            }
        }
        for possible in list(ty, "possibleTypes").iter().filter(|_| ty["kind"] == "UNION") {
            let possible = text(&possible["name"]);
            // Members of a union may disagree about a field: each goes under names of its own.
            let selection = self.selection(possible, path);
            parts.push(format!("... on {possible} {}", aliased(&selection, possible)));
        }
        path.pop();
        if parts.is_empty() { String::new() } else { format!("{{ __typename {} }}", parts.join(" ")) }
    }
}

/// Gives the fields directly within a selection an alias that begins with `prefix`.
fn aliased(selection: &str, prefix: &str) -> String {
    let mut out = String::new();
    let mut depth = 0;
    for word in selection.split(' ') {
        match word {
            "{" => depth += 1,
            "}" => depth -= 1,
            "" | "__typename" => {}
            _ if depth == 1 => out.push_str(&format!("{prefix}_{word}: ")),
            _ => {}
        }
        out.push_str(word);
        out.push(' ');
    }
    out
}

fn list<'v>(value: &'v Value, key: &str) -> &'v [Value] {
    value[key].as_array().map(Vec::as_slice).unwrap_or_default()
}

fn text(value: &Value) -> &str {
    value.as_str().unwrap_or_default()
}

/// The type below lists and non-nulls.
fn name_of(ty: &Value) -> String {
    ty["name"].as_str().map_or_else(|| name_of(&ty["ofType"]), str::to_owned)
}

/// The type as a variable declares it.
fn declaration(ty: &Value) -> String {
    match text(&ty["kind"]) {
        "NON_NULL" => format!("{}!", declaration(&ty["ofType"])),
        "LIST" => format!("[{}]", declaration(&ty["ofType"])),
        _ => text(&ty["name"]).to_owned(),
    }
}
