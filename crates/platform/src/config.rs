//! Configuration: defaults, then `pipewright.toml`, then `PIPEWRIGHT__SECTION__KEY`, then flags. A key nobody
//! knows is refused, so a typo cannot pass for a setting. A secret may come from a file:
//! `PIPEWRIGHT__SECTION__KEY_FILE`. This is the only place that reads the environment.

use std::{
    collections::BTreeMap,
    fmt,
    net::SocketAddr,
    path::{Path, PathBuf},
};

use figment::{
    Figment, Metadata,
    providers::{Format, Serialized, Toml},
    value::{Dict, Value},
};
use serde::{Deserialize, Serialize};
use thiserror::Error;

pub use self::gateway::{GatewayConfig, Profile};

mod gateway;

const PREFIX: &str = "PIPEWRIGHT__";
const FILE: &str = "pipewright.toml";

/// The settings of type [`Secret`].
const SECRETS: [&str; 7] = [
    "database.url",
    "bus.url",
    "mail.url",
    "identity.bootstrap_key",
    "identity.oidc_client_secret",
    "gateway.actor_secret",
    "gateway.metrics_token",
];

/// Name of the file in the data directory that keeps the first admin key, if one was made.
pub const KEY_FILE: &str = "admin.key";

#[derive(Debug, Error)]
pub enum ConfigError {
    #[error("configuration: {0}")]
    Invalid(Box<figment::Error>),
    #[error("the secret file {path} named by {variable} cannot be read")]
    SecretFile { variable: String, path: String, source: std::io::Error },
}

