//! Pairs of people, and what is said of them.

use pipewright_matching::{
    Comparison, Conflict, Field, Level, Person, Population, PreparedPerson,
    Verdict::{self, Different, Match, Possible},
    compare_people, duplicate_people, duplicate_people_except,
};

/// Of `field: value` pairs: `first`, `last`, `email`, `phone`, `company`, `address`, `country`.
fn person(fields: &[(&str, &str)]) -> PreparedPerson {
    let get = |name| fields.iter().find(|(field, _)| *field == name).map(|(_, value)| (*value).to_owned());
    let person = Person {
        first_name: get("first"),
        last_name: get("last"),
        emails: get("email").into_iter().collect(),
        phones: get("phone").into_iter().collect(),
        company: get("company"),
        company_domain: None,
        address: get("address"),
        postcode: None,
        country: get("country"),
    };
    person.prepare(|domain| domain == "mail.example")
}

fn compare(one: &[(&str, &str)], other: &[(&str, &str)]) -> Comparison {
    let (one, other) = (person(one), person(other));
    let comparison = compare_people(&one, &other, &Population::default());
    let turned = compare_people(&other, &one, &Population::default());
    assert_eq!((comparison.verdict, comparison.conflict), (turned.verdict, turned.conflict), "whichever comes first");
    comparison
}

fn verdict(one: &[(&str, &str)], other: &[(&str, &str)]) -> Verdict {
    compare(one, other).verdict
}

const ADA: &[(&str, &str)] = &[
    ("first", "Ada"),
    ("last", "Lovelace"),
    ("email", "ada@engines.example"),
    ("phone", "+44 20 7946 0123"),
    ("company", "Engines Ltd"),
    ("country", "GB"),
];

#[test]
fn one_person_is_known_again() {
    for other in [
        &[("email", "ADA+news@engines.example")][..],
        &[("first", "Lovelace"), ("last", "Ada"), ("phone", "020 7946 0123"), ("country", "UK")],
        &[("first", "Ada"), ("last", "King"), ("email", "ada@engines.example")],
        &[("last", "Dr. Ada Lovelace"), ("company", "ENGINES LIMITED")],
        &[("first", "A."), ("last", "Lovelace"), ("company", "Engines"), ("phone", "0044 20 79460123")],
        &[("first", "Addie"), ("last", "Lovelace"), ("email", "ada@engines.example")],
        &[("first", "Ада"), ("last", "Лавлейс"), ("email", "ada@engines.example")],
    ] {
        assert_eq!(verdict(ADA, other), Match, "{other:?}");
    }
}

#[test]
fn those_who_share_something_are_not_one() {
    for (other, expected) in [
        // A colleague behind the same switchboard.
        (
            &[("first", "Charles"), ("last", "Babbage"), ("company", "Engines Ltd"), ("phone", "+44 20 7946 0123")][..],
            Different,
        ),
        // A spouse or a twin.
        (
            &[("first", "William"), ("last", "Lovelace"), ("company", "Engines Ltd"), ("phone", "+44 20 7946 0123")],
            Different,
        ),
        // A wrong address, or somebody else's.
        (&[("first", "William"), ("last", "Lovelace"), ("email", "ada@engines.example")], Possible),
        // A namesake elsewhere.
        (&[("first", "Ada"), ("last", "Lovelace"), ("email", "ada@looms.example"), ("company", "Looms Ltd")], Possible),
        // A number and no name.
        (&[("phone", "+44 20 7946 0123")], Possible),
        // A desk of the same company.
        (&[("email", "info@engines.example")], Different),
    ] {
        let verdict = verdict(ADA, other);
        assert!(verdict >= expected && verdict != Match, "{other:?} is {verdict:?}");
    }
}

#[test]
fn a_couple_with_one_mailbox_is_for_a_person_to_decide() {
    let [anna, andreas, ann, slips] = ["Anna", "Andreas", "Anne", "Adnreeas"]
        .map(|first| [("first", first), ("last", "Miller"), ("email", "millers@mail.example"), ("country", "DE")]);
    assert_eq!(compare(&anna, &andreas).conflict, Some(Conflict::GivenNames));
    assert_eq!(verdict(&anna, &andreas), Possible);
    assert_eq!(verdict(&anna, &ann), Match);
    assert_eq!(verdict(&andreas, &slips), Match, "nobody has that name");
}

