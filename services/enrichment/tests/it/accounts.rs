use events::lead::{Account, AccountCreated, AccountUpdated, Lead, LeadCaptured, LeadUpdated};
use pipewright_enrichment::SERVICE;
use serde_json::json;
use testkit::{ServiceTest, on_both_engines};

use crate::build::{account, found, lead, read};

on_both_engines!(SERVICE, the_leads_own_account_is_asked_before_the_one_with_its_domain);
async fn the_leads_own_account_is_asked_before_the_one_with_its_domain(test: ServiceTest) {
    let own = Account { industry: Some("Energy".into()), ..account(&test, "Own") };
    let same_domain = Account {
        domain: Some("engines.example".into()),
        industry: Some("Utilities".into()),
        ..account(&test, "Other")
    };
    test.deliver(&AccountCreated { current: own.clone() }).await;
    test.deliver(&AccountCreated { current: same_domain }).await;
    let linked = Lead { account: Some(own.id), ..lead(&test, "ada@engines.example") };
    let unlinked = lead(&test, "eve@engines.example");
    test.deliver(&LeadCaptured { current: linked.clone() }).await;
    test.deliver(&LeadCaptured { current: unlinked.clone() }).await;
    assert_eq!(found(&read(&test, linked.id).await)[0], json!(["industry", "Energy", "account_base"]));
    assert_eq!(found(&read(&test, unlinked.id).await)[0], json!(["industry", "Utilities", "account_base"]));
}

on_both_engines!(SERVICE, an_account_of_a_free_mail_domain_claims_nobody);
async fn an_account_of_a_free_mail_domain_claims_nobody(test: ServiceTest) {
    let google =
        Account { domain: Some("gmail.com".into()), industry: Some("Technology".into()), ..account(&test, "Google") };
    test.deliver(&AccountCreated { current: google }).await;
    let current = lead(&test, "ada@gmail.com");
    test.deliver(&LeadCaptured { current: current.clone() }).await;
    assert_eq!(read(&test, current.id).await["enrichment"]["status"], json!("EMPTY"));
}

on_both_engines!(SERVICE, an_older_state_of_an_account_changes_nothing);
async fn an_older_state_of_an_account_changes_nothing(test: ServiceTest) {
    let first = Account { industry: Some("Energy".into()), ..account(&test, "Engines") };
    let second = Account { version: 2, industry: Some("Utilities".into()), ..first.clone() };
    test.deliver(&AccountUpdated { previous: first.clone(), current: second }).await;
    test.deliver(&AccountCreated { current: first.clone() }).await;
    let current = Lead { account: Some(first.id), ..lead(&test, "ada@gmail.com") };
    test.deliver(&LeadCaptured { current: current.clone() }).await;
    assert_eq!(found(&read(&test, current.id).await), json!([["industry", "Utilities", "account_base"]]));
}

on_both_engines!(SERVICE, a_lead_that_finds_its_account_later_is_enriched_again);
async fn a_lead_that_finds_its_account_later_is_enriched_again(test: ServiceTest) {
    let first = lead(&test, "ada@engines.example");
    test.deliver(&LeadCaptured { current: first.clone() }).await;
    let engines = Account { industry: Some("Energy".into()), ..account(&test, "Engines") };
    test.deliver(&AccountCreated { current: engines.clone() }).await;
    assert_eq!(read(&test, first.id).await["enrichment"]["fields"][0]["name"], json!("company_domain"));
    let second = Lead { version: 2, account: Some(engines.id), ..first.clone() };
    test.deliver(&LeadUpdated { previous: first.clone(), current: second }).await;
    assert_eq!(found(&read(&test, first.id).await)[0], json!(["industry", "Energy", "account_base"]));
}

on_both_engines!(SERVICE, accounts_of_another_workspace_tell_nothing);
async fn accounts_of_another_workspace_tell_nothing(test: ServiceTest) {
    let engines = Account {
        domain: Some("engines.example".into()),
        industry: Some("Energy".into()),
        ..account(&test, "Engines")
    };
    test.deliver_to(test.stranger().workspace, &AccountCreated { current: engines.clone() }).await;
    let current = Lead { account: Some(engines.id), ..lead(&test, "ada@engines.example") };
    test.deliver(&LeadCaptured { current: current.clone() }).await;
    assert_eq!(found(&read(&test, current.id).await), json!([["company_domain", "engines.example", "email_domain"]]));
}
