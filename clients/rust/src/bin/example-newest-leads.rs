use clap::Parser;
use pipewright_client_example::{NewestLeads, Server, newest_leads::Variables};

#[derive(Parser)]
struct Arguments {
    #[command(flatten)]
    server: Server,
}

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let data = Arguments::parse().server.ask::<NewestLeads>(Variables { first: 5 }).await?;
    println!("{} leads, the newest:", data.leads.total_count);
    for lead in data.leads.edges.into_iter().map(|edge| edge.node) {
        let owner = lead.routing.and_then(|routing| routing.owner).map(|owner| owner.name);
        println!(
            "{} of {}: {}",
            lead.email,
            lead.company.as_deref().unwrap_or("no company"),
            owner.as_deref().unwrap_or("nobody yet")
        );
    }
    Ok(())
}
