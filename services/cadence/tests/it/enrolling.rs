use chrono::TimeDelta;
use events::{
    cadence::{EnrollmentFinished, EnrollmentStarted, EnrollmentStopped, MessageSent},
    enrichment::Verdict,
    lead::{Lead, LeadCaptured, LeadConverted, LeadStatus, LeadUpdated},
};
use kernel::{Actor, BuiltInRole, Permission};
use pipewright_cadence::SERVICE;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines};

use crate::world::*;

on_both_engines!(SERVICE, a_routed_lead_is_welcomed_at_once_and_reminded_after_three_days);
on_both_engines!(SERVICE, a_lead_routed_again_is_not_welcomed_again);
on_both_engines!(SERVICE, a_route_that_overtakes_the_lead_waits_for_it);
on_both_engines!(SERVICE, a_converted_lead_hears_no_more);
on_both_engines!(SERVICE, a_paused_enrolment_waits_until_it_is_resumed);
on_both_engines!(SERVICE, a_stopped_enrolment_sends_nothing_more);
on_both_engines!(SERVICE, a_lead_is_enrolled_by_hand_once);
on_both_engines!(SERVICE, an_enrolment_that_is_asked_for_again_is_the_first_one);
on_both_engines!(SERVICE, nobody_enrols_a_lead_that_they_may_not_read);

async fn a_routed_lead_is_welcomed_at_once_and_reminded_after_three_days(test: ServiceTest) {
    let lead = welcomed_lead(&test, "ada@engines.example").await;
    let enrollment = enrollment(&test, lead.id).await;
    assert_eq!(enrollment["state"], "ACTIVE");
    assert_eq!(enrollment["why"], "waiting for step 2 on 2026-11-26 09:00 UTC");
    assert_eq!(enrollment["nextStepAt"], "2026-11-26T09:00:00+00:00");
    assert_eq!(enrollment["lead"]["id"], lead.id.to_string());
    assert_eq!(
        (enrollment["sequence"]["name"].as_str(), enrollment["sequence"]["steps"][1]["delayDays"].as_i64()),
        (Some("Inbound welcome"), Some(3))
    );
    let first = &enrollment["messages"][0];
    assert_eq!(
        (first["state"].as_str(), first["subject"].as_str()),
        (Some("SENT"), Some("Ada, thank you for getting in touch"))
    );
    assert_eq!(
        first["decision"],
        json!({ "allowed": true, "reasons": [], "ruleVersion": 1, "decidedAt": "2026-11-23T09:00:00+00:00" })
    );
    let mail = mails(&test).remove(0);
    assert!(mail.contains("I look after Engines Ltd on our side") && mail.contains("Grace Hopper"), "{mail}");

    test.clock.advance(TimeDelta::days(3) - TimeDelta::seconds(1));
    test.settle().await;
    assert_eq!(test.published::<MessageSent>().await.len(), 1);
    test.clock.advance(TimeDelta::seconds(1));
    test.settle().await;
    let steps: Vec<i64> = test.published::<MessageSent>().await.iter().map(|sent| sent.step).collect();
    assert_eq!(steps, [1, 2]);
    assert_eq!(test.published::<EnrollmentStarted>().await.len(), 1);
    assert_eq!(test.published::<EnrollmentFinished>().await.len(), 1);
    assert_eq!(enrollments(&test, lead.id).await[0]["why"], "finished: every step was sent");
    assert_eq!(mails(&test).len(), 2);
}

async fn a_lead_routed_again_is_not_welcomed_again(test: ServiceTest) {
    let lead = welcomed_lead(&test, "ada@engines.example").await;
    test.clock.advance(TimeDelta::minutes(1));
    routed(&test, lead.id, "Katherine Johnson").await;
    enrollment(&test, lead.id).await;
    assert_eq!(mails(&test).len(), 1);
    test.clock.advance(TimeDelta::days(3));
    test.settle().await;
    let second = mails(&test).into_iter().find(|mail| mail.contains("a few days ago")).unwrap();
    assert!(second.contains("Katherine Johnson"), "{second}");
}

