//! What a process leaves behind when it is killed between any two of reserve, hand over and record.

use chrono::TimeDelta;
use events::cadence::MessageSent;
use pipewright_cadence::{
    SERVICE,
    app::{App, EnrollLead},
    mail::HandOver,
};
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::world::*;

on_both_engines!(SERVICE, killed_before_the_hand_over_a_mail_in_the_folder_is_sent_once);
on_both_engines!(SERVICE, killed_after_the_hand_over_a_mail_in_the_folder_is_recorded_and_not_sent_again);
on_both_engines!(SERVICE, killed_while_sending_to_a_server_a_message_is_uncertain_and_never_sent_by_itself);
on_both_engines!(SERVICE, a_reservation_that_runs_out_is_cleared_up_without_a_restart);
on_both_engines!(SERVICE, a_record_that_comes_late_still_counts_for_its_own_attempt_only);
on_both_engines!(SERVICE, an_enrolment_stopped_meanwhile_goes_no_further);

/// Never contacted: the tests stop short of it.
const SERVER: &str = "smtp://127.0.0.1:9";

fn folder(test: &ServiceTest) -> String {
    format!("file:{}", test.service.context.config.data_dir.join("mail").display())
}

/// A process that has enrolled a lead and sent nothing yet.
async fn process_with_mail_due(test: &ServiceTest, mail_url: &str) -> (App, events::lead::Lead) {
    let lead = ready_lead(test, "ada@engines.example").await;
    let process = process(test, mail_url).await;
    process
        .enroll_lead(&test.actor, EnrollLead { lead: lead.id, sequence: None, idempotency_key: None })
        .await
        .unwrap();
    (process, lead)
}

async fn first_message(test: &ServiceTest, lead: &events::lead::Lead) -> Value {
    enrollment(test, lead.id).await["messages"][0].take()
}

async fn killed_before_the_hand_over_a_mail_in_the_folder_is_sent_once(test: ServiceTest) {
    let (killed, lead) = process_with_mail_due(&test, &folder(&test)).await;
    assert_eq!(killed.reserve_due().await.unwrap().messages.len(), 1);
    drop(killed);
    assert_eq!(first_message(&test, &lead).await["state"], "SENDING");
    assert_eq!(enrollment(&test, lead.id).await["why"], "step 1 is being sent");

    let next = process(&test, &folder(&test)).await;
    next.recover_all().await.unwrap();
    assert_eq!(first_message(&test, &lead).await["state"], "QUEUED");
    while next.send_due().await.unwrap() {}
    assert_eq!(first_message(&test, &lead).await["state"], "SENT");
    assert_eq!((mails(&test).len(), test.published::<MessageSent>().await.len()), (1, 1));
}

async fn killed_after_the_hand_over_a_mail_in_the_folder_is_recorded_and_not_sent_again(test: ServiceTest) {
    let (killed, lead) = process_with_mail_due(&test, &folder(&test)).await;
    let reserved = killed.reserve_due().await.unwrap();
    assert_eq!(killed.mailer.hand_over(&reserved.messages[0].letter).await, HandOver::Taken);
    drop(killed);
    test.clock.advance(TimeDelta::hours(1));

    let next = process(&test, &folder(&test)).await;
    next.recover_all().await.unwrap();
    assert!(!next.send_due().await.unwrap());
    let message = first_message(&test, &lead).await;
    assert_eq!(
        (message["state"].as_str(), message["sentAt"].as_str()),
        (Some("SENT"), Some("2026-11-23T09:00:00+00:00"))
    );
    assert_eq!((mails(&test).len(), test.published::<MessageSent>().await.len()), (1, 1));
    assert_eq!(enrollment(&test, lead.id).await["nextStepAt"], "2026-11-26T09:00:00+00:00");
}

