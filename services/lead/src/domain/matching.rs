//! Which account a lead belongs to: the one with its domain, else the one with its company's name.

use std::collections::{HashMap, HashSet};

use kernel::{AccountId, EmailAddress};

use super::lead::{Details, match_domain};

/// What of an account a lead is compared with.
#[derive(Debug, Clone)]
pub struct AccountKeys {
    pub id: AccountId,
    /// Left out where a domain was asked for.
    pub name_key: Option<String>,
    /// Without one, the account has none at all.
    pub domain: Option<String>,
}

/// The accounts that a batch of leads could belong to.
#[derive(Debug, Default)]
pub struct AccountIndex {
    by_domain: HashMap<String, AccountId>,
    by_name: HashMap<String, AccountId>,
    without_domain: HashSet<AccountId>,
}

impl AccountIndex {
    /// Of several accounts with one name the oldest wins; ids are in the order of their making.
    pub fn new(mut accounts: Vec<AccountKeys>) -> Self {
        accounts.sort_unstable_by_key(|account| account.id);
        let mut index = Self::default();
        for AccountKeys { id, name_key, domain } in accounts {
            match domain {
                Some(domain) => _ = index.by_domain.insert(domain, id),
                None => _ = index.without_domain.insert(id),
            }
            if let Some(name_key) = name_key {
                index.by_name.entry(name_key).or_insert(id);
            }
        }
        index
    }

    pub fn find(&self, email: &EmailAddress, details: &Details) -> Option<AccountId> {
        let by_domain = match_domain(email, details).and_then(|domain| self.by_domain.get(domain));
        by_domain.or_else(|| self.by_name.get(&details.company_key()?)).copied()
    }

    /// The account that may learn its domain from this lead: matched by name, without a domain of its own,
    /// and the lead's address agrees with the company domain it gives, which a consultant's would not.
    pub fn learns_domain(&self, email: &EmailAddress, details: &Details) -> Option<(AccountId, String)> {
        let domain = details.company_domain.as_deref().filter(|domain| *domain == email.domain())?;
        if self.by_domain.contains_key(domain) || match_domain(email, details).is_none() {
            return None;
        }
        let account = self.find(email, details).filter(|id| self.without_domain.contains(id))?;
        Some((account, domain.to_owned()))
    }

    /// Keeps what an account has just learned, so that the next lead of the batch sees it.
    pub fn learn(&mut self, account: AccountId, domain: String) {
        self.without_domain.remove(&account);
        self.by_domain.insert(domain, account);
    }
}

#[cfg(test)]
mod tests {
    use kernel::{Clock, Timestamp};

    use super::*;
    use crate::domain::normalise::company_key;

    /// Engines, which has no domain, and Looms, which has.
    fn index() -> (AccountIndex, [AccountId; 2]) {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let account = |name: &str, domain: Option<&str>| AccountKeys {
            id: clock.id(),
            name_key: Some(company_key(name)),
            domain: domain.map(str::to_owned),
        };
        let accounts = [account("Engines, Inc.", None), account("Looms Ltd", Some("looms.example"))];
        let ids = accounts.each_ref().map(|account| account.id);
        (AccountIndex::new(accounts.to_vec()), ids)
    }

    fn find(index: &AccountIndex, email: &str, company: &str) -> Option<AccountId> {
        let details = Details { company: Some(company.into()), ..Details::default() };
        index.find(&EmailAddress::parse(email).unwrap(), &details)
    }

    #[test]
    fn the_domain_decides_before_the_name() {
        let (index, [engines, looms]) = index();
        assert_eq!(find(&index, "ada@looms.example", "Engines"), Some(looms));
        assert_eq!(find(&index, "ada@gmail.com", "ENGINES"), Some(engines));
        assert_eq!(find(&index, "ada@gmail.com", "Else"), None);
    }

    #[test]
    fn an_account_learns_a_domain_only_where_address_and_company_domain_agree() {
        let (index, _) = index();
        let learns = |email: &str, domain: &str| {
            let company = Some("Engines".into());
            let details = Details { company, company_domain: Some(domain.into()), ..Details::default() };
            index.learns_domain(&EmailAddress::parse(email).unwrap(), &details).map(|(_, domain)| domain)
        };
        assert_eq!(learns("ada@engines.example", "engines.example"), Some("engines.example".into()));
        assert_eq!(learns("ada@consultants.example", "engines.example"), None);
    }
}