#[test]
fn a_family_stays_a_family() {
    let house = [("address", "12 High Street, 10115 Springfield"), ("phone", "+1 415 555 0132")];
    let with =
        |first: &'static str, last: &'static str| [&[("first", first)][..], &house[..], &[("last", last)]].concat();
    assert_eq!(verdict(&with("John", "Miller"), &with("John", "Miller")), Match);
    assert_eq!(compare(&with("John", "Miller Sr."), &with("John", "Miller Jr.")).conflict, Some(Conflict::Generations));
    assert_eq!(verdict(&with("John", "Miller Sr."), &with("John", "Miller Jr.")), Different);
    assert_ne!(verdict(&with("John", "Miller"), &with("John", "Miller Jr.")), Match);
    assert_eq!(verdict(&with("John", "Miller"), &with("James", "Miller")), Different);
    assert_eq!(verdict(&with("J.", "Miller"), &with("John", "Miller")), Possible, "or James");
}

#[test]
fn what_is_missing_says_nothing() {
    let short = [("first", "Ada"), ("last", "Lovelace"), ("email", "ada@engines.example")];
    let comparison = compare(ADA, &short);
    let fields: Vec<Field> = comparison.reasons.iter().map(|reason| reason.field).collect();
    assert!(!fields.contains(&Field::Phone) && !fields.contains(&Field::Address), "{fields:?}");
    assert_eq!(compare(&[], &[]).reasons, []);
    assert_eq!(verdict(&[], &[]), Different);
}

#[test]
fn a_comparison_gives_its_reasons() {
    let comparison =
        compare(ADA, &[("first", "Ada"), ("last", "Lovelase"), ("phone", "020 7946 0123"), ("country", "GB")]);
    let reasons: Vec<_> = comparison
        .reasons
        .iter()
        .map(|reason| (reason.field, reason.level, reason.weight > 0.0, reason.left.as_str(), reason.right.as_str()))
        .collect();
    assert_eq!(
        reasons,
        [
            (Field::GivenName, Level::Exact, true, "ada", "ada"),
            (Field::FamilyName, Level::Close, true, "lovelace", "lovelase"),
            (Field::Phone, Level::Exact, true, "+442079460123", "+442079460123"),
        ]
    );
    assert!(comparison.probability > 0.95);
}

#[test]
fn two_identified_people_are_never_merged_unasked() {
    let at_home =
        [("first", "Ada"), ("last", "Lovelace"), ("email", "ada@mail.example"), ("phone", "+44 20 7946 0123")];
    let comparison = compare(ADA, &at_home);
    assert_eq!((comparison.verdict, comparison.may_merge_unasked), (Match, false));
    let unidentified = compare(ADA, &[("first", "Ada"), ("last", "Lovelace"), ("phone", "+44 20 7946 0123")]);
    assert_eq!((unidentified.verdict, unidentified.may_merge_unasked), (Match, true));
    let same_address = compare(ADA, &[("email", "ada@engines.example")]);
    assert_eq!((same_address.verdict, same_address.may_merge_unasked), (Match, true));
    let tagged = compare(ADA, &[("email", "ada+x@engines.example")]);
    assert_eq!((tagged.verdict, tagged.may_merge_unasked), (Match, false), "only the provider could say");
}

#[test]
fn nobody_stands_between_two_identified_people_to_have_them_merged_unasked() {
    let ada = |more: &[(&'static str, &'static str)]| {
        person(&[&[("first", "Ada"), ("last", "Lovelace"), ("phone", "+44 20 7946 0123")][..], more].concat())
    };
    let [at_work, between, at_home] =
        [ada(&[("email", "ada@engines.example")]), ada(&[]), ada(&[("email", "ada@mail.example")])];
    let merged = |records: &[(u32, PreparedPerson)]| {
        let found = duplicate_people(records);
        assert_eq!(found.clusters.len(), 1);
        (found.clusters[0].members.len(), found.clusters[0].may_merge_unasked)
    };
    assert_eq!(merged(&[(1, at_work.clone()), (2, between.clone())]), (2, true));
    assert_eq!(merged(&[(1, at_work), (2, between), (3, at_home)]), (3, false));
}

