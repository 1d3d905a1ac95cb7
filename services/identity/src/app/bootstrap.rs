use std::{
    io,
    path::{Path, PathBuf},
};

use events::identity::UserCreated;
use kernel::{Actor, WorkspaceId};
use platform::{Tx, config::IdentityConfig};
use thiserror::Error;
use tokio::{fs, io::AsyncWriteExt};

use super::App;
use crate::{
    domain::{
        FIRST_WORKSPACE, Workspace,
        api_key::{ApiKey, ApiKeySecret, WeakKey},
        role::Role,
        starter_team::{TeamMember, TeamMemberError},
        user::{User, UserDraft, UserKind},
    },
    store,
};

const WORKSPACE_NAME: &str = "Pipewright";
const ADMIN: &str = "Administrator <admin@pipewright.example>";

/// What a first start needs to know.
#[derive(Debug, Clone)]
pub struct Bootstrap {
    /// An admin key of the operator's choice; without one, one is generated.
    pub key: Option<ApiKeySecret>,
    admin: TeamMember,
    pub team: Vec<TeamMember>,
    /// Where a generated key is left, readable for its owner only.
    pub key_file: Option<PathBuf>,
}

/// Why the service cannot start.
#[derive(Debug, Error)]
pub enum BootstrapError {
    #[error("identity.bootstrap_key is not fit for a key")]
    Key(#[from] WeakKey),
    // The entry's number, not its text: it is personal.
    #[error("entry {entry} of identity.starter_team cannot be read")]
    Team { entry: usize, source: TeamMemberError },
    #[error("entry {entry} of identity.starter_team has an address that is taken")]
    DuplicateEmail { entry: usize },
    #[error("the admin key cannot be left at {path}")]
    KeyFile { path: String, source: io::Error },
    #[error("the workspace has no active admin who could hold identity.bootstrap_key")]
    NoAdmin,
    #[error("the workspace cannot be set up")]
    Db(#[from] sqlx::Error),
}

impl Bootstrap {
    pub fn from_config(config: &IdentityConfig, key_file: Option<PathBuf>) -> Result<Self, BootstrapError> {
        let key = config.bootstrap_key.expose();
        let key = if key.is_empty() { None } else { Some(ApiKeySecret::parse(key)?) };
        let read = |entry, text: &str| TeamMember::parse(text).map_err(|source| BootstrapError::Team { entry, source });
        let admin = read(0, ADMIN)?;
        let mut team: Vec<TeamMember> = Vec::with_capacity(config.starter_team.len());
        for (entry, text) in (1..).zip(&config.starter_team) {
            let member = read(entry, text)?;
            if team.iter().chain([&admin]).any(|other| other.email == member.email) {
                return Err(BootstrapError::DuplicateEmail { entry });
            }
            team.push(member);
        }
        Ok(Self { key, admin, team, key_file })
    }
}

impl App {
    /// Makes the workspace, its users and the first admin key, unless another start did. A key of the
    /// operator's choice is put in force at every start. Returns a generated key, which nobody sees again.
    pub async fn bootstrap(&self, bootstrap: Bootstrap) -> Result<Option<ApiKeySecret>, BootstrapError> {
        let Bootstrap { key, admin, team, key_file } = bootstrap;
        let now = self.clock.now();
        let mut tx = self.db.everywhere().begin().await?;
        let workspace = Workspace {
            id: self.clock.id(),
            slug: FIRST_WORKSPACE.to_owned(),
            name: WORKSPACE_NAME.to_owned(),
            created_at: now,
        };
        let first = store::workspaces::claim(&mut tx, &workspace).await?;
        if first {
            self.create_users(&mut tx, workspace.id, admin, team).await?;
        }
        let generated = (first && key.is_none()).then(|| self.generate_key());
        if let Some(key) = key.as_ref().or(generated.as_ref()) {
            self.put_admin_key_in_force(&mut tx, key).await?;
        }
        // Before the commit: a file that opens nothing is mended by the next start, a lost key by nobody.
        if let (Some(key), Some(path)) = (&generated, &key_file) {
            let failed = |source| BootstrapError::KeyFile { path: path.display().to_string(), source };
            write_secret(path, key.expose()).await.map_err(failed)?;
        }
        self.outbox.commit(tx).await?;
        Ok(generated)
    }

    async fn create_users(
        &self,
        tx: &mut Tx,
        workspace: WorkspaceId,
        admin: TeamMember,
        team: Vec<TeamMember>,
    ) -> Result<(), BootstrapError> {
        let user = |TeamMember { name, email }: TeamMember, role| {
            let draft = UserDraft { kind: UserKind::Person, name, email, role, custom_role: None };
            User::create(draft, self.clock.id(), workspace, self.clock.now())
        };
        let users: Vec<User> = [user(admin, Role::Admin)]
            .into_iter()
            .chain(team.into_iter().map(|member| user(member, Role::AccountExecutive)))
            .collect();
        store::users::insert(tx, &users).await?;
        let actor = Actor::system(workspace, "identity");
        let mut events = self.outbox.events((&actor).into());
        for user in &users {
            events.push(&UserCreated { current: user.published() });
        }
        Ok(events.save(tx).await?)
    }

    /// Gives the key to the longest-serving admin, however it stood before: so an operator who lost every key
    /// comes in again by configuration.
    async fn put_admin_key_in_force(&self, tx: &mut Tx, secret: &ApiKeySecret) -> Result<(), BootstrapError> {
        let admin = store::users::first_admin(tx).await?.ok_or(BootstrapError::NoAdmin)?;
        let key = ApiKey {
            id: self.clock.id(),
            workspace: admin.workspace,
            user: admin.id,
            name: "First admin key".to_owned(),
            prefix: secret.prefix(),
            permissions: Role::Admin.permissions().to_vec(),
            objects: None,
            expires_at: None,
            revoked_at: None,
            last_used_at: None,
            created_at: self.clock.now(),
        };
        Ok(store::api_keys::put_in_force(tx, &key, &secret.hash()).await?)
    }
}

/// Whole or not at all, and never readable for others.
async fn write_secret(path: &Path, secret: &str) -> io::Result<()> {
    use std::os::unix::fs::PermissionsExt;
    if let Some(folder) = path.parent() {
        fs::create_dir_all(folder).await?;
    }
    let unfinished = path.with_extension("key.new");
    let mut file = fs::OpenOptions::new().write(true).create(true).truncate(true).mode(0o600).open(&unfinished).await?;
    // A file left by a crash keeps the mode it had.
    file.set_permissions(std::fs::Permissions::from_mode(0o600)).await?;
    file.write_all(format!("{secret}\n").as_bytes()).await?;
    file.sync_all().await?;
    fs::rename(&unfinished, path).await
}
