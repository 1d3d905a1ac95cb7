//! `pipewright config print`.

use kernel::Code;
use platform::config::Layers;

use crate::import::CliError;

#[expect(clippy::print_stdout, reason = "the command's output")]
pub fn print(layers: &Layers, json: bool) -> Result<(), CliError> {
    let settings = layers.explain().map_err(|error| CliError::usage(Code::InvalidInput, error.to_string()))?;
    if json {
        println!("{}", serde_json::to_string_pretty(&settings).map_err(|error| CliError::internal(error.to_string()))?);
        return Ok(());
    }
    let width = settings.iter().map(|setting| setting.key.len()).max().unwrap_or(0);
    for setting in settings {
        println!("{:<width$}  {}  # {}", setting.key, setting.value, setting.source);
    }
    Ok(())
}