#[test]
fn a_rare_name_says_more_than_a_common_one() {
    let mut crowd: Vec<PreparedPerson> = Vec::new();
    for at in 0..500 {
        let given = format!("Given{at}");
        crowd.push(person(&[("first", given.as_str()), ("last", "Smith")]));
    }
    let population = Population::of_people(&crowd);
    let weight = |name| {
        let one = person(&[("first", "Ada"), ("last", name)]);
        let reasons = compare_people(&one, &one, &population).reasons;
        reasons.iter().find(|reason| reason.field == Field::FamilyName).map(|reason| reason.weight)
    };
    assert!(weight("Featherstonehaugh") > weight("Smith").map(|weight| weight + 3.0));
}

#[test]
fn a_cluster_is_as_sure_as_its_weakest_link_and_never_joins_two_people() {
    let number = ("phone", "+1 415 555 0132");
    let records = [
        (
            1,
            person(&[
                ("first", "John"),
                ("last", "Miller"),
                ("email", "john@acme.example"),
                number,
                ("company", "Acme"),
            ]),
        ),
        (2, person(&[("first", "J."), ("last", "Miller"), ("email", "john@acme.example"), number])),
        (3, person(&[("first", "James"), ("last", "Miller"), number, ("company", "Acme")])),
        (4, person(&[("first", "J."), ("last", "Miller"), number, ("company", "Acme")])),
    ];
    let found = duplicate_people(&records);
    assert!(found.clusters.iter().all(|cluster| !(cluster.members.contains(&1) && cluster.members.contains(&3))));
    let of_john = found.clusters.iter().find(|cluster| cluster.members.contains(&1)).unwrap();
    assert!(of_john.members.contains(&2), "{of_john:?}");
    let weakest = of_john.links.iter().map(|link| link.comparison.probability).fold(1.0, f64::min);
    assert_eq!(of_john.confidence, weakest);
    assert_eq!(of_john.links.len(), of_john.members.len() - 1);
    assert!(
        found.possible.iter().any(|pair| pair.other == 4 || pair.one == 4 || pair.one == 3),
        "the rest is for a person"
    );
}

#[test]
fn whatever_stands_in_a_field_can_be_compared() {
    let long = "ab".repeat(100_000);
    let texts = [
        "",
        " ",
        ",",
        "王",
        "Jr.",
        "Dr. PhD",
        "\u{301}",
        "ﷺ",
        "🍎",
        "@",
        "a@b",
        "+",
        "٠",
        "..",
        "-1",
        "x,",
        "의 의 의",
        &long,
    ];
    let people: Vec<(usize, PreparedPerson)> = texts
        .into_iter()
        .map(|text| ["first", "last", "email", "phone", "company", "address", "country"].map(|field| (field, text)))
        .map(|fields| person(&fields))
        .enumerate()
        .collect();
    for (at, (_, one)) in people.iter().enumerate() {
        for (_, other) in &people[at..] {
            let comparison = compare_people(one, other, &Population::default());
            assert!((0.0..=1.0).contains(&comparison.probability));
        }
    }
    assert!(duplicate_people(&people).clusters.is_empty());
}

#[test]
fn two_of_whom_somebody_said_so_stay_two_even_through_a_third() {
    let ada = |email: &str| {
        let mut fields = ADA.to_vec();
        fields[2] = ("email", email);
        person(&fields)
    };
    let people = [(1, ada("ada@engines.example")), (2, ada("info@engines.example")), (3, ada("ada@engines.example"))];
    assert_eq!(duplicate_people(&people).clusters[0].members, [1, 2, 3]);
    let found = duplicate_people_except(&people, |one, other| (one, other) == (1, 3));
    assert!(found.clusters.iter().all(|cluster| cluster.members.len() == 2), "{:?}", found.clusters);
    let pairs = found.clusters.iter().flat_map(|cluster| &cluster.links).chain(&found.possible);
    assert!(pairs.clone().count() > 0 && pairs.into_iter().all(|pair| (pair.one, pair.other) != (1, 3)));
}
