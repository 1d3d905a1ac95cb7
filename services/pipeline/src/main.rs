//! The pipeline service alone.

fn main() -> anyhow::Result<()> {
    platform::service::standalone::main(pipewright_pipeline::SERVICE)
}
