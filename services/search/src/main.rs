//! The search service alone.

fn main() -> anyhow::Result<()> {
    platform::service::standalone::main(pipewright_search::SERVICE)
}
