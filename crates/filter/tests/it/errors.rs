//! What somebody reads who wrote a filter that is none.

use kernel::{Code, Coded};
use pipewright_filter::{
    ErrorKind, Filter, FilterError, FilterErrors, MAX_CONDITIONS, MAX_DEPTH, MAX_LENGTH, MAX_LIST,
};

use crate::world::schema;

fn errors(text: &str) -> FilterErrors {
    match Filter::parse(text, schema()) {
        Ok(filter) => panic!("{text} is a filter: {filter}"),
        Err(errors) => errors,
    }
}

fn error(text: &str) -> FilterError {
    let all: Vec<_> = errors(text).iter().cloned().collect();
    assert_eq!(all.len(), 1, "{text}: {all:?}");
    all[0].clone()
}

#[test]
fn an_error_says_where_it_is_and_what_was_meant() {
    let error = error("title = \"Großkunde\" and\n  contry = 'DE'");
    assert_eq!(error.kind, ErrorKind::UnknownField);
    assert_eq!((error.at.line, error.at.column, error.at.length), (2, 3, 6));
    assert_eq!(error.at.offset, "title = \"Großkunde\" and\n  ".len());
    assert_eq!(error.suggestion.as_deref(), Some("country"));
    assert_eq!(error.to_string(), "line 2, column 3: There is no field `contry`; did you mean `country`?");
}

#[test]
fn columns_are_characters_not_bytes() {
    let error = error("title = 'é😀' and contry = 'x'");
    assert_eq!((error.at.column, error.at.offset), (18, 21));
}

#[test]
fn all_that_does_not_fit_the_schema_is_said_at_once() {
    let text = "contry = 'DE' and employees = 'many' and active > true and did('email.opend') and country = 'Germany'";
    let kinds: Vec<_> = errors(text).iter().map(|error| error.kind).collect();
    use ErrorKind::{UnknownBehaviour, UnknownField, WrongOperator, WrongType, WrongValue};
    assert_eq!(kinds, [UnknownField, WrongType, WrongOperator, UnknownBehaviour, WrongValue]);
    assert_eq!(errors(text).code(), Code::InvalidInput);
}

/// Text, what is pointed at, and what is said.
#[test]
fn what_is_wrong_is_said_in_words() {
    use ErrorKind::{Syntax, UnknownBehaviour, UnknownField, WrongOperator, WrongType, WrongValue};
    for (text, kind, at, message) in [
        ("", Syntax, "", "Here should be a condition, as in `country = \"DE\"`, not the end"),
        ("country", Syntax, "", "Here should be an operator, such as `=` or `in`, not the end"),
        ("country == 'DE'", Syntax, "==", "`==` means nothing here; did you mean `=`?"),
        ("country = “DE”", Syntax, "“", "`“` means nothing here; did you mean `\"`?"),
        ("country = DE", Syntax, "DE", "`DE` is not a value; a text stands in quotes; did you mean `\"DE\"`?"),
        ("country = 'DE", Syntax, "'DE", "This text has no end: a ' is missing on its line"),
        ("(country = 'DE'", Syntax, "(", "This parenthesis is never closed"),
        ("country = 'DE')", Syntax, ")", "Here should be `and`, `or` or the end, not `)`"),
        (
            "country contans 'DE'",
            Syntax,
            "contans",
            "Here should be an operator, such as `=` or `in`, not `contans`; did you mean `contains`?",
        ),
        (
            "country in 'DE'",
            Syntax,
            "'DE'",
            "Here should be a list in parentheses, as in `(\"DE\", \"FR\")`, not a text",
        ),
        (
            "country in ()",
            Syntax,
            ")",
            "Here should be a value: a text in quotes, a number, `true`, `false`, `now()` or `ago(…)`, not `)`",
        ),
        (
            "title = 'a\\nb'",
            Syntax,
            "\\",
            "A backslash stands before a quote or another backslash only: write \\\\ for a backslash",
        ),
        (
            "created_at > ago(3 months)",
            Syntax,
            "months",
            "Here should be `minutes`, `hours`, `days` or `weeks` (months and years are not all of one length), not `months`",
        ),
        (
            "created_at > ago(0 days)",
            WrongValue,
            "0 days",
            "A span of time is a whole number above 0, and at most a hundred years",
        ),
        ("attr.teir = 'gold'", UnknownField, "attr.teir", "There is no field `attr.teir`; did you mean `attr.tier`?"),
        ("did('opened')", UnknownBehaviour, "'opened'", "Nothing is recorded under the name \"opened\""),
        (
            "did('email.open')",
            UnknownBehaviour,
            "'email.open'",
            "Nothing is recorded under the name \"email.open\"; did you mean `\"email.opened\"`?",
        ),
        (
            "did('email.opened') is known",
            WrongOperator,
            "is known",
            "`did(…)` is how often something was done: ask it with =, !=, <, <=, >, >=, in or between",
        ),
        (
            "title > 'a'",
            WrongOperator,
            "> 'a'",
            "`title` is a text: ask it with =, !=, in, contains, starts with, ends with or is known",
        ),
        (
            "tags = 'a'",
            WrongOperator,
            "= 'a'",
            "`tags` is a list of texts: ask it with has any of, has all of or is known",
        ),
        (
            "employees > '5'",
            WrongType,
            "'5'",
            "`employees` is a whole number: here should be a number without quotes and fraction",
        ),
        ("employees > 1.5", WrongValue, "1.5", "`employees` is a whole number: 1.5 has a fraction"),
        ("employees > 9223372036854775808", WrongValue, "9223372036854775808", "9223372036854775808 is out of range"),
        ("score > 0.1234567890123456", WrongValue, "0.1234567890123456", "A number has at most 15 digits"),
        (
            "country = 'De utschland'",
            WrongValue,
            "'De utschland'",
            "`country` is never \"De utschland\"; it is one of \"DE\", \"FR\", \"US\"",
        ),
        ("title = ' '", WrongValue, "' '", "A blank text counts as unknown; write `title is unknown`"),
        ("title contains ''", WrongValue, "''", "There is nothing to look for in these quotes"),
        (
            "employees between 9 and 1",
            WrongValue,
            "between 9 and 1",
            "The first value is larger than the second, so nothing lies between them",
        ),
        (
            "created_at between now() and ago(1 day)",
            WrongValue,
            "between now() and ago(1 day)",
            "The first value is larger than the second, so nothing lies between them",
        ),
        (
            "created_at = '31.1.2026'",
            WrongValue,
            "'31.1.2026'",
            "\"31.1.2026\" is no moment; write a day as \"2026-01-31\" or a moment as \"2026-01-31T09:00:00Z\"",
        ),
        ("born = '2026-02-30'", WrongValue, "'2026-02-30'", "\"2026-02-30\" is no day; write one as \"2026-01-31\""),
    ] {
        let error = error(text);
        assert_eq!((error.kind, error.message.as_str()), (kind, message), "{text}");
        let pointed: String = text[error.at.offset..].chars().take(error.at.length).collect();
        assert_eq!(pointed, at, "{text}");
    }
}

