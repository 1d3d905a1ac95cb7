use anyhow::Context;
use clap::Parser;
use pipewright_client_example::{Journey, Server, journey::Variables};

#[derive(Parser)]
struct Arguments {
    /// The lead's address
    email: String,
    #[command(flatten)]
    server: Server,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let Arguments { email, server } = Arguments::parse();
    let data = server.ask::<Journey>(Variables { email: email.clone() }).await?;
    let lead = data.leads.edges.into_iter().next().with_context(|| format!("there is no lead {email}"))?.node;
    println!("{}: {:?}, came from {}", lead.email, lead.status, lead.source);
    println!("account: {}", lead.account.map_or("none".to_owned(), |account| account.name));
    if let Some(verification) = lead.verification {
        println!("verified: {:?}", verification.verdict);
    }
    for field in lead.enrichment.into_iter().flat_map(|enrichment| enrichment.fields) {
        println!("known: {} is {:?}, says {}", field.name, field.value, field.provider);
    }
    if let Some(routing) = lead.routing {
        println!("owner: {}", routing.owner.map_or("nobody yet".to_owned(), |owner| owner.name));
        for candidate in routing.decision.candidates {
            let verdict = candidate.rejected_because.as_deref().unwrap_or("eligible");
            println!("candidate: {}, {verdict}", candidate.rep.name);
        }
    }
    for enrollment in lead.enrollments.into_iter().flatten() {
        let sequence = enrollment.sequence.map_or("a sequence that is gone".to_owned(), |sequence| sequence.name);
        println!("enrolled: {sequence}, {:?}: {}", enrollment.state, enrollment.why);
    }
    Ok(())
}
