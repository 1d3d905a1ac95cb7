use std::collections::HashMap;

use events::lead::AccountCreated;
use kernel::{AccountId, Action, Actor, Object, Permission, Timestamp, id::TypedId};
use platform::Tx;
use uuid::Uuid;

use super::{
    App, ImportRows, Imported, Outcome, RowOutcome,
    accounts::{MAX_DOMAINS, domains_of, follow_size, resizes, tell_domains},
    import_once::{keep_outcomes, outcomes_before},
    link_leads::link_leads,
    require_write,
};
use crate::{
    domain::{
        account::{Account, AccountChange, AccountDraft},
        import::{ImportKind, Mapping, parse_account_row},
        normalise::company_key,
        record::{Kind, Record},
    },
    error::Error,
    store::{self, accounts::Wanted},
};

const OPERATION: &str = "importAccounts";

impl App {
    /// Takes a stretch of rows in one transaction. A row is a known account by its foreign id, else by its
    /// domain, else by its compared name where neither says otherwise; the same rows again change nothing.
    pub async fn import_accounts(&self, actor: &Actor, input: ImportRows) -> Result<Imported, Error> {
        actor.require(Permission::Write)?;
        for action in [Action::Create, Action::Update] {
            actor.access.require_all(Object::Account, action)?;
        }
        input.check()?;
        let mapping = Mapping::detect(&input.headers, ImportKind::Accounts)?;
        let mut imported = Imported::default();
        let mut drafts = Vec::with_capacity(input.rows.len());
        for row in &input.rows {
            match parse_account_row(&mapping, row.row, &row.cells) {
                Ok(parsed) => drafts.push((row.row, AccountDraft::from(parsed))),
                Err(errors) => imported.rejected.extend(errors),
            }
        }
        require_write(actor, Object::Account, drafts.iter().flat_map(|(_, draft)| draft.details.given()))?;
        let now = self.clock.now();
        let mut tx = self.db.of(actor.workspace).begin().await?;
        let match_key = |draft: &AccountDraft| {
            let key = draft.external_id.clone();
            key.unwrap_or_else(|| company_key(&draft.details.name))
        };
        if let Some(outcomes) = outcomes_before(&mut tx, actor, &self.clock, OPERATION, &input).await? {
            let rows = drafts.into_iter().zip(outcomes);
            let row = |((row, draft), outcome): ((u32, AccountDraft), Outcome)| RowOutcome {
                row,
                outcome,
                match_key: match_key(&draft),
            };
            return Ok(Imported { outcomes: rows.map(row).collect(), ..imported });
        }
        let domains: Vec<String> = drafts.iter().filter_map(|(_, draft)| draft.details.domain.clone()).collect();
        let holders = store::account_domains::holders(&mut tx, actor.workspace, &domains).await?;
        let wanted = wanted(&drafts, &holders);
        let mut accounts = store::accounts::candidates(&mut tx, actor.workspace, &wanted).await?;
        accounts.extend(survivors(&mut tx, actor, &accounts).await?);
        let mut known = Batch::new(accounts, holders);
        for (row, draft) in drafts {
            let match_key = match_key(&draft);
            let outcome = known.take(Account::create(draft, self.clock.id(), actor.workspace, now), now);
            imported.outcomes.push(RowOutcome { row, outcome, match_key });
        }
        let renamed = |change: &AccountChange| change.previous.details.name != change.current.details.name;
        if known.changes.values().any(renamed) {
            actor.access.require_write(Object::Account, "name")?;
        }
        if !input.dry_run {
            keep_outcomes(&mut tx, actor, OPERATION, &input, &imported.outcomes).await?;
            let mut events = self.outbox.events(actor.into());
            let fresh = &known.fresh;
            if store::accounts::insert(&mut tx, fresh).await?.len() < fresh.len() {
                return Err(Error::Conflict);
            }
            for account in fresh {
                events.push(&AccountCreated { current: account.published() });
            }
            let moved: Vec<&AccountChange> =
                known.changes.values().filter(|change| known.moves_domain(change)).collect();
            let before: Vec<&Account> = moved.iter().map(|change| &change.previous).collect();
            let domains = domains_of(&mut tx, &before).await?;
            for change in known.changes.values() {
                if store::accounts::update(&mut tx, change).await? == 0 {
                    return Err(Error::Conflict);
                }
                events.push(&change.updated());
            }
            for (account, domain) in &known.more_domains {
                if domains.get(account).map_or(0, Vec::len) < MAX_DOMAINS {
                    store::account_domains::insert(&mut tx, actor.workspace, *account, domain, now).await?;
                }
            }
            let moved: Vec<&Account> = moved.into_iter().map(|change| &change.current).collect();
            tell_domains(&mut tx, &mut events, domains, &moved).await?;
            let resized = known.changes.values().filter(|change| resizes(change)).map(|change| &change.current);
            let sized: Vec<&Account> = fresh.iter().chain(resized).collect();
            follow_size(&mut tx, &mut events, &sized, now).await?;
            let attracting: Vec<Account> = fresh.iter().chain(moved).cloned().collect();
            if !attracting.is_empty() {
                link_leads(&mut tx, &mut events, actor.workspace, &attracting, now).await?;
            }
            events.save(&mut tx).await?;
            self.outbox.commit(tx).await?;
        }
        Ok(imported)
    }
}

