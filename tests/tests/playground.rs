//! The playground as its user meets it, in a real browser.

use std::{collections::BTreeMap, fs, path::PathBuf};

use anyhow::{Context, Result, ensure};
use gateway::Supergraph;
use pipewright_tests::{Browser, Deployment, Topology};
use serde::Deserialize;
use serde_json::{Value, json};

const RUN: &str = "document.querySelector('.graphiql-execute-button')";
const PANEL_LINKS: &str = ".panel button, .docs a, .docs button";
/// Monaco shows a space as one that does not break.
const RESULT: &str = "(document.querySelector('.result-window .view-lines')?.innerText ?? '').replace(/\\u00a0/g, ' ')";

/// A platform with one lead at Microsoft, and a browser that has its playground open.
async fn open(path: &str) -> Result<(Deployment, Browser)> {
    let platform = Deployment::start(Topology::OneProcess).await?;
    let capture = "mutation($input: CaptureLeadInput!) { captureLead(input: $input) { created } }";
    let lead = json!({ "email": "erik_dahlstrom@microsoft.example", "company": "Microsoft", "firstName": "Erik" });
    platform.graphql(capture, json!({ "input": lead })).await?;
    let mut browser = Browser::start().await?;
    browser.goto(&format!("{}{path}", platform.url())).await?;
    let built = "document.querySelector('#root') ? 'yes' : document.querySelector('h1') ? 'no' : null";
    let built = browser.until("a page", built).await?;
    ensure!(
        built == json!("yes"),
        "the programs were built without the playground: run `make playground`, build again"
    );
    browser.until("the editor", &format!("{RUN} !== null && document.querySelector('.view-line') !== null")).await?;
    Ok((platform, browser))
}

async fn open_with_key() -> Result<(Deployment, Browser)> {
    // The programs of a test take their key from it, so it is known before they run.
    let (platform, mut browser) = open("/").await?;
    browser.fill("#api-key", platform.key()).await?;
    browser.until("the key accepted", "document.querySelector('#api-key-state.accepted') !== null").await?;
    browser.until("the schema", "document.querySelector('.graphiql-spinner') === null").await?;
    Ok((platform, browser))
}

/// Nothing but our own origin, and nothing that the page's policy forbids.
fn assert_ours(platform: &Deployment, browser: &Browser) {
    let near = |url: &&String| {
        !url.starts_with(platform.url()) && !["data:", "blob:", "about:"].iter().any(|own| url.starts_with(own))
    };
    let foreign: Vec<&String> = browser.requests.iter().filter(near).collect();
    assert!(browser.requests.iter().any(|url| url.ends_with("/graphql")), "no request was seen");
    assert!(foreign.is_empty(), "asked of others: {foreign:?}");
    assert!(browser.complaints.is_empty(), "{:?}", browser.complaints);
}

#[tokio::test]
async fn a_visitor_runs_the_first_query_and_reads_its_result_and_history() -> Result<()> {
    let (platform, mut browser) = open_with_key().await?;
    browser.click("the run button", RUN).await?;
    browser.until("the result", &format!("{RESULT}.includes('\"totalCount\": 1')")).await?;
    browser.until("the lead", &format!("{RESULT}.includes('erik_dahlstrom@microsoft.example')")).await?;

    browser.click("the history", "document.querySelector('.graphiql-sidebar [aria-label*=\"History\"]')").await?;
    let item = "document.querySelector('.graphiql-history-item')?.innerText.includes('Journey')";
    browser.until("the query in the history", item).await?;

    let [tall, high, wide, broad] = [
        "document.documentElement.scrollHeight",
        "document.documentElement.clientHeight",
        "document.documentElement.scrollWidth",
        "document.documentElement.clientWidth",
    ];
    assert_eq!(browser.eval(tall).await?, browser.eval(high).await?, "the page scrolls");
    assert_eq!(browser.eval(wide).await?, browser.eval(broad).await?, "the page scrolls sideways");
    assert_ours(&platform, &browser);
    Ok(())
}

#[tokio::test]
async fn a_visitor_follows_the_documentation_to_a_type_and_its_terms_and_back() -> Result<()> {
    let (platform, mut browser) = open_with_key().await?;
    let docs = "document.querySelector('.graphiql-sidebar [aria-label*=\"Documentation\"]')";
    let title = "document.querySelector('.graphiql-doc-explorer-title')?.textContent";
    browser.click("the documentation", docs).await?;
    for link in ["Query", "lead", "Lead"] {
        browser.click_text(PANEL_LINKS, link).await?;
        browser.until("the page that was linked", &format!("{title} === {}", json!(link))).await?;
    }
    let described = "document.querySelector('.docs').innerText.includes('A person who may become a customer.')";
    browser.until("the description", described).await?;

    browser.click_text(PANEL_LINKS, "Lead Routing").await?;
    let row = "document.querySelector('.panel-list [aria-current=true]')?.innerText";
    let row = browser.until("the term", row).await?;
    assert!(row.as_str().is_some_and(|row| row.contains("bring each new lead to the right person")), "{row}");
    browser.click_text(".panel-list [aria-current=true] button", "RoutingDecision").await?;
    browser.until("the type of the term", &format!("{title} === 'RoutingDecision'")).await?;
    assert_ours(&platform, &browser);
    Ok(())
}

