//! The cadence service alone.

fn main() -> anyhow::Result<()> {
    platform::service::standalone::main(pipewright_cadence::SERVICE)
}
