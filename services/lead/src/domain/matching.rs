//! Which account a lead belongs to: the one with its domain, else the one with its company's name.

use std::collections::HashMap;

use kernel::{AccountId, EmailAddress};

use super::{
    account::Account,
    lead::{Details, match_domain},
};

/// The accounts that a batch of leads could belong to.
#[derive(Debug, Default)]
pub struct AccountIndex {
    accounts: HashMap<AccountId, Account>,
    by_domain: HashMap<String, AccountId>,
    by_name: HashMap<String, AccountId>,
}

impl AccountIndex {
    /// Of several accounts with one name the oldest wins, then the one with the smaller id.
    pub fn new(mut accounts: Vec<Account>) -> Self {
        accounts.sort_by_key(|account| (account.created_at, account.id));
        let mut index = Self::default();
        for account in accounts {
            if let Some(domain) = &account.details.domain {
                index.by_domain.insert(domain.clone(), account.id);
            }
            index.by_name.entry(account.name_key()).or_insert(account.id);
            index.accounts.insert(account.id, account);
        }
        index
    }

    pub fn find(&self, email: &EmailAddress, details: &Details) -> Option<&Account> {
        let by_domain = match_domain(email, details).and_then(|domain| self.by_domain.get(domain));
        by_domain.or_else(|| self.by_name.get(&details.company_key()?)).and_then(|id| self.accounts.get(id))
    }

    /// The account that may learn its domain from this lead: matched by name, without a domain of its own,
    /// and the lead's address agrees with the company domain it gives, which a consultant's would not.
    pub fn learns_domain(&self, email: &EmailAddress, details: &Details) -> Option<(AccountId, String)> {
        let domain = details.company_domain.as_deref().filter(|domain| *domain == email.domain())?;
        if self.by_domain.contains_key(domain) || match_domain(email, details).is_none() {
            return None;
        }
        let account = self.find(email, details).filter(|account| account.details.domain.is_none())?;
        Some((account.id, domain.to_owned()))
    }

    /// Keeps what an account has just learned, so that the next lead of the batch sees it.
    pub fn learn(&mut self, account: Account, domain: String) {
        self.by_domain.insert(domain, account.id);
        self.accounts.insert(account.id, account);
    }

    pub fn get(&self, id: AccountId) -> Option<&Account> {
        self.accounts.get(&id)
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Clock, Timestamp};

    use super::*;
    use crate::domain::account::{AccountDetails, AccountDraft};

    fn index() -> AccountIndex {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let account = |name: &str, domain: Option<&str>| {
            let details =
                AccountDetails { name: name.into(), domain: domain.map(str::to_owned), ..AccountDetails::default() };
            Account::create(
                AccountDraft { details, external_id: None, import_fingerprint: None },
                clock.id(),
                clock.id(),
                clock.now(),
            )
        };
        AccountIndex::new(vec![account("Engines, Inc.", None), account("Looms Ltd", Some("looms.example"))])
    }

    fn find(index: &AccountIndex, email: &str, company: &str) -> Option<String> {
        let details = Details { company: Some(company.into()), ..Details::default() };
        index.find(&EmailAddress::parse(email).unwrap(), &details).map(|account| account.details.name.clone())
    }

    #[test]
    fn the_domain_decides_before_the_name() {
        assert_eq!(find(&index(), "ada@looms.example", "Engines"), Some("Looms Ltd".into()));
        assert_eq!(find(&index(), "ada@gmail.com", "ENGINES"), Some("Engines, Inc.".into()));
        assert_eq!(find(&index(), "ada@gmail.com", "Else"), None);
    }

    #[test]
    fn an_account_learns_a_domain_only_where_address_and_company_domain_agree() {
        let index = index();
        let learns = |email: &str, domain: &str| {
            let company = Some("Engines".into());
            let details = Details { company, company_domain: Some(domain.into()), ..Details::default() };
            index.learns_domain(&EmailAddress::parse(email).unwrap(), &details).map(|(_, domain)| domain)
        };
        assert_eq!(learns("ada@engines.example", "engines.example"), Some("engines.example".into()));
        assert_eq!(learns("ada@consultants.example", "engines.example"), None);
    }
}
