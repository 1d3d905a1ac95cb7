//! The routing service alone.

fn main() -> anyhow::Result<()> {
    platform::service::standalone::main(pipewright_routing::SERVICE)
}
