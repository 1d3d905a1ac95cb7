//! Starts the servers that tests use and prints where they are, as environment variables. They stop when its
//! input ends (ctrl-d) or it is killed: `cargo run -p pipewright-testkit --bin test-servers`.

use std::io::{Read, Write, stdin, stdout};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let postgres = pipewright_testkit::postgres_url().await;
    let nats = pipewright_testkit::nats_url().await;
    writeln!(stdout(), "PIPEWRIGHT_TEST_POSTGRES_URL={postgres}\nPIPEWRIGHT_TEST_NATS_URL={nats}")?;
    stdin().read_to_end(&mut Vec::new())?;
    Ok(())
}