async fn a_route_that_overtakes_the_lead_waits_for_it(test: ServiceTest) {
    let lead = lead(&test, "ada@engines.example");
    routed(&test, lead.id, "Grace Hopper").await;
    test.deliver(&LeadCaptured { current: lead.clone() }).await;
    test.clock.advance(TimeDelta::seconds(1));
    test.settle().await;
    assert!(enrollments(&test, lead.id).await.is_empty());
    verified(&test, &lead, Verdict::Risky).await;
    test.clock.advance(TimeDelta::seconds(2));
    test.settle().await;
    assert_eq!(enrollment(&test, lead.id).await["messages"][0]["state"], "SENT");
}

fn converted(test: &ServiceTest, lead: &Lead) -> LeadConverted {
    let current = Lead { version: 2, status: LeadStatus::Converted, ..lead.clone() };
    LeadConverted {
        previous: lead.clone(),
        current,
        contact: test.clock.id(),
        account: test.clock.id(),
        opportunity: None,
        owner: None,
    }
}

async fn a_converted_lead_hears_no_more(test: ServiceTest) {
    let lead = welcomed_lead(&test, "ada@engines.example").await;
    test.deliver(&converted(&test, &lead)).await;
    let stopped = enrollment(&test, lead.id).await;
    assert_eq!(
        (stopped["state"].as_str(), stopped["why"].as_str()),
        (Some("STOPPED"), Some("stopped: the lead was converted"))
    );
    assert_eq!(stopped["messages"][1]["state"], "CANCELLED");
    test.clock.advance(TimeDelta::days(4));
    // News that is older than what is known changes nothing.
    test.deliver(&LeadUpdated { previous: lead.clone(), current: lead.clone() }).await;
    assert_eq!(mails(&test).len(), 1);
    assert_eq!(test.published::<EnrollmentStopped>().await[0].why, "the lead was converted");

    let early = ready_lead(&test, "grace@engines.example").await;
    test.deliver(&converted(&test, &early)).await;
    routed(&test, early.id, "Grace Hopper").await;
    assert!(enrollments(&test, early.id).await.is_empty());
}

async fn a_paused_enrolment_waits_until_it_is_resumed(test: ServiceTest) {
    let lead = welcomed_lead(&test, "ada@engines.example").await;
    let id = enrollment(&test, lead.id).await["id"].clone();
    let pause = "mutation($id: ID!) { pauseEnrollment(input: { id: $id }) { enrollment { state why nextStepAt } errors { code field } } }";
    let paused = &test.graphql(pause, json!({ "id": id })).await["pauseEnrollment"];
    assert_eq!(
        paused["enrollment"],
        json!({ "state": "PAUSED", "why": "paused: step 2 waits until it is resumed", "nextStepAt": null })
    );
    let again = &test.graphql(pause, json!({ "id": id })).await["pauseEnrollment"];
    assert_eq!(again, &json!({ "enrollment": null, "errors": [{ "code": "CONFLICT", "field": "id" }] }));

    test.clock.advance(TimeDelta::days(5));
    test.settle().await;
    assert_eq!(mails(&test).len(), 1);
    let resume = "mutation($id: ID!) { resumeEnrollment(input: { id: $id }) { enrollment { state } errors { code } } }";
    assert_eq!(test.graphql(resume, json!({ "id": id })).await["resumeEnrollment"]["enrollment"]["state"], "ACTIVE");
    test.settle().await;
    assert_eq!(mails(&test).len(), 2);
}

async fn a_stopped_enrolment_sends_nothing_more(test: ServiceTest) {
    let lead = welcomed_lead(&test, "ada@engines.example").await;
    let id = enrollment(&test, lead.id).await["id"].clone();
    let stop = "mutation($id: ID!) { stopEnrollment(input: { id: $id, reason: \"she called\" }) { enrollment { state why } errors { code } } }";
    let stopped = &test.graphql(stop, json!({ "id": id })).await["stopEnrollment"];
    assert_eq!(stopped, &json!({ "enrollment": { "state": "STOPPED", "why": "stopped: she called" }, "errors": [] }));
    assert_eq!(test.graphql(stop, json!({ "id": id })).await["stopEnrollment"]["errors"][0]["code"], "CONFLICT");
    test.clock.advance(TimeDelta::days(5));
    test.settle().await;
    assert_eq!(mails(&test).len(), 1);
}

