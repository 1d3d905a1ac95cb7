//! SIGKILL in the middle of an import, at several points, in both topologies: nothing is lost, nothing
//! happens twice.

use std::collections::HashSet;

use anyhow::{Context, Result};
use pipewright_tests::{Deployment, Topology, seed};
use serde_json::{Value, json};
use testkit::MailServer;

/// Where in the journey the platform dies: when this much is done.
#[derive(Debug, Clone, Copy)]
enum Moment {
    Imported(i64),
    Sent(i64),
}

/// The platform is killed at each moment, started again and given the file again.
const MOMENTS: [Moment; 5] =
    [Moment::Imported(1), Moment::Imported(400), Moment::Imported(887), Moment::Sent(50), Moment::Sent(500)];

const PROGRESS: &str = "{ leads(first: 1) { totalCount } messages(first: 1, filter: { state: SENT }) { totalCount } }";

#[tokio::test]
async fn killed_at_any_moment_one_process_loses_and_doubles_nothing() -> Result<()> {
    survives(Deployment::start(Topology::OneProcess).await?).await
}

#[tokio::test]
async fn killed_at_any_moment_separate_processes_lose_and_double_nothing() -> Result<()> {
    survives(Deployment::start(Topology::Separate).await?).await
}

/// A mail server, unlike a folder, cannot be asked what it has: what nobody can know is not sent again.
#[tokio::test]
async fn killed_while_sending_nobody_gets_a_mail_twice() -> Result<()> {
    const OUTCOMES: &str = "{ sent: messages(first: 1, filter: { state: SENT }) { totalCount }
        uncertain: messages(first: 1, filter: { state: UNCERTAIN }) { totalCount } }";
    let moments = [Moment::Sent(20), Moment::Sent(200), Moment::Sent(500)];
    let server = MailServer::start().await;
    let url = format!("smtp://127.0.0.1:{}", server.port());
    let mut platform = Deployment::start_with(Topology::OneProcess, &[("PIPEWRIGHT__MAIL__URL", &url)]).await?;
    import_and_kill(&mut platform, &moments).await?;
    let count = |data: &Value, state: &str| data[state]["totalCount"].as_u64().unwrap_or_default() as usize;
    let outcomes = platform
        .until("every first mail sent or uncertain", OUTCOMES, json!({}), |data| {
            count(data, "sent") + count(data, "uncertain") == 887
        })
        .await?;
    let mails = server.mails();
    let ids: HashSet<&str> =
        mails.iter().filter_map(|mail| mail.lines().find(|line| line.starts_with("Message-ID:"))).collect();
    assert_eq!(ids.len(), mails.len(), "no mail came twice");
    assert!((count(&outcomes, "sent")..=887).contains(&mails.len()), "what is called sent was sent: {outcomes}");
    assert!(count(&outcomes, "uncertain") <= moments.len(), "a kill leaves one in doubt at most: {outcomes}");
    Ok(())
}

async fn survives(mut platform: Deployment) -> Result<()> {
    import_and_kill(&mut platform, &MOMENTS).await?;
    let file = seed("leads-hubspot.csv");
    let last = platform.import(&["leads", &file, "--json"]).await?.json();
    assert_eq!([&last["rows"], &last["updated"]], [&json!(1000), &json!(0)]);
    assert_eq!(last["rejected"].as_array().context("rejected")?.len(), 23);
    platform
        .until("every first mail sent", PROGRESS, json!({}), |data| data["messages"]["totalCount"] == json!(887))
        .await?;
    assert_whole(&platform).await
}

/// Imports, kills and starts again at each moment, and leaves the file imported.
async fn import_and_kill(platform: &mut Deployment, moments: &[Moment]) -> Result<()> {
    let file = seed("leads-hubspot.csv");
    // Small stretches, so that a kill falls between and into them.
    let arguments = ["leads", file.as_str(), "--batch", "50", "--json"];
    for &moment in moments {
        let (field, least) = match moment {
            Moment::Imported(least) => ("leads", least),
            Moment::Sent(least) => ("messages", least),
        };
        {
            let reached = platform.until("at the moment to kill", PROGRESS, json!({}), |data| {
                data[field]["totalCount"].as_i64().is_some_and(|count| count >= least)
            });
            let import = platform.import(&arguments);
            tokio::pin!(reached, import);
            let mut importing = true;
            loop {
                tokio::select! {
                    reached = &mut reached => { reached.with_context(|| format!("{moment:?}"))?; break }
                    _ = &mut import, if importing => importing = false,
                }
            }
        }
        platform.kill().await?;
        platform.boot().await?;
    }
    let last = platform.import(&arguments).await?;
    anyhow::ensure!(last.exit == Some(0), "{last:?}");
    Ok(())
}

async fn assert_whole(platform: &Deployment) -> Result<()> {
    const LEADS: &str = "query($after: String) { leads(first: 100, after: $after) { edges { node { id email
        routing { owner { id } decision { id } } enrichment { status } enrollments { messages { id step state } } } } pageInfo { hasNextPage endCursor } } }";
    let leads = platform.all(LEADS, "leads").await?;
    assert_eq!(leads.len(), 887);
    assert_eq!(distinct(&leads, |lead| lead["email"].as_str()).len(), 887);
    assert_eq!(
        distinct(&leads, |lead| lead["routing"]["decision"]["id"].as_str()).len(),
        887,
        "one decision in force each"
    );
    for lead in &leads {
        let enrollments = lead["enrollments"].as_array().context("enrollments")?;
        assert_eq!(enrollments.len(), 1, "{lead}");
        let messages = enrollments[0]["messages"].as_array().context("messages")?;
        let first: Vec<&Value> = messages.iter().filter(|message| message["step"] == json!(1)).collect();
        assert_eq!((first.len(), &first[0]["state"]), (1, &json!("SENT")), "{lead}");
    }
    let decisions = platform.graphql("{ routingDecisions(first: 1) { totalCount } }", json!({})).await?;
    assert_eq!(decisions["routingDecisions"]["totalCount"], json!(887), "and none beside them");
    let mails = std::fs::read_dir(platform.data_dir().join("mail"))?.filter_map(Result::ok);
    let mails = mails.filter(|file| file.path().extension().is_some_and(|extension| extension == "eml"));
    assert_eq!(mails.count(), 887, "one mail each was handed over");
    Ok(())
}

fn distinct<'a>(leads: &'a [Value], key: impl Fn(&'a Value) -> Option<&'a str>) -> HashSet<&'a str> {
    leads.iter().filter_map(key).collect()
}
