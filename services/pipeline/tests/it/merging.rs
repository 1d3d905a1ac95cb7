use events::lead::{Account, AccountMerged, AccountUnmerged, ContactMerged, ContactUnmerged, Redirect};
use kernel::{AccountId, ContactId, OpportunityId};
use pipewright_pipeline::SERVICE;
use serde_json::{Value, json};
use testkit::{ServiceTest, on_both_engines};

use crate::world::*;

const READ: &str = "query($id: ID!) { opportunity(id: $id) { account { id } contact { id } } }";

const OF_ACCOUNT: &str = "query($account: ID!) {
    opportunities(filter: { accountId: $account }) { totalCount edges { node { id } } } }";

async fn read(test: &ServiceTest, id: OpportunityId) -> Value {
    test.graphql(READ, json!({ "id": id })).await["opportunity"].take()
}

/// What an event of a merge says of accounts, of which nothing changes but where they lead.
async fn account_leads(test: &ServiceTest, moved: &[(AccountId, Option<AccountId>)], survivor: AccountId) {
    let redirects = moved.iter().map(|(from, to)| Redirect { from: *from, to: *to }).collect();
    let merge = test.clock.id();
    if moved[0].1.is_none() {
        let restored = vec![Account { id: moved[0].0, version: 3, ..an_account(test) }];
        return test.deliver(&AccountUnmerged { merge, survivor, restored, redirects }).await;
    }
    let current = Account { id: survivor, version: 2, ..an_account(test) };
    let previous = Account { version: 1, ..current.clone() };
    test.deliver(&AccountMerged { merge, previous, current, others: Vec::new(), redirects }).await;
}

on_both_engines!(SERVICE, opportunities_go_with_their_account_and_come_back_with_it);
async fn opportunities_go_with_their_account_and_come_back_with_it(test: ServiceTest) {
    let [a, b, c] = [account(&test).await, account(&test).await, account(&test).await];
    let (of_a, of_b) = (opportunity_at(&test, a, "A").await, opportunity_at(&test, b, "B").await);
    account_leads(&test, &[(b, Some(a))], a).await;
    assert_eq!(read(&test, of_b).await["account"]["id"], json!(a));
    let of_both = opportunity_at(&test, a, "Both").await;
    let refused = create(&test, json!({ "name": "Late", "accountId": b })).await;
    assert_eq!(refused["errors"][0]["code"], "NOT_FOUND", "nothing is opened at what is merged away");
    account_leads(&test, &[(a, Some(c)), (b, Some(c))], c).await;
    for id in [of_a, of_b, of_both] {
        assert_eq!(read(&test, id).await["account"]["id"], json!(c));
    }
    // Whoever kept the id of one merged away finds them too.
    let found = test.graphql(OF_ACCOUNT, json!({ "account": b })).await["opportunities"].take();
    assert_eq!((&found["totalCount"], found["edges"].as_array().map(Vec::len)), (&json!(3), Some(3)));
    // The first merge is taken back first.
    account_leads(&test, &[(b, None)], a).await;
    assert_eq!(read(&test, of_b).await["account"]["id"], json!(b));
    account_leads(&test, &[(a, None)], c).await;
    for id in [of_a, of_both] {
        assert_eq!(read(&test, id).await["account"]["id"], json!(a), "what was opened since stays with the survivor");
    }
    assert_eq!(create(&test, json!({ "name": "Again", "accountId": b })).await["errors"], json!([]));
}

on_both_engines!(SERVICE, opportunities_go_with_their_contact_and_come_back_with_it);
async fn opportunities_go_with_their_contact_and_come_back_with_it(test: ServiceTest) {
    let at = account(&test).await;
    let (one, other) = (contact(&test, at).await, contact(&test, at).await);
    let made = create(&test, json!({ "name": "Looms", "accountId": at, "contactId": other })).await;
    let id: OpportunityId = made["opportunity"]["id"].as_str().unwrap().parse().unwrap();
    let to = |to: Option<ContactId>| vec![Redirect { from: other, to }];
    let merge = test.clock.id();
    let current = events::lead::Contact { id: one, version: 2, ..a_contact(&test, at) };
    let previous = events::lead::Contact { version: 1, ..current.clone() };
    let merged = ContactMerged { merge, previous, current, others: Vec::new(), redirects: to(Some(one)) };
    test.deliver(&merged).await;
    assert_eq!(read(&test, id).await["contact"]["id"], json!(one));
    let restored = vec![events::lead::Contact { id: other, version: 3, ..a_contact(&test, at) }];
    test.deliver(&ContactUnmerged { merge, survivor: one, restored, redirects: to(None) }).await;
    assert_eq!(read(&test, id).await["contact"]["id"], json!(other));
}

on_both_engines!(SERVICE, a_conversion_that_is_heard_after_the_merge_lands_at_the_survivor);
async fn a_conversion_that_is_heard_after_the_merge_lands_at_the_survivor(test: ServiceTest) {
    let survivor = account(&test).await;
    let id: OpportunityId = test.clock.id();
    let asked = events::lead::RequestedOpportunity { id, name: "Engines".into(), amount: None };
    let converted = conversion(&test, Some(asked));
    account_leads(&test, &[(converted.account, Some(survivor))], survivor).await;
    test.deliver(&converted).await;
    assert_eq!(read(&test, id).await["account"]["id"], json!(survivor));
}