#[test]
fn a_filter_has_bounds() {
    let long = format!("title = '{}'", "a".repeat(MAX_LENGTH));
    assert_eq!(error(&long).kind, ErrorKind::TooLong);
    assert_eq!(errors(&long).code(), Code::TooLong);
    let long = format!("title = '{}'", "a".repeat(1_001));
    assert_eq!(error(&long).message, "The text in these quotes is longer than 1000 characters");
    // Within the bound as it is written, beyond it with the spaces of the canonical form.
    let dense = format!("employees in({})", vec!["1234567890123456789"; 490].join(","));
    assert!(dense.len() < MAX_LENGTH && error(&dense).kind == ErrorKind::TooLong);

    for (open, close) in [("(", ")"), ("not ", "")] {
        let nested = |depth: usize| format!("{}active = true{}", open.repeat(depth), close.repeat(depth));
        assert!(Filter::parse(&nested(MAX_DEPTH), schema()).is_ok());
        assert_eq!(error(&nested(MAX_DEPTH + 1)).kind, ErrorKind::TooDeep);
    }

    let conditions = |count| vec!["active = true"; count].join(" and ");
    assert!(Filter::parse(&conditions(MAX_CONDITIONS), schema()).is_ok());
    let error_of_one_more = error(&conditions(MAX_CONDITIONS + 1));
    assert_eq!(error_of_one_more.kind, ErrorKind::TooMany);
    assert_eq!(error_of_one_more.message, "The filter has more than 200 conditions");

    let values = |count| format!("employees in ({})", vec!["1"; count].join(", "));
    assert!(Filter::parse(&values(MAX_LIST), schema()).is_ok());
    assert_eq!(error(&values(MAX_LIST + 1)).kind, ErrorKind::TooMany);
}

#[test]
fn only_a_plain_word_names_an_attribute() {
    for key in ["", "Tier", "1st", "a-b", "a.b", "x'y", "naïve", &"a".repeat(61)] {
        assert!(schema().clone().attribute(key, pipewright_filter::Type::Text).is_err(), "{key}");
    }
    assert!(schema().clone().attribute("tier_2", pipewright_filter::Type::Text).is_ok());
}
