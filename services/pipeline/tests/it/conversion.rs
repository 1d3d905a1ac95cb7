use chrono::TimeDelta;
use events::{Envelope, lead::RequestedOpportunity, pipeline::OpportunityCreated};
use kernel::{Actor, Currency, Money};
use pipewright_pipeline::SERVICE;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines, start_of_test};

use crate::world::{conversion, create};

fn requested(test: &ServiceTest) -> RequestedOpportunity {
    RequestedOpportunity {
        id: test.clock.id(),
        name: "Engines for 2027".into(),
        amount: Some(Money { minor: 500, currency: Currency::USD }),
    }
}

on_both_engines!(SERVICE, a_conversion_opens_the_opportunity_it_promised);
async fn a_conversion_opens_the_opportunity_it_promised(test: ServiceTest) {
    let requested = requested(&test);
    let event = conversion(&test, Some(requested.clone()));
    let rep = Actor { subject: "user_of_the_rep".into(), ..test.actor.clone() };
    let envelope = Envelope::wrap("lead", test.clock.id(), test.clock.now(), &rep, None, &event).unwrap();
    test.clock.advance(TimeDelta::hours(1));
    test.deliver_envelopes(std::slice::from_ref(&envelope)).await;

    let query = "query($id: ID!) { opportunity(id: $id) { name state createdAt account { id } contact { id }
        amount { minor currency } stage { name } stageHistory { stage { name } enteredAt by } } }";
    let data = test.graphql(query, json!({ "id": requested.id })).await;
    assert_eq!(
        data["opportunity"],
        json!({
            "name": "Engines for 2027", "state": "OPEN", "createdAt": start_of_test().to_rfc3339(),
            "account": { "id": event.account }, "contact": { "id": event.contact },
            "amount": { "minor": 500, "currency": "USD" }, "stage": { "name": "Discovery" },
            "stageHistory": [
                { "stage": { "name": "Discovery" }, "enteredAt": start_of_test().to_rfc3339(), "by": "user_of_the_rep" },
            ],
        })
    );

    let history = test.service.context.outbox.history(None, 10).await.unwrap();
    let [created] = &history[..] else { panic!("{history:?}") };
    assert_eq!((created.causation, created.correlation), (Some(envelope.id), envelope.correlation));
    assert_eq!(created.payload::<OpportunityCreated>().unwrap().current.id, requested.id);
}

on_both_engines!(SERVICE, a_conversion_told_twice_opens_one_opportunity);
async fn a_conversion_told_twice_opens_one_opportunity(test: ServiceTest) {
    let event = conversion(&test, Some(requested(&test)));
    test.deliver(&event).await;
    // Under another event id, so that the inbox does not know it.
    test.deliver(&event).await;
    let data = test.graphql("{ opportunities { totalCount } }", json!({})).await;
    assert_eq!(data["opportunities"]["totalCount"], 1);
    assert_eq!(test.published::<OpportunityCreated>().await.len(), 1);
}

on_both_engines!(SERVICE, a_conversion_without_an_opportunity_makes_its_account_and_contact_known);
async fn a_conversion_without_an_opportunity_makes_its_account_and_contact_known(test: ServiceTest) {
    let event = conversion(&test, None);
    test.deliver(&event).await;
    assert_eq!(test.published::<OpportunityCreated>().await, []);
    let input = json!({ "name": "Later", "accountId": event.account, "contactId": event.contact });
    assert_eq!(create(&test, input).await["errors"], json!([]));
}

on_both_engines!(SERVICE, a_batch_of_conversions_of_two_workspaces_shares_nothing_but_its_transaction);
async fn a_batch_of_conversions_of_two_workspaces_shares_nothing_but_its_transaction(test: ServiceTest) {
    let stranger = test.stranger();
    let envelopes: Vec<Envelope> = (0..20)
        .map(|turn| {
            let actor = if turn % 2 == 0 { &test.actor } else { &stranger };
            let event = conversion(&test, Some(requested(&test)));
            Envelope::wrap("lead", test.clock.id(), test.clock.now(), actor, None, &event).unwrap()
        })
        .collect();
    test.deliver_envelopes(&envelopes).await;
    for actor in [&test.actor, &stranger] {
        let query = "{ opportunities { totalCount } pipelines { edges { node { name } } } }";
        let answer = test.graphql_as(actor, query, json!({})).await;
        assert_eq!(
            answer["data"],
            json!({ "opportunities": { "totalCount": 10 }, "pipelines": { "edges": [{ "node": { "name": "New business" } }] } })
        );
    }
}
