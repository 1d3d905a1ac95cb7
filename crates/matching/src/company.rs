//! Companies as they are recorded, and ready to be compared.

use crate::normalise::{Address, CompanyName, Domain, country_code, e164};

/// What a record says of a company; any of it may be missing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Company {
    pub name: Option<String>,
    /// Web addresses or hosts.
    pub domains: Vec<String>,
    pub phones: Vec<String>,
    /// Street and number, with or without postcode and town after a comma.
    pub address: Option<String>,
    pub postcode: Option<String>,
    pub country: Option<String>,
}

/// A company's features, worked out once to be compared often.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PreparedCompany {
    pub name: Option<CompanyName>,
    pub domains: Vec<String>,
    /// E.164.
    pub phones: Vec<String>,
    pub address: Option<Address>,
    pub country: Option<&'static str>,
}

impl Company {
    /// `is_public` says of a domain whether anybody can have an address there: such a domain is no company's.
    pub fn prepare(&self, is_public: impl Fn(&str) -> bool) -> PreparedCompany {
        let country = self.country.as_deref().and_then(country_code);
        let domains = self.domains.iter().filter_map(|text| Domain::parse(text)).map(|domain| domain.ascii);
        PreparedCompany {
            name: self.name.as_deref().and_then(CompanyName::parse),
            domains: domains.filter(|domain| !is_public(domain)).collect(),
            phones: self.phones.iter().filter_map(|text| e164(text, country)).collect(),
            address: self.address.as_deref().and_then(|line| Address::parse(line, self.postcode.as_deref())),
            country,
        }
    }
}

/// What stands before the top-level domain, with the second-level one that some countries have: `acme` of
/// `acme.co.uk` and of `acme.example`.
pub(crate) fn brand(domain: &str) -> &str {
    let mut labels = domain.rsplit('.').skip(1);
    match labels.next() {
        Some("co" | "com" | "org" | "net" | "ac" | "gov" | "or" | "ne") => labels.next().unwrap_or_default(),
        label => label.unwrap_or_default(),
    }
}