fn wanted(drafts: &[(u32, AccountDraft)], holders: &[(String, AccountId)]) -> Wanted {
    Wanted {
        ids: holders.iter().map(|(_, account)| *account).collect(),
        name_keys: drafts.iter().map(|(_, draft)| company_key(&draft.details.name)).collect(),
        external_ids: drafts.iter().filter_map(|(_, draft)| draft.external_id.clone()).collect(),
    }
}

/// What those of these accounts show as that are merged away.
async fn survivors(tx: &mut Tx, actor: &Actor, accounts: &[Account]) -> Result<Vec<Account>, Error> {
    let ids: Vec<Uuid> = accounts.iter().filter_map(|account| account.merged_into).map(TypedId::uuid).collect();
    if ids.is_empty() {
        return Ok(Vec::new());
    }
    let found = store::records::any(tx, actor.workspace, Kind::Account, &ids).await?;
    let account = |record: Record| match record {
        Record::Account(account) => Some(*account),
        _ => None,
    };
    Ok(found.into_iter().filter_map(account).collect())
}

/// The accounts a stretch of rows meets, and what it does to them.
#[derive(Default)]
struct Batch {
    accounts: HashMap<AccountId, Account>,
    by_external_id: HashMap<String, AccountId>,
    by_domain: HashMap<String, AccountId>,
    by_name: HashMap<String, AccountId>,
    fresh: Vec<Account>,
    changes: HashMap<AccountId, AccountChange>,
    /// Beside the domains that accounts have.
    more_domains: Vec<(AccountId, String)>,
}

impl Batch {
    fn new(mut accounts: Vec<Account>, holders: Vec<(String, AccountId)>) -> Self {
        let mut batch = Self { by_domain: holders.into_iter().collect(), ..Self::default() };
        // What is merged away never stands before what shows.
        accounts.sort_by_key(|account| (account.merged_into.is_some(), account.created_at, account.id));
        accounts.into_iter().for_each(|account| batch.know(account));
        batch
    }

    fn know(&mut self, account: Account) {
        self.by_external_id.extend(account.external_id.clone().map(|id| (id, account.id)));
        // The domain of one that is merged away leads to its survivor, as the holders say, and so does its name.
        if account.merged_into.is_none() {
            self.by_domain.extend(account.details.domain.clone().map(|domain| (domain, account.id)));
        }
        self.by_name.entry(account.name_key()).or_insert(account.merged_into.unwrap_or(account.id));
        self.accounts.insert(account.id, account);
    }

    /// `row` is the account that the row would make if there were none.
    fn take(&mut self, mut row: Account, now: Timestamp) -> Outcome {
        let same_record = row.external_id.as_ref().and_then(|id| self.by_external_id.get(id));
        let Some(known) = same_record.or_else(|| self.find(&row)).and_then(|id| self.accounts.get(id)) else {
            self.know(row.clone());
            self.fresh.push(row);
            return Outcome::Created;
        };
        // The very record that went: what it was merged into is not this row's to change.
        if known.merged_into.is_some() {
            return Outcome::Duplicate;
        }
        // A domain that an account has stays where it is: of another, or the whole stretch would be refused; of its own, or
        // a list would turn their order over.
        row.details.domain = row.details.domain.filter(|domain| !self.by_domain.contains_key(domain));
        // What an account has stays: another domain of the same record is one more.
        let another = if known.details.domain.is_some() { row.details.domain.take() } else { None };
        let change = if known.external_id == row.external_id && known.external_id.is_some() {
            if known.import_fingerprint == row.import_fingerprint {
                return Outcome::Duplicate;
            }
            known.change(now, |account| {
                account.details.overwrite_with(row.details);
                account.import_fingerprint = row.import_fingerprint;
            })
        } else {
            known.change(now, |account| account.details.fill_blanks(row.details))
        };
        // An account that this stretch has just made, or changed, keeps its first word.
        match change {
            Some(change) if !self.is_touched(change.current.id) => {
                let id = change.current.id;
                self.know(change.current.clone());
                self.changes.insert(id, change);
                self.by_domain.extend(another.clone().map(|domain| (domain, id)));
                self.more_domains.extend(another.map(|domain| (id, domain)));
                Outcome::Updated
            }
            _ => Outcome::Duplicate,
        }
    }

    /// Whether an account gets a domain.
    fn moves_domain(&self, AccountChange { previous, current }: &AccountChange) -> bool {
        previous.details.domain != current.details.domain || self.more_domains.iter().any(|(id, _)| *id == current.id)
    }

    fn is_touched(&self, id: AccountId) -> bool {
        self.changes.contains_key(&id) || self.fresh.iter().any(|account| account.id == id)
    }

    /// By domain, else by a name that neither a foreign id nor a domain contradicts.
    fn find(&self, row: &Account) -> Option<&AccountId> {
        let differs = |a: &Option<String>, b: &Option<String>| a.is_some() && b.is_some() && a != b;
        let by_domain = row.details.domain.as_ref().and_then(|domain| self.by_domain.get(domain));
        by_domain.or_else(|| {
            self.by_name.get(&row.name_key()).filter(|id| {
                self.accounts.get(id).is_some_and(|known| {
                    !differs(&known.external_id, &row.external_id)
                        && !differs(&known.details.domain, &row.details.domain)
                })
            })
        })
    }
}
