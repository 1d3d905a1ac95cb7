//! The lead service alone.

fn main() -> anyhow::Result<()> {
    platform::service::standalone::main(pipewright_lead::SERVICE)
}
