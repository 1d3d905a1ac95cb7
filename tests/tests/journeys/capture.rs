//! What visitors give becomes leads, over everything that leads go through.

use std::time::Duration;

use anyhow::{Context, Result};
use pipewright_tests::{Browser, Deployment, Topology};
use reqwest::StatusCode;
use serde_json::{Value, json};

const LEAD: &str = "query($email: String!) { leads(filter: { email: $email }) { edges { node {
    firstName source routing { owner { name } }
    captures { utm { source campaign } page { slug } variant consent { purpose text page confirmedAt } } } } } }";

/// A form, where it is submitted to, and its id.
async fn form(platform: &Deployment, double_opt_in: bool) -> Result<(Value, String)> {
    const CREATE: &str = "mutation($input: CreateFormInput!) { createForm(input: $input) {
        form { id url snippet } errors { message } } }";
    let input = json!({
        "name": "Demo", "source": "Website", "doubleOptIn": double_opt_in,
        "fields": [
            { "slug": "name", "label": "First name", "leadField": "FIRST_NAME" },
            { "slug": "email", "label": "E-mail", "kind": "EMAIL", "required": true, "leadField": "EMAIL" },
            { "slug": "text", "label": "What is it about?", "kind": "LONG_TEXT", "leadField": "MESSAGE" },
        ],
        "consent": { "purpose": "newsletter", "text": "Write to me now and then." },
    });
    let mut made = platform.graphql(CREATE, json!({ "input": input })).await?["createForm"].take();
    assert_eq!(made["errors"], json!([]));
    assert!(made["form"]["snippet"].as_str().is_some_and(|html| html.contains("<form method=\"post\"")));
    let url = made["form"]["url"].as_str().context("a url")?.to_owned();
    Ok((made["form"]["id"].take(), url))
}

/// The lead with this address, once it is somebody's.
async fn routed(platform: &Deployment, email: &str) -> Result<Value> {
    let owned = |data: &Value| data["leads"]["edges"][0]["node"]["routing"]["owner"]["name"].is_string();
    let mut data = platform.until("routed", LEAD, json!({ "email": email }), owned).await?;
    Ok(data["leads"]["edges"][0]["node"].take())
}

#[tokio::test]
async fn a_form_takes_in_a_lead_that_is_routed_and_shows_where_it_came_from() -> Result<()> {
    let platform = Deployment::start(Topology::OneProcess).await?;
    let (_, url) = form(&platform, false).await?;
    let client = reqwest::Client::new();
    let given = json!({ "email": "ada@engines.example", "name": "Ada", "consent": true,
        "utm_source": "linkedin", "utm_campaign": "spring" });
    for _ in 0..2 {
        let request = client.post(&url).header("idempotency-key", "one").json(&given);
        assert_eq!(request.send().await?.status(), StatusCode::ACCEPTED);
    }
    let lead = routed(&platform, "ada@engines.example").await?;
    assert_eq!((&lead["firstName"], &lead["source"]), (&json!("Ada"), &json!("Website")));
    assert_eq!(lead["captures"].as_array().map(Vec::len), Some(1));
    assert_eq!(lead["captures"][0]["utm"], json!({ "source": "linkedin", "campaign": "spring" }));
    assert_eq!(lead["captures"][0]["consent"]["purpose"], json!("newsletter"));

    const COST: &str =
        "mutation($input: RecordSourceCostInput!) { recordSourceCost(input: $input) { errors { message } } }";
    const SOURCES: &str = "query($period: LeadSourcesPeriodInput!) { leadSources(period: $period) { source leads costPerLead { minor } } }";
    let cost = json!({ "source": "Website", "amount": { "minor": 4_200, "currency": "EUR" } });
    platform.graphql(COST, json!({ "input": cost })).await?;
    let period = json!({ "from": "2020-01-01T00:00:00Z", "to": "2100-01-01T00:00:00Z" });
    let sources = platform.graphql(SOURCES, json!({ "period": period })).await?;
    let website = json!({ "source": "Website", "leads": 1, "costPerLead": [{ "minor": 4_200 }] });
    assert_eq!(sources["leadSources"], json!([website]));
    Ok(())
}

#[tokio::test]
async fn an_address_is_confirmed_by_the_link_in_the_mail_and_only_then_a_lead() -> Result<()> {
    let platform = Deployment::start(Topology::OneProcess).await?;
    let (_, url) = form(&platform, true).await?;
    let client = reqwest::Client::new();
    let given = json!({ "email": "ada@engines.example", "name": "Ada", "consent": true });
    let answer: Value = client.post(&url).json(&given).send().await?.json().await?;
    assert_eq!(answer["confirmationRequired"], json!(true));

    let mail = mail_to(&platform, "ada@engines.example").await?;
    let link = mail.lines().find(|line| line.contains("/f/confirm/")).context("a link")?.trim();
    assert!(link.starts_with(platform.url()), "{link}");
    // A scanner looks first.
    assert_eq!(client.get(link).send().await?.status(), StatusCode::OK);
    let none = platform.graphql(LEAD, json!({ "email": "ada@engines.example" })).await?;
    assert_eq!(none["leads"]["edges"], json!([]));
    assert_eq!(client.post(link).send().await?.status(), StatusCode::OK);
    let lead = routed(&platform, "ada@engines.example").await?;
    assert!(lead["captures"][0]["consent"]["confirmedAt"].is_string(), "{lead}");
    Ok(())
}

