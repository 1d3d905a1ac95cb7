//! People as they are recorded, and ready to be compared.

use crate::normalise::{Address, CompanyName, Domain, Email, PersonName, country_code, e164};

/// What a record says of a person; any of it may be missing.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Person {
    pub first_name: Option<String>,
    pub last_name: Option<String>,
    pub emails: Vec<String>,
    pub phones: Vec<String>,
    pub company: Option<String>,
    /// A web address or a host.
    pub company_domain: Option<String>,
    /// Street and number, with or without postcode and town after a comma.
    pub address: Option<String>,
    pub postcode: Option<String>,
    pub country: Option<String>,
}

/// A person's features, worked out once to be compared often.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct PreparedPerson {
    pub name: PersonName,
    pub emails: Vec<Email>,
    /// E.164.
    pub phones: Vec<String>,
    pub company: Option<CompanyName>,
    /// The company's domain, and those of addresses that are not with a public provider.
    pub domains: Vec<String>,
    pub address: Option<Address>,
    pub country: Option<&'static str>,
}

impl Person {
    /// `is_public` says of a domain whether anybody can have an address there, so that it tells nothing of a
    /// company.
    pub fn prepare(&self, is_public: impl Fn(&str) -> bool) -> PreparedPerson {
        let country = self.country.as_deref().and_then(country_code);
        let emails: Vec<Email> = self.emails.iter().filter_map(|text| Email::parse(text)).collect();
        let company_domain = self.company_domain.as_deref().and_then(Domain::parse).map(|domain| domain.ascii);
        let mut domains: Vec<String> =
            company_domain.into_iter().chain(emails.iter().map(|email| email.domain.clone())).collect();
        domains.retain(|domain| !is_public(domain));
        sort(&mut domains);
        let mut phones: Vec<String> = self.phones.iter().filter_map(|text| e164(text, country)).collect();
        sort(&mut phones);
        PreparedPerson {
            name: PersonName::parse(self.first_name.as_deref(), self.last_name.as_deref()),
            emails,
            phones,
            company: self.company.as_deref().and_then(CompanyName::parse),
            domains,
            address: self.address.as_deref().and_then(|line| Address::parse(line, self.postcode.as_deref())),
            country,
        }
    }
}

impl PreparedPerson {
    /// Whether the record names one person by something of their own: an address that is not a desk's.
    pub fn is_identified(&self) -> bool {
        self.emails.iter().any(Email::is_personal)
    }

    pub(crate) fn personal_emails(&self) -> impl Iterator<Item = &Email> {
        self.emails.iter().filter(|email| email.is_personal())
    }

    /// A short form of the name: spellings of one name seldom have two, and colleagues seldom share one.
    pub(crate) fn short_name(&self) -> (&str, Option<char>) {
        (&self.name.family.whole.sound, self.name.given.first().sound.chars().next())
    }
}

fn sort(values: &mut Vec<String>) {
    values.sort_unstable();
    values.dedup();
}

// Personal data does not print.
impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("Person(..)")
    }
}

impl std::fmt::Debug for PreparedPerson {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("PreparedPerson(..)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_mailbox_is_no_company_and_a_desk_nobody() {
        let person = |email: &str| {
            let person = Person { emails: vec![email.to_owned()], ..Person::default() };
            person.prepare(|domain| domain == "mail.example")
        };
        let (private, work, desk) =
            (person("ada@mail.example"), person("ada@acme.example"), person("info@acme.example"));
        assert_eq!((private.domains.len(), work.domains.len(), desk.domains.len()), (0, 1, 1));
        assert!(private.is_identified() && work.is_identified() && !desk.is_identified());
    }

    #[test]
    fn a_national_number_takes_the_records_country() {
        let person = |phone: &str, country: &str| {
            let phones = vec![phone.to_owned()];
            Person { phones, country: Some(country.to_owned()), ..Person::default() }.prepare(|_| false).phones
        };
        assert_eq!(person("030 901820", "Germany"), person("+49 30 901820", "France"));
    }

    #[test]
    fn a_person_does_not_print() {
        let person = Person { last_name: Some("Lovelace".to_owned()), ..Person::default() };
        assert_eq!(format!("{person:?} {:?}", person.prepare(|_| false)), "Person(..) PreparedPerson(..)");
    }
}