async fn killed_while_sending_to_a_server_a_message_is_uncertain_and_never_sent_by_itself(test: ServiceTest) {
    let resolve = "mutation($id: ID!, $sent: Boolean!) { resolveUncertainMessage(input: { id: $id, wasSent: $sent }) {
        message { state sentAt } errors { code field } } }";
    let (killed, lead) = process_with_mail_due(&test, SERVER).await;
    killed.reserve_due().await.unwrap();
    drop(killed);
    let next = process(&test, SERVER).await;
    next.recover_all().await.unwrap();
    let message = first_message(&test, &lead).await;
    assert_eq!(message["state"], "UNCERTAIN");
    assert_eq!(
        enrollment(&test, lead.id).await["why"],
        "it is uncertain whether step 1 was sent: resolve the message to go on"
    );
    let list = "{ messages(filter: { state: UNCERTAIN }) { edges { node { id } } } }";
    assert_eq!(test.graphql(list, json!({})).await["messages"]["edges"][0]["node"]["id"], message["id"]);

    test.clock.advance(TimeDelta::days(30));
    test.settle().await;
    assert!(mails(&test).is_empty());

    let again = &test.graphql(resolve, json!({ "id": message["id"], "sent": false })).await["resolveUncertainMessage"];
    assert_eq!(again["message"]["state"], "QUEUED");
    let settled = &test.graphql(resolve, json!({ "id": message["id"], "sent": true })).await["resolveUncertainMessage"];
    assert_eq!(settled["errors"], json!([{ "code": "CONFLICT", "field": "id" }]));

    next.reserve_due().await.unwrap();
    next.recover_all().await.unwrap();
    let sent = &test.graphql(resolve, json!({ "id": message["id"], "sent": true })).await["resolveUncertainMessage"];
    assert_eq!(sent["message"], json!({ "state": "SENT", "sentAt": "2026-12-23T09:00:00+00:00" }));
    assert_eq!(enrollment(&test, lead.id).await["nextStepAt"], "2026-12-26T09:00:00+00:00");
    assert_eq!(test.published::<MessageSent>().await.len(), 1);
}

async fn a_reservation_that_runs_out_is_cleared_up_without_a_restart(test: ServiceTest) {
    let (hung, lead) = process_with_mail_due(&test, &folder(&test)).await;
    hung.reserve_due().await.unwrap();
    test.clock.advance(TimeDelta::minutes(9));
    test.settle().await;
    assert_eq!(first_message(&test, &lead).await["state"], "SENDING");
    test.clock.advance(TimeDelta::minutes(1));
    test.settle().await;
    assert_eq!(first_message(&test, &lead).await["state"], "SENT");
    assert_eq!(mails(&test).len(), 1);
}

async fn a_record_that_comes_late_still_counts_for_its_own_attempt_only(test: ServiceTest) {
    let (slow, lead) = process_with_mail_due(&test, SERVER).await;
    let reserved = slow.reserve_due().await.unwrap().messages.remove(0);
    slow.recover_all().await.unwrap();
    assert_eq!(first_message(&test, &lead).await["state"], "UNCERTAIN");
    slow.record(vec![(reserved, HandOver::Taken)]).await.unwrap();
    assert_eq!(first_message(&test, &lead).await["state"], "SENT");

    let (slow, lead) = {
        let lead = ready_lead(&test, "grace@engines.example").await;
        slow.enroll_lead(&test.actor, EnrollLead { lead: lead.id, sequence: None, idempotency_key: None })
            .await
            .unwrap();
        (slow, lead)
    };
    let first = slow.reserve_due().await.unwrap().messages.remove(0);
    let refused = || HandOver::Never("the mail server refused it with code 550".into());
    // The folder says that it never arrived, so it is sent again, and that is the attempt that counts.
    let other = process(&test, &folder(&test)).await;
    other.recover_all().await.unwrap();
    let second = other.reserve_due().await.unwrap().messages.remove(0);
    slow.record(vec![(first, refused())]).await.unwrap();
    assert_eq!(first_message(&test, &lead).await["state"], "SENDING");
    other.record(vec![(second, HandOver::Taken)]).await.unwrap();
    assert_eq!(first_message(&test, &lead).await["state"], "SENT");
    assert_eq!(test.published::<MessageSent>().await.len(), 2);
}

async fn an_enrolment_stopped_meanwhile_goes_no_further(test: ServiceTest) {
    let (process, lead) = process_with_mail_due(&test, &folder(&test)).await;
    let reserved = process.reserve_due().await.unwrap().messages.remove(0);
    let id = enrollment(&test, lead.id).await["id"].as_str().unwrap().parse().unwrap();
    process.stop_enrollment(&test.actor, id, None).await.unwrap();
    process.record(vec![(reserved, HandOver::Taken)]).await.unwrap();
    let enrollment = enrollment(&test, lead.id).await;
    assert_eq!((enrollment["state"].as_str(), enrollment["messages"].as_array().unwrap().len()), (Some("STOPPED"), 1));
    assert_eq!(enrollment["messages"][0]["state"], "SENT");
}
