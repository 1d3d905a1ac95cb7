//! Whatever somebody changes is in the trail, in their name.

use std::collections::{BTreeMap, BTreeSet};

use anyhow::{Context, Result, ensure};
use pipewright_tests::{
    Deployment, Topology,
    mutations::{CHANGES, CREATES},
};
use serde_json::{Value, json};
use testkit::{MailServer, Mood};

/// What the trail calls what one mutation does; where it does several things, the one that gives it its name.
const ACTIONS: &[(&str, &str)] = &[
    ("addAccountDomain", "crm.lead.account.domains_changed.v1"),
    ("addTeamMember", "crm.identity.user.updated.v1"),
    ("captureLead", "crm.lead.lead.captured.v1"),
    ("convertLead", "crm.lead.lead.converted.v1"),
    ("createAccount", "crm.lead.account.created.v1"),
    ("createApiKey", "crm.identity.api_key.created.v1"),
    ("createContact", "crm.lead.contact.created.v1"),
    ("createForm", "crm.lead.form.changed.v1"),
    ("createLandingPage", "crm.lead.page.changed.v1"),
    ("createOpportunity", "crm.pipeline.opportunity.created.v1"),
    ("createRole", "crm.identity.role.changed.v1"),
    ("createSegment", "crm.lead.segment.changed.v1"),
    ("createServiceAccount", "crm.identity.user.created.v1"),
    ("createTeam", "crm.identity.team.changed.v1"),
    ("createUser", "crm.identity.user.created.v1"),
    ("createWorkspace", "crm.identity.workspace.created.v1"),
    ("deleteForm", "crm.lead.form.changed.v1"),
    ("deleteLandingPage", "crm.lead.page.changed.v1"),
    ("deleteRole", "crm.identity.role.changed.v1"),
    ("deleteSegment", "crm.lead.segment.changed.v1"),
    ("deleteTeam", "crm.identity.team.changed.v1"),
    ("enrichLead", "crm.enrichment.lead.enriched.v1"),
    ("enrollLead", "crm.cadence.enrollment.started.v1"),
    ("importAccounts", "crm.lead.account.created.v1"),
    ("importLeads", "crm.lead.lead.captured.v1"),
    ("inviteUser", "crm.identity.user.invited.v1"),
    ("dismissDuplicate", "crm.lead.duplicate.dismissed.v1"),
    ("linkAccounts", "crm.lead.account.hierarchy_changed.v1"),
    ("mergeAccounts", "crm.lead.account.merged.v1"),
    ("mergeContacts", "crm.lead.contact.merged.v1"),
    ("mergeLeads", "crm.lead.lead.merged.v1"),
    ("unmerge", "crm.lead.contact.unmerged.v1"),
    ("moveOpportunity", "crm.pipeline.opportunity.stage_changed.v1"),
    ("moveTeam", "crm.identity.team.changed.v1"),
    ("pauseEnrollment", "crm.cadence.enrollment.paused.v1"),
    ("recordConsent", "crm.lead.consent.granted.v1"),
    ("recordSourceCost", "crm.lead.source_cost.recorded.v1"),
    ("recordTouch", "crm.lead.contact.touched.v1"),
    ("removeAccountDomain", "crm.lead.account.domains_changed.v1"),
    ("removeTeamMember", "crm.identity.user.updated.v1"),
    ("resolveUncertainMessage", "crm.cadence.message.resolved.v1"),
    ("resumeEnrollment", "crm.cadence.enrollment.resumed.v1"),
    ("revokeApiKey", "crm.identity.api_key.revoked.v1"),
    ("revokeSession", "crm.identity.session.revoked.v1"),
    ("rotateApiKey", "crm.identity.api_key.created.v1"),
    ("routeLead", "crm.routing.lead.routed.v1"),
    ("setAccountPlan", "crm.lead.account.plan_changed.v1"),
    ("setMailboxPaused", "crm.cadence.mailbox.changed.v1"),
    ("stopEnrollment", "crm.cadence.enrollment.stopped.v1"),
    ("suppress", "crm.cadence.address.suppressed.v1"),
    ("updateAccount", "crm.lead.account.updated.v1"),
    ("updateContact", "crm.lead.contact.updated.v1"),
    ("updateForm", "crm.lead.form.changed.v1"),
    ("updateKeyAccountRules", "crm.lead.key_account_rules.changed.v1"),
    ("updateLandingPage", "crm.lead.page.changed.v1"),
    ("updateLead", "crm.lead.lead.updated.v1"),
    ("updateOpportunity", "crm.pipeline.opportunity.updated.v1"),
    ("updateRep", "crm.routing.rep.updated.v1"),
    ("updateRole", "crm.identity.role.changed.v1"),
    ("updateSegment", "crm.lead.segment.changed.v1"),
    ("updateSegmentBands", "crm.lead.segment_bands.changed.v1"),
    ("updateTeam", "crm.identity.team.changed.v1"),
    ("updateUser", "crm.identity.user.updated.v1"),
];