/// The first mail to an address, once it has left.
async fn mail_to(platform: &Deployment, address: &str) -> Result<String> {
    let client = reqwest::Client::new();
    let mut pace = tokio::time::interval(Duration::from_millis(50));
    for _ in 0..1_200 {
        pace.tick().await;
        let list = client.get(format!("{}/dev/mail", platform.url())).send().await?.text().await?;
        let row = list.split("<tr>").find(|row| row.contains(address));
        if let Some(path) = row.and_then(|row| row.split_once("href=\"")?.1.split('"').next()) {
            return Ok(client.get(format!("{}{path}", platform.url())).send().await?.text().await?);
        }
    }
    anyhow::bail!("no mail to {address}")
}

#[tokio::test]
async fn a_visitor_with_a_telephone_and_a_keyboard_reads_a_page_and_becomes_a_lead() -> Result<()> {
    let platform = Deployment::start(Topology::OneProcess).await?;
    let (form, _) = form(&platform, false).await?;
    let url = landing_page(&platform, &form).await?;
    let mut browser = Browser::start().await?;
    browser.narrow(360).await?;
    browser.goto(&format!("{url}?utm_source=linkedin&utm_campaign=spring")).await?;
    browser.until("the page", "document.querySelector('#f-email') !== null").await?;
    let fits = browser.eval("document.documentElement.scrollWidth <= innerWidth && innerWidth === 360").await?;
    assert_eq!(fits, json!(true), "{}", browser.eval("[document.documentElement.scrollWidth, innerWidth]").await?);
    let heavy = "performance.getEntriesByType('navigation')[0].decodedBodySize";
    let bytes = browser.eval(heavy).await?.as_u64().context("a size")?;
    assert!(bytes > 0 && bytes < 50_000, "{bytes} bytes");
    let unnamed = "[...document.querySelectorAll('input:not([type=hidden]),textarea,select')].filter((one) => one.labels.length === 0).length";
    assert_eq!(browser.eval(unnamed).await?, json!(0));
    let small = "[...document.querySelectorAll('form input:not([type=hidden]):not([tabindex]),textarea,button')]
        .filter((one) => one.getBoundingClientRect().height < 24).length";
    assert_eq!(browser.eval(small).await?, json!(0), "a finger hits everything");

    // With the keyboard alone, in the order in which it is read; nobody meets the trap.
    for (id, text) in [("f-name", "Ada"), ("f-email", "nobody"), ("f-text", "A demo")] {
        browser.press("Tab").await?;
        assert_eq!(browser.eval("document.activeElement.id").await?, json!(id));
        browser.write(text).await?;
    }
    browser.press("Tab").await?;
    browser.press(" ").await?;
    browser.press("Tab").await?;
    assert_eq!(browser.eval("document.activeElement.tagName").await?, json!("BUTTON"));
    assert_ne!(browser.eval("getComputedStyle(document.activeElement).outlineStyle").await?, json!("none"));
    browser.press("Enter").await?;
    // What is wrong is said, and what was typed is still there.
    browser.until("what is wrong", "document.querySelector('#e-email') !== null").await?;
    assert_eq!(browser.eval("document.querySelector('#f-name').value").await?, json!("Ada"));
    browser.fill("#f-email", "ada@engines.example").await?;
    browser.until("thanks", "document.querySelector('h1').textContent === 'Thank you'").await?;
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
    let foreign: Vec<_> = browser.requests.iter().filter(|request| !request.starts_with(platform.url())).collect();
    assert!(foreign.iter().all(|request| request.starts_with("about:")), "asked of others: {foreign:?}");

    let lead = routed(&platform, "ada@engines.example").await?;
    let capture = &lead["captures"][0];
    assert_eq!((&capture["page"]["slug"], &capture["utm"]["source"]), (&json!("engines"), &json!("linkedin")));
    assert_eq!(capture["consent"]["text"], json!("Write to me now and then."));
    const STATS: &str = "{ landingPages { edges { node { id } } } }";
    const PAGE: &str =
        "query($id: ID!) { pageStats(pageId: $id) { variant views conversions rate interval { low high } } }";
    let id = platform.graphql(STATS, json!({})).await?["landingPages"]["edges"][0]["node"]["id"].take();
    let stats = platform.graphql(PAGE, json!({ "id": id })).await?["pageStats"].take();
    let seen = stats.as_array().context("stats")?.iter().find(|row| row["variant"] == capture["variant"]);
    let seen = seen.context("the variant that was seen")?;
    assert_eq!((&seen["views"], &seen["conversions"]), (&json!(1), &json!(1)));
    assert_eq!(seen["interval"]["high"], json!(1.0));
    Ok(())
}

async fn landing_page(platform: &Deployment, form: &Value) -> Result<String> {
    const CREATE: &str = "mutation($input: CreateLandingPageInput!) { createLandingPage(input: $input) {
        landingPage { url } errors { message } } }";
    let variant = |name: &str| {
        json!({ "name": name, "blocks": [
            { "kind": "HERO", "heading": "Differenzmaschinenherstellungsgesellschaft & Söhne", "text": "They think." },
            { "kind": "TEXT", "text": format!("{} https://engines.example/{}", "Words. ".repeat(60), "x".repeat(200)) },
            { "kind": "LIST", "items": ["Fast", "Exact"] },
            { "kind": "QUOTE", "text": "A marvel.", "by": "Ada" },
            { "kind": "FORM", "formId": form },
        ] })
    };
    let variants = [variant("plain"), variant("bold")];
    let input = json!({ "slug": "engines", "title": "Engines", "published": true, "variants": variants });
    let made = platform.graphql(CREATE, json!({ "input": input })).await?;
    assert_eq!(made["createLandingPage"]["errors"], json!([]));
    Ok(made["createLandingPage"]["landingPage"]["url"].as_str().context("a url")?.to_owned())
}
