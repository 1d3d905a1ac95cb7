//! Pairs of companies, and what is said of them.

use pipewright_matching::{
    Company, Comparison, Conflict, Population, PreparedCompany,
    Verdict::{Different, Match, Possible},
    compare_companies, duplicate_companies,
};

/// Name, domain, phone, address; empty is unknown.
type Row = (&'static str, &'static str, &'static str, &'static str);

fn company((name, domain, phone, address): Row) -> PreparedCompany {
    let some = |text: &str| (!text.is_empty()).then(|| text.to_owned());
    let company = Company {
        name: some(name),
        domains: some(domain).into_iter().collect(),
        phones: some(phone).into_iter().collect(),
        address: some(address),
        postcode: None,
        country: None,
    };
    company.prepare(|domain| domain == "mail.example")
}

fn compare(one: Row, other: Row) -> Comparison {
    compare_companies(&company(one), &company(other), &Population::default())
}

#[test]
fn companies_are_told_apart_and_together() {
    for (one, other, expected) in [
        (("Acme GmbH", "acme.example", "", ""), ("ACME", "https://www.acme.example/about", "", ""), Match),
        (("ООО «Ромашка»", "romashka.example", "", ""), ("Romashka LLC", "romashka.example", "", ""), Match),
        (("Acme Robotics Ltd", "", "+44 20 7946 0123", ""), ("Acme Robotics", "", "0044 20 79460123", ""), Match),
        (("Data Works Inc", "", "", "12 Main St."), ("DataWorks", "", "", "12 Main Street"), Match),
        // One name is not one company.
        (("Acme", "", "", ""), ("Acme Inc.", "", "", ""), Possible),
        // It changed its name, or has a parent.
        (("Looms", "acme.example", "", ""), ("Acme", "acme.example", "", ""), Possible),
        (("Acme Deutschland GmbH", "acme.example", "", ""), ("Acme France SAS", "acme.example", "", ""), Possible),
        // Tenants of one house.
        (("Acme", "acme.example", "", "12 Main St."), ("Looms", "looms.example", "", "12 Main St."), Different),
        // Everybody's domain is nobody's.
        (("Acme", "mail.example", "", ""), ("Looms", "mail.example", "", ""), Different),
        (("Acme", "acme.example", "", ""), ("Looms", "looms.example", "", ""), Different),
    ] {
        assert_eq!(compare(one, other).verdict, expected, "{one:?} and {other:?}");
        assert_eq!(compare(other, one).verdict, expected, "{other:?} and {one:?}");
    }
}

#[test]
fn subsidiaries_of_two_countries_are_in_conflict() {
    let comparison = compare(("Acme Germany", "acme.example", "", ""), ("Acme France", "acme.example", "", ""));
    assert_eq!((comparison.conflict, comparison.may_merge_unasked), (Some(Conflict::Places), false));
}

#[test]
fn all_duplicates_of_a_list_are_found_in_whatever_order() {
    let mut companies: Vec<(u32, PreparedCompany)> = [
        ("Acme GmbH", "acme.example", "", ""),
        ("Looms Ltd", "looms.example", "", ""),
        ("Acme", "acme.example", "+49 30 901820", ""),
        ("ACME AG", "", "+49 (0)30 901820", ""),
        ("Looms France", "looms.example", "", ""),
        ("Looms Germany", "looms.example", "", ""),
    ]
    .into_iter()
    .zip(0..)
    .map(|(row, id)| (id, company(row)))
    .collect();
    let found = duplicate_companies(&companies);
    assert_eq!(found.clusters[0].members, [0, 2, 3]);
    assert!(found.clusters.iter().all(|cluster| !(cluster.members.contains(&4) && cluster.members.contains(&5))));
    companies.reverse();
    assert!(duplicate_companies(&companies) == found);
}