#[tokio::test]
async fn every_mutation_leaves_its_entry_in_one_process() -> Result<()> {
    every_mutation_leaves_its_entry(Topology::OneProcess).await
}

#[tokio::test]
async fn every_mutation_leaves_its_entry_in_separate_processes() -> Result<()> {
    every_mutation_leaves_its_entry(Topology::Separate).await
}

async fn every_mutation_leaves_its_entry(topology: Topology) -> Result<()> {
    let server = MailServer::start().await;
    // Nobody knows of any mail whether it was taken.
    server.mood(Mood::HangUp("."));
    let url = format!("smtp://127.0.0.1:{}", server.port());
    let platform = Deployment::start_with(topology, &[("PIPEWRIGHT__MAIL__URL", url.as_str())]).await?;
    let mut caller = Caller::new(&platform).await?;
    caller.teams_and_roles().await?;
    caller.keys_and_sessions().await?;
    let lead = caller.leads().await?;
    caller.forms_and_pages().await?;
    caller.accounts_and_opportunities().await?;
    caller.enrolments(&lead).await?;
    caller.reps().await?;
    caller.duplicates().await?;
    caller.does("convertLead", json!({ "id": lead, "opportunity": { "name": "Engines" } }), "").await?;
    let listed: BTreeSet<&str> = CREATES.iter().chain(CHANGES).copied().collect();
    let untried: Vec<_> = listed.difference(&caller.tried).collect();
    ensure!(untried.is_empty(), "nobody has looked for what these leave in the trail: {untried:?}");
    Ok(())
}

/// Somebody who changes things, and looks into the trail after each.
struct Caller<'a> {
    platform: &'a Deployment,
    client: reqwest::Client,
    /// What the trail calls them.
    actor: Value,
    /// The type of each mutation's input.
    inputs: BTreeMap<String, String>,
    tried: BTreeSet<&'static str>,
    requests: usize,
}

impl<'a> Caller<'a> {
    async fn new(platform: &'a Deployment) -> Result<Self> {
        const INPUTS: &str = "{ __schema { mutationType { fields { name args { type { ofType { name } } } } } } }";
        let actor = platform.graphql("{ me { id } }", json!({})).await?["me"]["id"].take();
        let schema = platform.graphql(INPUTS, json!({})).await?;
        let fields = schema["__schema"]["mutationType"]["fields"].as_array().context("mutations")?;
        let input = |field: &Value| {
            let ty = field["args"][0]["type"]["ofType"]["name"].as_str()?;
            Some((field["name"].as_str()?.to_owned(), ty.to_owned()))
        };
        let inputs = fields.iter().filter_map(input).collect();
        let client = reqwest::Client::new();
        Ok(Self { platform, client, actor, inputs, tried: BTreeSet::new(), requests: 0 })
    }

    /// Calls a mutation, and finds the entry that this very request left. Gives what `select` takes of the payload.
    async fn does(&mut self, mutation: &'static str, input: Value, select: &str) -> Result<Value> {
        self.requests += 1;
        let request_id = format!("req-{}", self.requests);
        let ty = self.inputs.get(mutation).with_context(|| format!("there is no {mutation}"))?;
        let query = format!(
            "mutation($input: {ty}!) {{ {mutation}(input: $input) {{ {select} errors {{ code field message }} }} }}"
        );
        let request = self.client.post(format!("{}/graphql", self.platform.url())).bearer_auth(self.platform.key());
        let request = request.header("x-request-id", request_id.as_str());
        let request = request.json(&json!({ "query": query, "variables": { "input": input } }));
        let mut answer: Value = request.send().await?.json().await?;
        ensure!(answer.get("errors").is_none(), "{mutation}: {answer}");
        ensure!(answer["data"][mutation]["errors"] == json!([]), "{mutation}: {answer}");
        self.finds(mutation, "requestId", &json!(request_id)).await?;
        Ok(answer["data"][mutation].take())
    }

