//! What a sentence means, without a database.

use chrono::TimeDelta;
use pipewright_filter::{Filter, Value, text_key};
use rand::{SeedableRng, rngs::StdRng};

use crate::{
    random,
    world::{self, Person, filter, moment, now},
};

#[test]
fn a_filter_prints_in_one_form_and_reads_again_as_itself() {
    let text = "Country in ('de', \"FR\") AND employees>=200 and not (title contains \"intern\")
        # the best customers
        and ((attr.tier = \"gold\" and did('email.opened', within 30 day) >= 2)) and created_at > ago(90 days)
        and (attr.vip = true or did(\"page.viewed\")) and title is not known";
    assert_eq!(
        filter(text).to_string(),
        "country in (\"DE\", \"FR\") and employees >= 200 and not title contains \"intern\" and attr.tier = \"gold\" \
        and did(\"email.opened\", within 30 days) >= 2 and created_at > ago(90 days) \
        and (attr.vip = true or did(\"page.viewed\") >= 1) and title is unknown"
    );
    let mut rng = StdRng::seed_from_u64(1);
    for _ in 0..2_000 {
        let filter = filter(&random::sentence(&mut rng, 4));
        let text = filter.to_string();
        let again = Filter::parse(&text, world::schema()).unwrap_or_else(|errors| panic!("{text}: {errors}"));
        assert_eq!(again, filter, "{text}");
        assert_eq!(again.to_string(), text);
    }
}

#[test]
fn and_binds_closer_than_or_and_not_closer_still() {
    let person = Person::default().text("country", "DE").with("active", Value::Boolean(false));
    assert!(person.fits("country = 'DE' or country = 'FR' and active = true"));
    assert!(!person.fits("(country = 'DE' or country = 'FR') and active = true"));
    assert!(person.fits("not active = true and country = 'DE'"));
    assert!(!person.fits("not (active = true or country = 'DE')"));
}

#[test]
fn of_the_unknown_nothing_holds_and_so_its_opposite_does() {
    let stranger = Person::default().text("title", "  ");
    for (condition, opposite) in [
        ("title = 'cto'", "title != 'cto'"),
        ("title contains 'cto'", "title not contains 'cto'"),
        ("country in ('DE')", "country not in ('DE')"),
        ("employees between 1 and 5", "employees not between 1 and 5"),
        ("tags has any of ('a')", "tags not has any of ('a')"),
        ("active = false", "active != false"),
        ("title is known", "title is unknown"),
    ] {
        assert!(!stranger.fits(condition), "{condition}");
        assert!(stranger.fits(&format!("not {condition}")), "not {condition}");
        assert!(stranger.fits(opposite), "{opposite}");
        assert!(!stranger.fits(&format!("not {opposite}")), "not {opposite}");
    }
    assert!(!stranger.fits("employees < 5") && !stranger.fits("employees >= 5"), "neither less nor more");
    assert!(stranger.fits("did('email.opened') = 0"), "a count is always known");
}

#[test]
fn texts_are_compared_without_case_and_parts_of_them_too() {
    let person = Person::default().text("title", " Leiterin STRAẞENBAU ").text("company", "ΟΔΟΣ ΑΕ");
    for text in [
        "title = 'leiterin strassenbau'",
        "title starts with 'LEITERIN '",
        "title ends with 'straßenbau'",
        "company contains 'οδος'",
        "company in ('x', 'Οδοσ αε')",
    ] {
        assert!(person.fits(text), "{text}");
    }
    assert!(!person.fits("title contains '%'") && !person.fits("title contains '_'"), "these are ordinary letters");
    assert_eq!(text_key("a\nb"), text_key("a b"));
}

#[test]
fn a_day_is_all_of_its_moments() {
    let at = |time| Person::default().with("created_at", Value::Time(moment(time)));
    let (first, last) = (at("2026-01-31T00:00:00Z"), at("2026-01-31T23:59:59.999999Z"));
    for person in [&first, &last] {
        assert!(person.fits("created_at = '2026-01-31'"));
        assert!(person.fits("created_at <= '2026-01-31' and created_at >= '2026-01-31'"));
        assert!(!person.fits("created_at < '2026-01-31' or created_at > '2026-01-31'"));
        assert!(person.fits("created_at between '2026-01-30' and '2026-01-31'"));
    }
    let next = at("2026-02-01T00:00:00Z");
    assert!(next.fits("created_at > '2026-01-31' and created_at != '2026-01-31'"));
    assert!(next.fits("created_at = '2026-02-01T01:00:00+01:00'"), "a moment says its own zone");
}

#[test]
fn a_behaviour_counts_from_the_first_moment_of_its_window() {
    let ago = |days| now() - TimeDelta::days(days);
    let person = Person::default().did("email.opened", ago(7)).did("email.opened", ago(1)).did("email.opened", ago(60));
    for text in [
        "did('email.opened') = 3",
        "did('email.opened', within 7 days) = 2",
        "did('email.opened', within 167 hours) = 1",
        "did('email.opened', within 1 week) between 2 and 5",
        "not did('page.viewed')",
    ] {
        assert!(person.fits(text), "{text}");
    }
}

#[test]
fn an_explanation_says_what_was_seen_in_every_part() {
    let person = Person::default()
        .text("country", "DE")
        .text("title", "Head of \"Sales\"")
        .with("employees", Value::Integer(120))
        .with("tags", Value::List(vec!["A".to_owned(), "b".to_owned()]))
        .did("email.opened", now());
    let filter = filter(
        "country in ('DE', 'FR') and (employees >= 200 or did('email.opened', within 30 days) >= 2)
        and not (title contains 'intern') and attr.tier = 'gold' and tags has all of ('a')",
    );
    let explanation = filter.evaluate(&person, now());
    assert_eq!(
        explanation.to_string(),
        "no: country in (\"DE\", \"FR\") and (employees >= 200 or did(\"email.opened\", within 30 days) >= 2) \
and not title contains \"intern\" and attr.tier = \"gold\" and tags has all of (\"a\")
  yes: country in (\"DE\", \"FR\") (it is \"DE\")
  no: employees >= 200 or did(\"email.opened\", within 30 days) >= 2
    no: employees >= 200 (it is 120)
    no: did(\"email.opened\", within 30 days) >= 2 (it is 1)
  yes: not title contains \"intern\"
    no: title contains \"intern\" (it is \"Head of \\\"Sales\\\"\")
  no: attr.tier = \"gold\" (it is unknown)
  yes: tags has all of (\"a\") (it is (\"A\", \"b\"))
"
    );
    assert!(!format!("{explanation:?}").contains("Head of"), "a record's values do not print themselves");
    assert_eq!(serde_json::to_value(&explanation).unwrap()["because"][3]["seen"], "unknown");
}

#[test]
fn a_filter_says_what_it_depends_on() {
    let filter = filter("country = 'DE' and not (attr.tier = 'gold' or did('page.viewed')) and country is known");
    assert_eq!(filter.fields().into_iter().collect::<Vec<_>>(), ["attr.tier", "country"]);
    assert_eq!(filter.behaviours().into_iter().collect::<Vec<_>>(), ["page.viewed"]);
    assert!(!filter.depends_on_time());
    for text in ["created_at > ago(1 day)", "born <= now()", "not did('page.viewed', within 1 hour)"] {
        assert!(world::filter(text).depends_on_time(), "{text}");
    }
}

#[test]
fn until_the_next_change_nothing_changes_and_at_it_something_may() {
    let mut rng = StdRng::seed_from_u64(7);
    let mut turned = 0;
    for _ in 0..10_000 {
        let person = random::person(&mut rng);
        let filter = filter(&random::sentence(&mut rng, 1));
        let held = filter.matches(&person, now());
        let Some(next) = filter.next_change(&person, now()) else {
            let years = [1, 40_000].map(|days| now() + TimeDelta::days(days));
            let same = years.iter().all(|later| filter.matches(&person, *later) == held);
            assert!(same, "{filter} changed without having said so");
            continue;
        };
        assert!(next > now());
        let last = next - TimeDelta::microseconds(1);
        let between = now() + (last - now()) / 2;
        for before in [last, between] {
            assert_eq!(filter.matches(&person, before), held, "{filter} changed at {before}, before {next}");
        }
        turned += usize::from(filter.matches(&person, next) != held);
    }
    assert!(turned > 200, "time alone moves many: {turned}");
}
