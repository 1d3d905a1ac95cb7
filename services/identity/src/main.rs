//! The identity service alone.

fn main() -> anyhow::Result<()> {
    platform::service::standalone::main(pipewright_identity::SERVICE)
}
