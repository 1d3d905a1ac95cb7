//! The enrichment service alone.

fn main() -> anyhow::Result<()> {
    platform::service::standalone::main(pipewright_enrichment::SERVICE)
}