/// Everything that can be set. Empty URLs mean the embedded default under `data_dir`.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct Config {
    /// Where the embedded databases, the mail folder and the search index live.
    pub data_dir: PathBuf,
    /// Address to serve on; port 0 takes a free one.
    pub listen: SocketAddr,
    pub database: DatabaseConfig,
    pub bus: BusConfig,
    pub mail: MailConfig,
    pub search: SearchConfig,
    pub identity: IdentityConfig,
    pub gateway: GatewayConfig,
    pub log: LogConfig,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct DatabaseConfig {
    /// `{service}` stands for the service's name: `postgres://user@host/pipewright_{service}`.
    pub url: Secret,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct BusConfig {
    /// `local:FILE` or `nats://HOST:PORT`.
    pub url: Secret,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct MailConfig {
    /// `file:FOLDER`, `smtp://USER:PASSWORD@HOST:PORT` or `smtps://…`.
    pub url: Secret,
    pub from: String,
    /// Where recipients reach the unsubscribe page, and visitors forms and landing pages; the address served on, if empty.
    pub public_url: String,
    /// Postal address in the footer of every mail, which the law asks for.
    pub postal_address: String,
}

#[derive(Debug, Clone, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct SearchConfig {
    /// `tantivy:FOLDER`.
    pub url: String,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct IdentityConfig {
    /// The first admin key. Without it one is made at the first start and printed once.
    pub bootstrap_key: Secret,
    /// Reps of the new workspace, `Name <address>`; leads are routed among them until you change the team.
    pub starter_team: Vec<String>,
    /// Where people reach `/auth/…`, as the OpenID Connect provider knows it: `https://HOST`.
    pub public_url: String,
    /// The OpenID Connect provider by whom people may sign in; empty for none.
    pub oidc_issuer: String,
    pub oidc_client_id: String,
    /// Empty for a public client, which proves itself by PKCE alone.
    pub oidc_client_secret: Secret,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct LogConfig {
    pub format: LogFormat,
    /// As `tracing`'s filters: `info`, `warn,lead=debug`.
    pub level: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogFormat {
    Text,
    Json,
}

/// A value that does not print. URLs count, since they may carry a password.
#[derive(Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Secret(String);

impl Secret {
    pub fn new(text: impl Into<String>) -> Self {
        Self(text.into())
    }
    pub fn expose(&self) -> &str {
        &self.0
    }
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(if self.0.is_empty() { "\"\"" } else { "\"…\"" })
    }
}

impl Default for Config {
    fn default() -> Self {
        Self {
            data_dir: PathBuf::from(".pipewright"),
            listen: SocketAddr::from(([127, 0, 0, 1], 4000)),
            database: DatabaseConfig::default(),
            bus: BusConfig::default(),
            mail: MailConfig::default(),
            search: SearchConfig::default(),
            identity: IdentityConfig::default(),
            gateway: GatewayConfig::default(),
            log: LogConfig::default(),
        }
    }
}

impl Default for MailConfig {
    fn default() -> Self {
        Self {
            url: Secret::default(),
            from: "Pipewright <hello@pipewright.example>".to_owned(),
            public_url: String::new(),
            postal_address: "Pipewright, 1 Example Street, 12345 Example City".to_owned(),
        }
    }
}

impl Default for IdentityConfig {
    fn default() -> Self {
        let team = [
            "Amara Okafor <amara@pipewright.example>",
            "Jonas Weber <jonas@pipewright.example>",
            "Mei Tanaka <mei@pipewright.example>",
            "Lucía Fernández <lucia@pipewright.example>",
        ];
        Self {
            bootstrap_key: Secret::default(),
            starter_team: team.map(str::to_owned).to_vec(),
            public_url: String::new(),
            oidc_issuer: String::new(),
            oidc_client_id: String::new(),
            oidc_client_secret: Secret::default(),
        }
    }
}

impl Default for LogConfig {
    fn default() -> Self {
        Self {
            format: LogFormat::Text,
            level: "info,sqlx=warn,tantivy=warn,async_nats=warn,hive_router=warn".to_owned(),
        }
    }
}

/// One setting with where it came from.
#[derive(Debug, Clone, Serialize)]
pub struct Setting {
    pub key: String,
    pub value: String,
    pub source: String,
}

/// The layers, before they become a [`Config`]: what was set. The defaults below them depend on
/// `gateway.profile`, which is itself set.
#[derive(Debug, Clone)]
pub struct Layers(Figment);

impl Layers {
    /// Defaults, then `file` (or `pipewright.toml` in the working directory), then the environment.
    pub fn load(file: Option<&Path>) -> Result<Self, ConfigError> {
        #[expect(clippy::disallowed_methods, reason = "the one home of the environment")]
        let environment: Vec<(String, String)> =
            std::env::vars().filter(|(name, _)| name.starts_with(PREFIX)).collect();
        Self::from_parts(file, &environment)
    }

    /// Defaults alone, for the reference.
    pub fn defaults() -> Self {
        Self(Figment::new())
    }

    fn from_parts(file: Option<&Path>, environment: &[(String, String)]) -> Result<Self, ConfigError> {
        let mut figment = match file {
            Some(file) => Figment::from(Toml::file_exact(file)),
            None => Figment::from(Toml::file(FILE)),
        };
        for (name, value) in environment {
            figment = figment.merge(Variable::read(name, value)?);
        }
        Ok(Self(figment))
    }

    /// A flag, which wins over every other layer.
    pub fn flag(self, flag: &'static str, key: &str, value: impl Serialize) -> Self {
        let value = Value::serialize(value).unwrap_or_else(|_| Value::from(""));
        Self(self.0.merge(Variable { source: flag.to_owned(), dict: nested(key, value) }))
    }

    pub fn config(&self) -> Result<Config, ConfigError> {
        self.whole()?.extract().map_err(|error| ConfigError::Invalid(Box::new(error)))
    }

    /// With the defaults of the profile below.
    fn whole(&self) -> Result<Figment, ConfigError> {
        let profile = match self.0.extract_inner("gateway.profile") {
            Ok(profile) => profile,
            Err(error) if error.missing() => Profile::default(),
            Err(error) => return Err(ConfigError::Invalid(Box::new(error))),
        };
        let defaults = Config { gateway: GatewayConfig::of(profile), ..Config::default() };
        Ok(Figment::from(Serialized::defaults(defaults)).merge(&self.0))
    }

    /// Every setting, its value (secrets masked) and its source.
    pub fn explain(&self) -> Result<Vec<Setting>, ConfigError> {
        let config = self.config()?;
        let whole = self.whole()?;
        // Debug masks secrets; Serialize, which figment needs, cannot.
        let mut flat = BTreeMap::new();
        if let Ok(value) = Value::serialize(&config) {
            flatten("", &value, &mut flat);
        }
        let setting = |(key, value): (String, String)| {
            let value = if SECRETS.contains(&key.as_str()) && value != "\"\"" { "…".to_owned() } else { value };
            let source = whole.find_metadata(&key).map_or_else(|| "default".to_owned(), describe);
            Setting { key, value, source }
        };
        Ok(flat.into_iter().map(setting).collect())
    }
}

fn describe(metadata: &Metadata) -> String {
    match &metadata.source {
        Some(figment::Source::File(path)) => path.display().to_string(),
        Some(figment::Source::Custom(source)) => source.clone(),
        _ => "default".to_owned(),
    }
}

fn flatten(prefix: &str, value: &Value, flat: &mut BTreeMap<String, String>) {
    match value {
        Value::Dict(_, dict) => {
            for (key, value) in dict {
                let key = if prefix.is_empty() { key.clone() } else { format!("{prefix}.{key}") };
                flatten(&key, value, flat);
            }
        }
        other => {
            flat.insert(prefix.to_owned(), serde_json::to_string(other).unwrap_or_default());
        }
    }
}

/// `a.b.c` and a value as a dictionary in a dictionary in a dictionary.
fn nested(path: &str, value: Value) -> Dict {
    let mut path = path.split('.');
    let last = path.next_back().unwrap_or_default();
    path.rev()
        .fold(Dict::from([(last.to_owned(), value)]), |dict, key| Dict::from([(key.to_owned(), Value::from(dict))]))
}

/// One variable or flag as a layer of its own, so that `config print` can name it.
struct Variable {
    source: String,
    dict: Dict,
}

impl Variable {
    fn read(name: &str, value: &str) -> Result<Self, ConfigError> {
        let key = name.trim_start_matches(PREFIX).to_lowercase().replace("__", ".");
        let (key, value) = match key.strip_suffix("_file") {
            // Text as it stands: read as a number, it would be refused, and printed in the refusal.
            None if SECRETS.contains(&key.as_str()) => (key, Value::from(value)),
            None => (key, value.parse().unwrap_or_else(|_| Value::from(value))),
            Some(key) => {
                let text = std::fs::read_to_string(value).map_err(|source| ConfigError::SecretFile {
                    variable: name.to_owned(),
                    path: value.to_owned(),
                    source,
                })?;
                (key.to_owned(), Value::from(text.trim_end()))
            }
        };
        Ok(Self { source: name.to_owned(), dict: nested(&key, value) })
    }
}

impl figment::Provider for Variable {
    fn metadata(&self) -> Metadata {
        Metadata::named("setting").source(figment::Source::Custom(self.source.clone()))
    }
    fn data(&self) -> Result<figment::value::Map<figment::Profile, Dict>, figment::Error> {
        Ok([(figment::Profile::default(), self.dict.clone())].into())
    }
}

impl Config {
    /// The database of one service.
    pub fn database_url(&self, service: &str) -> String {
        if self.database.url.is_empty() {
            format!("sqlite:{}", self.data_dir.join(format!("{service}.db")).display())
        } else {
            self.database.url.expose().replace("{service}", service)
        }
    }

    pub fn bus_url(&self) -> String {
        if self.bus.url.is_empty() {
            format!("local:{}", self.data_dir.join("bus.db").display())
        } else {
            self.bus.url.expose().to_owned()
        }
    }

    pub fn mail_url(&self) -> String {
        if self.mail.url.is_empty() {
            format!("file:{}", self.data_dir.join("mail").display())
        } else {
            self.mail.url.expose().to_owned()
        }
    }

    pub fn search_url(&self) -> String {
        if self.search.url.is_empty() {
            format!("tantivy:{}", self.data_dir.join("search").display())
        } else {
            self.search.url.clone()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn load(environment: &[(&str, &str)]) -> Result<Layers, ConfigError> {
        let environment: Vec<_> =
            environment.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
        Layers::from_parts(None, &environment)
    }

    #[test]
    fn a_variable_overrides_a_default_and_is_named_as_the_source() {
        let layers = load(&[("PIPEWRIGHT__LOG__LEVEL", "debug")]).unwrap();
        assert_eq!(layers.config().unwrap().log.level, "debug");
        let level = layers.explain().unwrap().into_iter().find(|setting| setting.key == "log.level").unwrap();
        assert_eq!((level.value.as_str(), level.source.as_str()), ("\"debug\"", "PIPEWRIGHT__LOG__LEVEL"));
    }

    #[test]
    fn an_unknown_key_is_refused_by_name() {
        let error = load(&[("PIPEWRIGHT__LOG__LEVLE", "debug")]).unwrap().config().unwrap_err();
        assert!(error.to_string().contains("levle"), "{error}");
    }

    #[test]
    fn a_secret_can_come_from_a_file_and_does_not_print() {
        let file = std::env::temp_dir().join(format!("pipewright-secret-{}", std::process::id()));
        std::fs::write(&file, "hunter2\n").unwrap();
        let layers = load(&[("PIPEWRIGHT__IDENTITY__BOOTSTRAP_KEY_FILE", file.to_str().unwrap())]).unwrap();
        std::fs::remove_file(&file).unwrap();
        let config = layers.config().unwrap();
        assert_eq!(config.identity.bootstrap_key.expose(), "hunter2");
        assert!(!format!("{config:?} {:?}", layers.explain().unwrap()).contains("hunter2"));
    }

    #[test]
    fn a_secret_of_digits_is_text() {
        let layers = load(&[("PIPEWRIGHT__GATEWAY__ACTOR_SECRET", "12345678901234567890")]).unwrap();
        assert_eq!(layers.config().unwrap().gateway.actor_secret.expose(), "12345678901234567890");
    }

    #[test]
    fn a_profile_moves_the_defaults_and_every_one_of_them_can_still_be_set() {
        let of = |environment: &[(&str, &str)]| load(environment).unwrap().config().unwrap().gateway;
        let (development, production) = (of(&[]), of(&[("PIPEWRIGHT__GATEWAY__PROFILE", "production")]));
        assert_eq!((development.profile, production.profile), (Profile::Development, Profile::Production));
        assert!(development.introspection && !production.introspection);
        let mixed =
            of(&[("PIPEWRIGHT__GATEWAY__INTROSPECTION", "true"), ("PIPEWRIGHT__GATEWAY__PROFILE", "production")]);
        assert!(mixed.introspection && !mixed.playground);
        let layers = load(&[("PIPEWRIGHT__GATEWAY__PROFILE", "production")]).unwrap();
        let shown = layers.explain().unwrap();
        let shown = |key: &str| shown.iter().find(|setting| setting.key == key).unwrap();
        assert_eq!(shown("gateway.playground").value, "false");
        assert_eq!(shown("gateway.profile").source, "PIPEWRIGHT__GATEWAY__PROFILE");
    }

    #[test]
    fn an_unknown_profile_is_refused_by_name() {
        let error = load(&[("PIPEWRIGHT__GATEWAY__PROFILE", "staging")]).unwrap().config().unwrap_err();
        assert!(error.to_string().contains("staging"), "{error}");
    }

    #[test]
    fn a_flag_wins() {
        let layers = load(&[("PIPEWRIGHT__LISTEN", "127.0.0.1:1")]).unwrap().flag("--listen", "listen", "127.0.0.1:2");
        assert_eq!(layers.config().unwrap().listen.port(), 2);
    }
}
