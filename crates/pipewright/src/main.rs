//! The all-in-one program: every service and the gateway in one process, and the operator's commands.

mod commands;
mod import;
mod rights;
mod stack;

use std::{net::SocketAddr, path::PathBuf, process::ExitCode};

use clap::{Args, Parser, Subcommand};
use import::CliError;
use kernel::Code;
use platform::config::{Config, ConfigError, Layers};

/// A self-hosted go-to-market platform: one GraphQL API over independent services.
#[derive(Debug, Parser)]
#[command(name = "pipewright", version)]
struct Cli {
    #[command(subcommand)]
    command: Option<Command>,
    #[command(flatten)]
    settings: Settings,
}

/// Settings that most commands share; they win over the environment and the file.
#[derive(Debug, Clone, Args)]
struct Settings {
    /// Configuration file [default: pipewright.toml, if there is one]
    #[arg(long, global = true, value_name = "FILE")]
    config: Option<PathBuf>,
    /// Where the embedded databases, mail folder and search index live [default: .pipewright]
    #[arg(long, global = true, value_name = "DIR")]
    data_dir: Option<PathBuf>,
    /// Address to serve on; port 0 takes a free one [default: 127.0.0.1:4000]
    #[arg(long, global = true, value_name = "HOST:PORT")]
    listen: Option<SocketAddr>,
}

#[derive(Debug, Subcommand)]
enum Command {
    /// Run the platform (the default)
    Run {
        /// Only these services, by name; `gateway` is one of them
        #[arg(long, value_delimiter = ',', value_name = "SERVICES")]
        only: Vec<String>,
    },
    /// Run the platform and load demo data
    Demo,
    /// Import leads or accounts from a CRM export into a running platform
    Import(import::ImportArgs),
    /// Bring every service's database up to date
    Migrate,
    /// What is generated into schema/
    Schema {
        #[command(subcommand)]
        command: SchemaCommand,
    },
    /// Show the configuration
    Config {
        #[command(subcommand)]
        command: ConfigCommand,
    },
    /// Look for what is wrong, and say what to do about it
    Doctor {
        #[arg(long)]
        json: bool,
    },
    /// The search index
    Search {
        #[command(subcommand)]
        command: SearchCommand,
    },
    /// Events that a handler gave up on
    DeadLetters {
        #[command(subcommand)]
        command: DeadLetterCommand,
    },
}

#[derive(Debug, Subcommand)]
enum SchemaCommand {
    /// Write the subgraphs, the supergraph, example events and references into a folder
    Export {
        #[arg(default_value = "schema")]
        folder: PathBuf,
    },
    /// Say what changed since the schema was published; fail if that breaks a client, if the folder does not hold what
    /// `export` would write, or if a field cannot be planned
    Check(commands::schema::CheckArgs),
    /// Make this build's schema the published one, which `check` compares with
    Publish {
        #[arg(default_value = "schema")]
        folder: PathBuf,
    },
}

#[derive(Debug, Subcommand)]
enum ConfigCommand {
    /// Each setting, its value and where it came from; secrets are masked
    Print {
        #[arg(long)]
        json: bool,
    },
}

#[derive(Debug, Subcommand)]
enum SearchCommand {
    /// Build the index anew from what the services have published; the platform must not be running
    Rebuild,
}

#[derive(Debug, Subcommand)]
enum DeadLetterCommand {
    /// Show them
    List {
        #[arg(long)]
        json: bool,
    },
    /// Hand them to their handlers again; the platform must not be running
    Replay,
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    let runtime = match tokio::runtime::Builder::new_multi_thread().enable_all().build() {
        Ok(runtime) => runtime,
        Err(error) => return fail(&CliError::internal(format!("the runtime does not start: {error}"))),
    };
    let _ = rustls::crypto::ring::default_provider().install_default();
    match runtime.block_on(execute(cli)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => fail(&error),
    }
}

async fn execute(cli: Cli) -> Result<(), CliError> {
    let settings = cli.settings;
    match cli.command.unwrap_or(Command::Run { only: Vec::new() }) {
        Command::Run { only } => commands::run::run(settings.load()?, &only).await.map_err(internal),
        Command::Demo => commands::demo::run(settings.load()?).await,
        Command::Import(args) => import::run(args, &settings.load()?.data_dir).await,
        Command::Migrate => commands::migrate::run(&settings.load()?).await.map_err(internal),
        Command::Schema { command: SchemaCommand::Export { folder } } => {
            commands::schema::export(&folder).map_err(internal)
        }
        Command::Schema { command: SchemaCommand::Check(args) } => commands::schema::check(args).map_err(internal),
        Command::Schema { command: SchemaCommand::Publish { folder } } => {
            commands::schema::publish(&folder).map_err(internal)
        }
        Command::Config { command: ConfigCommand::Print { json } } => {
            commands::config::print(&settings.layers()?, json)
        }
        Command::Doctor { json } => commands::doctor::run(&settings.load()?, json).await,
        Command::Search { command: SearchCommand::Rebuild } => {
            commands::search::rebuild(settings.load()?).await.map_err(internal)
        }
        Command::DeadLetters { command: DeadLetterCommand::List { json } } => {
            commands::dead_letters::list(&settings.load()?, json).await.map_err(internal)
        }
        Command::DeadLetters { command: DeadLetterCommand::Replay } => {
            commands::dead_letters::replay(settings.load()?).await.map_err(internal)
        }
    }
}

impl Settings {
    fn layers(&self) -> Result<Layers, CliError> {
        let mut layers = Layers::load(self.config.as_deref()).map_err(|error| invalid(&error))?;
        if let Some(data_dir) = &self.data_dir {
            layers = layers.flag("--data-dir", "data_dir", data_dir);
        }
        if let Some(listen) = &self.listen {
            layers = layers.flag("--listen", "listen", listen);
        }
        Ok(layers)
    }

    fn load(&self) -> Result<Config, CliError> {
        self.layers()?.config().map_err(|error| invalid(&error))
    }
}

fn invalid(error: &ConfigError) -> CliError {
    CliError::usage(Code::InvalidInput, error.to_string())
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn internal(error: anyhow::Error) -> CliError {
    CliError::internal(format!("{error:#}"))
}

#[expect(clippy::print_stderr, reason = "the program's last word")]
fn fail(error: &CliError) -> ExitCode {
    eprintln!("error: {error}");
    ExitCode::from(error.exit_code())
}
