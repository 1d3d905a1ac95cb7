//! Where in the client's document an error of its answer belongs.

use serde_json::{Value, json};

use crate::standin::{Standin, World};

fn library() -> World {
    let shelves = Standin::new(
        "shelves",
        "type Query { media: [Medium] shelf: Shelf } type Shelf { number: Int label: String } union Medium = Film | Book
         type Film { year: Int } type Book @key(fields: \"id\") { id: ID! edition: Int }",
        json!({ "Query": {
            "media": [{ "__typename": "Film", "year": 1927 }, { "__typename": "Book", "id": "1", "edition": { "$error": "torn" } }],
            "shelf": { "number": { "$error": "worn off" }, "label": { "$error": "illegible" } },
        } }),
    );
    let reviews = Standin::new(
        "reviews",
        "type Book @key(fields: \"id\") { id: ID! stars: Int! }",
        json!({ "Book": [{ "id": "1", "stars": null }] }),
    );
    let away = Standin::new("away", "type Query { elsewhere: Int }", json!({})).down();
    World::of([shelves, reviews, away])
}

/// Line and column of each error by its path, after a look that every one names its request.
async fn places(query: &str) -> Vec<(String, Value)> {
    let answer = library().ask(query).await;
    let errors = answer["errors"].as_array().unwrap_or_else(|| panic!("{answer}"));
    let mut places: Vec<_> = errors
        .iter()
        .map(|error| {
            assert!(error["extensions"]["requestId"].is_string(), "{answer}");
            assert_eq!(error["locations"].as_array().map(Vec::len), Some(1), "{answer}");
            let at = &error["locations"][0];
            (error["path"].to_string(), json!([at["line"], at["column"]]))
        })
        .collect();
    places.sort_by(|one, other| one.0.cmp(&other.0));
    places
}

#[tokio::test]
async fn an_error_of_a_service_is_where_the_field_stands_in_the_document() {
    let found =
        places("{\n  it: shelf {\n    ...parts\n  }\n}\nfragment parts on Shelf {\n  no: number\n  label\n}").await;
    assert_eq!(found, [(r#"["it","label"]"#.to_owned(), json!([8, 3])), (r#"["it","no"]"#.to_owned(), json!([7, 3]))]);
}

#[tokio::test]
async fn of_fields_under_one_key_it_is_the_one_of_the_objects_type() {
    let found = places("{ media {\n  ... on Film { when: year }\n  ... on Book { when: edition }\n} }").await;
    assert_eq!(found, [(r#"["media",1,"when"]"#.to_owned(), json!([3, 17]))]);
}

#[tokio::test]
async fn a_dead_service_and_a_null_that_may_not_be_have_their_places_too() {
    let found = places("{\n  far: elsewhere\n  media {\n    ... on Book { stars }\n  }\n}").await;
    assert_eq!(
        found,
        [(r#"["far"]"#.to_owned(), json!([2, 3])), (r#"["media",1,"stars"]"#.to_owned(), json!([4, 19]))]
    );
}

#[tokio::test]
async fn a_column_is_a_character_and_a_line_ends_where_graphql_ends_one() {
    for (query, line, column) in [
        ("{ shelf(x: \"é🙂\") { label } }", 1, 9),
        ("{ a: __typename # é🙂\r\n é }", 2, 2),
        ("{ shelf { label(x: \"\u{2028}é\") no } }", 1, 26),
        ("query(\"é🙂\" $x: No) { shelf { label } }", 1, 12),
        ("{ shelf { b: label }\r  nothing }", 2, 3),
    ] {
        let answer = library().ask(query).await;
        let place = &answer["errors"][0]["locations"][0];
        assert_eq!((&place["line"], &place["column"]), (&json!(line), &json!(column)), "{query:?} {answer}");
    }
}