async fn a_lead_is_enrolled_by_hand_once(test: ServiceTest) {
    let enroll = "mutation($lead: ID!) { enrollLead(input: { leadId: $lead }) { enrollment { state } errors { code field message } } }";
    let nobody: kernel::LeadId = test.clock.id();
    let unknown = &test.graphql(enroll, json!({ "lead": nobody })).await["enrollLead"]["errors"][0];
    assert_eq!((unknown["code"].as_str(), unknown["field"].as_str()), (Some("NOT_FOUND"), Some("leadId")));

    let lead = captured(&test, "ada@engines.example").await;
    let early = &test.graphql(enroll, json!({ "lead": lead.id })).await["enrollLead"]["errors"][0];
    assert_eq!(early["code"], "SEND_REFUSED");
    assert_eq!(early["message"], "the send gate refuses: the address has not been verified");
    assert!(enrollments(&test, lead.id).await.is_empty() && test.published::<EnrollmentStarted>().await.is_empty());

    verified(&test, &lead, Verdict::Valid).await;
    let enrolled = &test.graphql(enroll, json!({ "lead": lead.id })).await["enrollLead"];
    assert_eq!(enrolled, &json!({ "enrollment": { "state": "ACTIVE" }, "errors": [] }));
    assert_eq!(
        test.graphql(enroll, json!({ "lead": lead.id })).await["enrollLead"]["errors"][0]["code"],
        "ALREADY_EXISTS"
    );
    test.settle().await;
    assert!(mails(&test)[0].contains("Your contact"));

    let stranger = test.graphql_as(&test.stranger(), enroll, json!({ "lead": lead.id })).await;
    assert_eq!(stranger["data"]["enrollLead"]["errors"][0]["code"], "NOT_FOUND");
    let reader = Actor { permissions: vec![Permission::Read], ..test.actor.clone() };
    let forbidden = test.graphql_as(&reader, enroll, json!({ "lead": lead.id })).await;
    assert_eq!(forbidden["errors"][0]["extensions"]["code"], "FORBIDDEN");
}

async fn an_enrolment_that_is_asked_for_again_is_the_first_one(test: ServiceTest) {
    let enroll = "mutation($input: EnrollLeadInput!) { enrollLead(input: $input) { enrollment { id state } errors { code field } } }";
    let (ada, bob) = (ready_lead(&test, "ada@engines.example").await, ready_lead(&test, "bob@engines.example").await);
    let ask = async |lead: kernel::LeadId| {
        let input = json!({ "leadId": lead, "idempotencyKey": "k" });
        test.graphql(enroll, json!({ "input": input })).await["enrollLead"].take()
    };
    let first = ask(ada.id).await;
    assert_eq!((&first["enrollment"]["state"], &first["errors"]), (&json!("ACTIVE"), &json!([])));
    assert_eq!(ask(ada.id).await, first);
    let other = ask(bob.id).await;
    assert_eq!(other["errors"], json!([{ "code": "IDEMPOTENCY_MISMATCH", "field": "idempotencyKey" }]));
    assert_eq!(test.published::<EnrollmentStarted>().await.len(), 1);
}

async fn nobody_enrols_a_lead_that_they_may_not_read(test: ServiceTest) {
    let enroll =
        "mutation($lead: ID!) { enrollLead(input: { leadId: $lead }) { enrollment { state } errors { code field } } }";
    let (ada, ben) = (test.user(BuiltInRole::AccountExecutive), test.user(BuiltInRole::AccountExecutive));
    let lead = ready_lead(&test, "ada@engines.example").await;
    test.graphql(
        "mutation($email: String!) { suppress(input: { email: $email, reason: \"not yet\" }) { errors { code } } }",
        json!({ "email": lead.email }),
    )
    .await;
    // Routed, and not enrolled by that: the address is suppressed.
    test.route(lead.id, &ada).await;
    let as_ben = test.graphql_as(&ben, enroll, json!({ "lead": lead.id })).await;
    let missing = json!({ "enrollment": null, "errors": [{ "code": "NOT_FOUND", "field": "leadId" }] });
    assert_eq!(as_ben["data"]["enrollLead"], missing);
    let as_ada = test.graphql_as(&ada, enroll, json!({ "lead": lead.id })).await;
    assert_ne!(as_ada["data"]["enrollLead"]["errors"][0]["code"], "NOT_FOUND", "{as_ada}");
}