    /// Waits for the caller's own entry about `mutation` whose `field` is this.
    async fn finds(&mut self, mutation: &'static str, field: &str, value: &Value) -> Result<()> {
        const TRAIL: &str = "query($filter: AuditTrailFilter) { auditTrail(first: 50, filter: $filter) {
            edges { node { requestId subject } } } }";
        let action = ACTIONS.iter().find(|(name, _)| *name == mutation).map(|(_, action)| *action);
        let action = action.with_context(|| format!("nobody knows what {mutation} is called in the trail"))?;
        let filter = json!({ "filter": { "actor": self.actor, "action": action } });
        let is_there = |data: &Value| {
            data["auditTrail"]["edges"]
                .as_array()
                .is_some_and(|edges| edges.iter().any(|edge| edge["node"][field] == *value))
        };
        self.platform.until(&format!("told of {mutation} by {action}"), TRAIL, filter, is_there).await?;
        self.tried.insert(mutation);
        Ok(())
    }

    async fn teams_and_roles(&mut self) -> Result<()> {
        let id = |mut payload: Value, object: &str| payload[object]["id"].take();
        let north = id(self.does("createTeam", json!({ "name": "North" }), "team { id }").await?, "team");
        let team = id(self.does("createTeam", json!({ "name": "Fjords" }), "team { id }").await?, "team");
        self.does("updateTeam", json!({ "id": team, "name": "Islands" }), "").await?;
        self.does("moveTeam", json!({ "id": team, "parentId": north }), "").await?;
        let program = json!({ "name": "Exporter", "role": "READ_ONLY" });
        let user = id(self.does("createServiceAccount", program, "user { id }").await?, "user");
        self.does("addTeamMember", json!({ "teamId": team, "userId": user }), "").await?;
        self.does("removeTeamMember", json!({ "teamId": team, "userId": user }), "").await?;
        self.does("updateUser", json!({ "id": user, "name": "Importer" }), "").await?;
        self.does("deleteTeam", json!({ "id": team }), "").await?;
        let grants = [json!({ "action": "READ", "object": "LEAD", "scope": "OWN" })];
        let role = json!({ "name": "Own leads", "base": "ACCOUNT_EXECUTIVE", "grants": grants });
        let role = id(self.does("createRole", role, "role { id }").await?, "role");
        self.does("updateRole", json!({ "id": role, "name": "Their own leads" }), "").await?;
        self.does("deleteRole", json!({ "id": role }), "").await?;
        let workspace =
            json!({ "name": "South", "slug": "south", "adminName": "Ada", "adminEmail": "ada@south.example" });
        self.does("createWorkspace", workspace, "").await?;
        Ok(())
    }

    async fn keys_and_sessions(&mut self) -> Result<()> {
        const PASSWORD: &str = "correct horse battery";
        let key = self.does("createApiKey", json!({ "name": "Sync" }), "apiKey { id }").await?;
        let successor = self.does("rotateApiKey", json!({ "id": key["apiKey"]["id"] }), "apiKey { id }").await?;
        self.does("revokeApiKey", json!({ "id": successor["apiKey"]["id"] }), "").await?;

        let grace = json!({ "name": "Grace", "email": "grace@example.com", "role": "READ_ONLY" });
        let grace = self.does("createUser", grace, "user { id email }").await?;
        let invited = self.does("inviteUser", json!({ "userId": grace["user"]["id"] }), "token").await?;
        let identity = self.platform.pages_of("identity").to_owned();
        let password = json!({ "token": invited["token"], "password": PASSWORD });
        let set = self.client.post(format!("{identity}/auth/password")).json(&password).send().await?;
        ensure!(set.status() == 204, "{}", set.status());
        let credentials = json!({ "email": grace["user"]["email"], "password": PASSWORD });
        let session = self.client.post(format!("{identity}/auth/sign-in")).json(&credentials).send().await?;
        let session: Value = session.json().await?;
        self.does("revokeSession", json!({ "id": session["sessionId"] }), "").await?;
        Ok(())
    }

    /// Gives a lead that somebody owns.
    async fn leads(&mut self) -> Result<Value> {
        const OWNER: &str = "query($id: ID!) { lead(id: $id) { routing { owner { id } } } }";
        let rows = json!([{ "row": 2, "cells": ["ida@mills.example"] }]);
        self.does("importLeads", json!({ "headers": ["Email"], "rows": rows }), "").await?;
        let ada = json!({ "email": "ada@engines.example", "company": "Engines" });
        let lead = self.does("captureLead", ada, "lead { id }").await?["lead"]["id"].take();
        let owned = |data: &Value| data["lead"]["routing"]["owner"]["id"].is_string();
        self.platform.until("routed", OWNER, json!({ "id": lead }), owned).await?;
        self.does("enrichLead", json!({ "leadId": lead }), "").await?;
        self.does("routeLead", json!({ "leadId": lead }), "").await?;
        self.does("updateLead", json!({ "id": lead, "title": "Countess" }), "").await?;
        let consent = json!({ "leadId": lead, "purpose": "calls", "state": "GRANTED", "note": "At the fair" });
        self.does("recordConsent", consent, "").await?;
        let segment = json!({ "name": "Engines", "definition": "company = 'engines'" });
        let segment = self.does("createSegment", segment, "segment { id }").await?["segment"]["id"].take();
        self.does("updateSegment", json!({ "id": segment, "name": "Machines" }), "").await?;
        self.does("deleteSegment", json!({ "id": segment }), "").await?;
        Ok(lead)
    }

    async fn forms_and_pages(&mut self) -> Result<()> {
        let email =
            json!({ "slug": "email", "label": "E-mail", "kind": "EMAIL", "required": true, "leadField": "EMAIL" });
        let form = self.does("createForm", json!({ "name": "Demo", "fields": [email] }), "form { id }").await?;
        let form = &form["form"]["id"];
        self.does("updateForm", json!({ "id": form, "name": "Trial" }), "").await?;
        let variant = json!({ "name": "a", "blocks": [{ "kind": "FORM", "formId": form }] });
        let page = json!({ "slug": "trail", "title": "Demo", "variants": [variant] });
        let page = self.does("createLandingPage", page, "landingPage { id }").await?;
        let page = &page["landingPage"]["id"];
        self.does("updateLandingPage", json!({ "id": page, "published": true }), "").await?;
        self.does("deleteLandingPage", json!({ "id": page }), "").await?;
        self.does("deleteForm", json!({ "id": form }), "").await?;
        let cost = json!({ "source": "Fair", "amount": { "minor": 100, "currency": "EUR" } });
        self.does("recordSourceCost", cost, "").await?;
        Ok(())
    }

    async fn accounts_and_opportunities(&mut self) -> Result<()> {
        let rows = json!([{ "row": 2, "cells": ["Mills", "mills.example"] }]);
        self.does("importAccounts", json!({ "headers": ["Name", "Domain"], "rows": rows }), "").await?;
        let account = self.does("createAccount", json!({ "name": "Looms" }), "account { id }").await?;
        let account = &account["account"]["id"];
        self.does("updateAccount", json!({ "id": account, "industry": "Textiles" }), "").await?;
        self.account_trees(account).await?;
        let contact = json!({ "email": "mary@looms.example", "accountId": account });
        let contact = self.does("createContact", contact, "contact { id }").await?;
        self.does("updateContact", json!({ "id": contact["contact"]["id"], "title": "Director" }), "").await?;
        self.does("recordTouch", json!({ "contactId": contact["contact"]["id"], "kind": "CALL" }), "").await?;
        let deal = json!({ "name": "Looms", "accountId": account });
        let deal = self.does("createOpportunity", deal, "opportunity { id pipeline { stages { id } } }").await?;
        let deal = &deal["opportunity"];
        self.does("updateOpportunity", json!({ "id": deal["id"], "name": "More looms" }), "").await?;
        let next = json!({ "id": deal["id"], "stageId": deal["pipeline"]["stages"][1]["id"] });
        self.does("moveOpportunity", next, "").await?;
        Ok(())
    }

    /// Merges two of each kind, of which nobody knows more.
    async fn duplicates(&mut self) -> Result<()> {
        let mut ids: BTreeMap<&str, Vec<Value>> = BTreeMap::new();
        for name in ["Twin", "Double"] {
            let email = format!("{}@pairs.example", name.to_lowercase());
            let lead = self.does("captureLead", json!({ "email": email }), "lead { id }").await?;
            ids.entry("lead").or_default().push(lead["lead"]["id"].clone());
            let contact = self.does("createContact", json!({ "email": email }), "contact { id }").await?;
            ids.entry("contact").or_default().push(contact["contact"]["id"].clone());
            let account = self.does("createAccount", json!({ "name": name }), "account { id }").await?;
            ids.entry("account").or_default().push(account["account"]["id"].clone());
        }
        self.does("dismissDuplicate", json!({ "kind": "CONTACT", "ids": ids["contact"] }), "").await?;
        let pair = |kind: &str| json!({ "survivorId": ids[kind][0], "otherIds": [ids[kind][1]] });
        self.does("mergeLeads", pair("lead"), "").await?;
        self.does("mergeAccounts", pair("account"), "").await?;
        let merge = self.does("mergeContacts", pair("contact"), "merge { id }").await?["merge"]["id"].take();
        self.does("unmerge", json!({ "mergeId": merge }), "").await?;
        Ok(())
    }

    async fn account_trees(&mut self, account: &Value) -> Result<()> {
        let group = self.does("createAccount", json!({ "name": "Group" }), "account { id }").await?;
        let group = &group["account"]["id"];
        self.does("linkAccounts", json!({ "childId": account, "parentId": group }), "").await?;
        let domain = json!({ "accountId": group, "domain": "group.example" });
        self.does("addAccountDomain", domain.clone(), "").await?;
        self.does("removeAccountDomain", domain, "").await?;
        let bands = json!({ "midMarketFrom": 50, "enterpriseFrom": 500, "marginPercent": 5 });
        self.does("updateSegmentBands", bands, "").await?;
        self.does("setAccountPlan", json!({ "accountId": group, "tier": "KEY" }), "").await?;
        self.does("updateKeyAccountRules", json!({ "untouchedDays": 14 }), "").await?;
        Ok(())
    }

    /// Of the lead that was enrolled by being routed, and whose first mail nobody knows the end of.
    async fn enrolments(&mut self, lead: &Value) -> Result<()> {
        const ENROLLED: &str = "query($id: ID!) { mailbox { id }
            lead(id: $id) { enrollments { id messages { id state } } } }";
        let uncertain = |data: &Value| data["lead"]["enrollments"][0]["messages"][0]["state"] == "UNCERTAIN";
        let data = self.platform.until("uncertain", ENROLLED, json!({ "id": lead }), uncertain).await?;
        let enrollment = &data["lead"]["enrollments"][0];
        let (id, message) = (&enrollment["id"], &enrollment["messages"][0]["id"]);
        self.does("pauseEnrollment", json!({ "id": id }), "").await?;
        self.does("resumeEnrollment", json!({ "id": id }), "").await?;
        // Paused once more, so that the message is not sent again at once.
        self.does("pauseEnrollment", json!({ "id": id }), "").await?;
        self.does("resolveUncertainMessage", json!({ "id": message, "wasSent": false }), "").await?;
        self.does("stopEnrollment", json!({ "id": id, "reason": "she called" }), "").await?;
        self.does("suppress", json!({ "email": "no@engines.example", "reason": "a customer" }), "").await?;
        self.does("setMailboxPaused", json!({ "id": data["mailbox"]["id"], "paused": true }), "").await?;
        Ok(())
    }

    /// Takes every rep out of the rotation, and enrols by hand the lead that nobody is there to take.
    async fn reps(&mut self) -> Result<()> {
        const REPS: &str = "{ reps(first: 50) { edges { node { id } } } }";
        const STATE: &str = "query($id: ID!) { lead(id: $id) { routing { state } } }";
        const ENROLL: &str = "mutation($id: ID!) { enrollLead(input: { leadId: $id }) {
            enrollment { id } errors { message } } }";
        let starter_team = |data: &Value| data["reps"]["edges"].as_array().is_some_and(|edges| edges.len() == 4);
        let data = self.platform.until("the starter team", REPS, json!({}), starter_team).await?;
        for rep in data["reps"]["edges"].as_array().context("reps")? {
            self.does("updateRep", json!({ "id": rep["node"]["id"], "active": false }), "").await?;
        }
        let eve = json!({ "email": "eve@looms.example", "company": "Looms" });
        let lead = self.does("captureLead", eve, "lead { id }").await?["lead"]["id"].take();
        let unrouted = |data: &Value| data["lead"]["routing"]["state"] == "UNROUTED";
        self.platform.until("unrouted", STATE, json!({ "id": lead }), unrouted).await?;
        // The verdict on the address may still be on its way: until it is there the send gate refuses.
        let enrolled = |data: &Value| data["enrollLead"]["errors"] == json!([]);
        let data = self.platform.until("enrolled", ENROLL, json!({ "id": lead }), enrolled).await?;
        self.finds("enrollLead", "subject", &data["enrollLead"]["enrollment"]["id"]).await
    }
}