#[tokio::test]
async fn a_wrong_key_is_said_so_and_a_good_one_is_remembered() -> Result<()> {
    let (platform, mut browser) = open("/").await?;
    let help = "document.querySelector('.playground-help')?.textContent";
    let none = browser.until("help without a key", help).await?;
    assert!(none.as_str().is_some_and(|text| text.contains("Without a key nothing is answered")), "{none}");

    browser.fill("#api-key", "pw_nobody_has_this_key").await?;
    let wrong = format!("{help}?.includes('unknown, expired or revoked')");
    browser.until("help with a wrong key", &wrong).await?;
    let marked = browser.eval("document.querySelector('#api-key').ariaInvalid").await?;
    assert_eq!(marked, json!("true"));

    browser.fill("#api-key", platform.key()).await?;
    let accepted = "document.querySelector('#api-key-state.accepted') !== null";
    browser.until("the key accepted", accepted).await?;
    assert_eq!(browser.eval(help).await?, Value::Null);
    browser.reload().await?;
    browser.until("the key still accepted", accepted).await?;
    assert_eq!(browser.eval("document.querySelector('#api-key').value").await?, json!(platform.key()));
    let kept = browser.eval("JSON.stringify(Object.keys(localStorage))").await?;
    assert!(kept.as_str().is_some_and(|keys| keys.contains("pipewright:api-key")), "{kept}");

    // A link with a key hands it over to who has none, and leaves the address bar.
    browser.eval("localStorage.clear()").await?;
    browser.goto("about:blank").await?;
    browser.goto(&format!("{}/#key={}", platform.url(), platform.key())).await?;
    browser.until("the key of the link accepted", accepted).await?;
    assert_eq!(browser.eval("location.hash").await?, json!(""));
    assert_ours(&platform, &browser);
    Ok(())
}

#[tokio::test]
async fn a_subscription_shows_events_as_they_come() -> Result<()> {
    let (platform, mut browser) = open_with_key().await?;
    browser.click("the examples", "document.querySelector('.graphiql-sidebar [aria-label*=\"Examples\"]')").await?;
    browser.click_text(PANEL_LINKS, "Watch routing").await?;
    let tab = "document.querySelector('.graphiql-tab-active')?.innerText.includes('WatchRouting')";
    browser.until("the example in a tab", tab).await?;
    browser.click("the run button", RUN).await?;
    browser
        .until(
            "it listens",
            "document.querySelector('.graphiql-execute-button svg rect, [aria-label^=\"Stop\"]') !== null",
        )
        .await?;

    // It listens a moment after it says so: capture until one is heard.
    let capture = "mutation($email: String!) { captureLead(input: { email: $email }) { created } }";
    let mut heard = false;
    for number in 0..30 {
        platform.graphql(capture, json!({ "email": format!("ada{number}@engines.example") })).await?;
        let seen = format!(
            "new Promise((done) => {{ const until = Date.now() + 1000; const look = () => \
               {RESULT}.includes('leadRouted') ? done(true) : Date.now() > until ? done(false) : setTimeout(look, 20); \
               look(); }})"
        );
        if browser.eval(&seen).await? == json!(true) {
            heard = true;
            break;
        }
    }
    assert!(heard, "no event was shown");
    let shown = browser.until("the event", &format!("{RESULT}.includes('@engines.example') && {RESULT}")).await?;
    assert!(shown.as_str().is_some_and(|text| text.contains("\"outcome\": \"routed\"")), "{shown}");
    assert_ours(&platform, &browser);
    Ok(())
}

#[tokio::test]
async fn the_policy_of_the_page_forbids_every_other_origin() -> Result<()> {
    let (_platform, mut browser) = open("/").await?;
    let attempt = "new Promise((done) => {
        document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
        fetch('http://127.0.0.1:9/').catch(() => {});
    })";
    assert_eq!(browser.eval(attempt).await?, json!("connect-src"));
    let image = "new Promise((done) => {
        document.addEventListener('securitypolicyviolation', (event) => done(event.effectiveDirective));
        new Image().src = 'http://127.0.0.1:9/pixel.png';
    })";
    assert_eq!(browser.eval(image).await?, json!("img-src"));
    assert_eq!(browser.complaints.len(), 2, "{:?}", browser.complaints);
    Ok(())
}

#[tokio::test]
async fn every_example_runs_without_an_error() -> Result<()> {
    let platform = Deployment::start(Topology::OneProcess).await?;
    for path in examples() {
        let query = fs::read_to_string(&path)?;
        let variables: Value = serde_json::from_str(&fs::read_to_string(path.with_extension("json"))?)?;
        if query.contains("subscription ") {
            continue;
        }
        platform.graphql(&query, variables).await.with_context(|| path.display().to_string())?;
    }
    Ok(())
}

fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("..")
}

fn examples() -> Vec<PathBuf> {
    let files = fs::read_dir(root().join("web/playground/examples")).unwrap().map(|file| file.unwrap().path());
    files.filter(|path| path.extension().is_some_and(|extension| extension == "graphql")).collect()
}

#[derive(Deserialize)]
struct Term {
    slug: String,
}

#[test]
fn every_type_that_shows_a_term_is_in_the_api_and_every_term_in_the_glossary() {
    let text = fs::read_to_string(root().join("web/playground/glossary.json")).unwrap();
    let types: BTreeMap<String, Vec<String>> = serde_json::from_str(&text).unwrap();
    let supergraph = Supergraph::parse(&fs::read_to_string(root().join("schema/supergraph.graphql")).unwrap()).unwrap();
    let terms: Vec<Term> =
        serde_norway::from_str(&fs::read_to_string(root().join("schema/glossary.yaml")).unwrap()).unwrap();
    assert!(!types.is_empty());
    for (name, slugs) in types {
        assert!(supergraph.schema.types.contains_key(name.as_str()), "there is no type {name}");
        for slug in slugs {
            assert!(terms.iter().any(|term| term.slug == slug), "{name}: there is no term {slug}");
        }
    }
}
