//! Every kind of change, with its severity and the sentence a client developer reads.

use pipewright_schema_diff::{Severity, compare, compare_subgraph};

/// Old, new, severity, id, sentence.
type Row = (&'static str, &'static str, Severity, &'static str, &'static str);

use Severity::{Breaking, Dangerous, Safe};

const TYPES: &[Row] = &[
    (
        "type A { x: Int }",
        "",
        Breaking,
        "TYPE_REMOVED A",
        "type `A` was removed; clients that name it, in a fragment or a variable, fail",
    ),
    ("", "type A { x: Int }", Safe, "TYPE_ADDED A", "object type `A` was added"),
    ("", "input A { x: Int }", Safe, "TYPE_ADDED A", "input type `A` was added"),
    (
        "type A { x: Int }",
        "interface A { x: Int }",
        Breaking,
        "TYPE_KIND_CHANGED A",
        "`A` was an object type and is an interface now; clients that use it fail",
    ),
    (
        "scalar A @specifiedBy(url: \"https://a.example\")",
        "scalar A @specifiedBy(url: \"https://b.example\")",
        Dangerous,
        "SPECIFIED_BY_CHANGED A",
        "scalar `A` follows another specification; clients that parse its values should look at it",
    ),
    (
        "input A { x: Int }",
        "input A @oneOf { x: Int }",
        Breaking,
        "ONE_OF_ADDED A",
        "`A` takes exactly one field now; clients that give several, or none, fail",
    ),
    ("input A @oneOf { x: Int }", "input A { x: Int }", Safe, "ONE_OF_REMOVED A", "`A` takes more than one field now"),
    (
        "interface I { x: Int } type A implements I { x: Int }",
        "interface I { x: Int } type A { x: Int }",
        Breaking,
        "INTERFACE_REMOVED A",
        "`A` does not implement `I` any more; clients that select `A` where `I` is expected fail",
    ),
    (
        "interface I { x: Int } type A { x: Int }",
        "interface I { x: Int } type A implements I { x: Int }",
        Dangerous,
        "INTERFACE_ADDED A",
        "`A` implements `I` now; clients that read `I` may receive `A`",
    ),
    (
        "type A { x: Int } type B { x: Int } union U = A | B",
        "type A { x: Int } type B { x: Int } union U = A",
        Breaking,
        "UNION_MEMBER_REMOVED U",
        "`B` was removed from union `U`; clients that select `... on B` in it fail",
    ),
    (
        "type A { x: Int } type B { x: Int } union U = A",
        "type A { x: Int } type B { x: Int } union U = A | B",
        Dangerous,
        "UNION_MEMBER_ADDED U",
        "`B` was added to union `U`; clients may receive it and must cope with what they do not know",
    ),
    (
        "type Mutation { x: Int } schema { query: Query mutation: Mutation }",
        "type Mutation { x: Int } schema { query: Query }",
        Breaking,
        "ROOT_REMOVED Mutation",
        "there are no mutations any more; clients that send a mutation fail",
    ),
    (
        "type Subscription { x: Int } schema { query: Query }",
        "type Subscription { x: Int } schema { query: Query subscription: Subscription }",
        Safe,
        "ROOT_ADDED Subscription",
        "there are subscriptions now",
    ),
    (
        "type Q { x: Int } schema { query: Query }",
        "type Q { x: Int } schema { query: Q }",
        Breaking,
        "ROOT_CHANGED Query",
        "the root type of queries was `Query` and is `Q` now; clients that name it in a fragment fail",
    ),
];

const FIELDS: &[Row] = &[
    (
        "type Lead { id: ID company: String }",
        "type Lead { id: ID }",
        Breaking,
        "FIELD_REMOVED Lead.company",
        "field `Lead.company` was removed; clients that ask for it fail",
    ),
    (
        "type Lead { id: ID company: String @deprecated(reason: \"ask the account\") }",
        "type Lead { id: ID }",
        Breaking,
        "FIELD_REMOVED Lead.company",
        "field `Lead.company`, which was deprecated, was removed; clients that ask for it fail",
    ),
    (
        "type Lead { id: ID }",
        "type Lead { id: ID company: String }",
        Safe,
        "FIELD_ADDED Lead.company",
        "field `Lead.company` was added",
    ),
    (
        "type A { x: String }",
        "type A { x: String! }",
        Safe,
        "FIELD_TYPE_CHANGED A.x",
        "`A.x` is never null where it could be: it was `String` and is `String!` now",
    ),
    (
        "type A { x: [String!]! }",
        "type A { x: [String]! }",
        Breaking,
        "FIELD_TYPE_CHANGED A.x",
        "`A.x` can be null where it could not: it was `[String!]!` and is `[String]!` now; clients that count on a value fail",
    ),
    (
        "type A { x: Int }",
        "type A { x: String }",
        Breaking,
        "FIELD_TYPE_CHANGED A.x",
        "`A.x` was `Int` and is `String` now; clients that read `Int` fail",
    ),
    (
        "type A { x: Int }",
        "type A { x: [Int] }",
        Breaking,
        "FIELD_TYPE_CHANGED A.x",
        "`A.x` was `Int` and is `[Int]` now; clients that read `Int` fail",
    ),
    (
        "type A { x: Int }",
        "type A { x: Int @deprecated(reason: \"use y\") }",
        Safe,
        "DEPRECATION_ADDED A.x",
        "`A.x` is deprecated now: use y",
    ),
    (
        "type A { x: Int @deprecated }",
        "type A { x: Int }",
        Dangerous,
        "DEPRECATION_REMOVED A.x",
        "`A.x` is not deprecated any more; clients that left it for another should look again",
    ),
    (
        "type A { x: Int @deprecated }",
        "type A { x: Int @deprecated(reason: \"use y\") }",
        Safe,
        "DEPRECATION_REASON_CHANGED A.x",
        "`A.x` is deprecated for another reason: use y",
    ),
    ("type A { x: Int }", "type A { \"Size.\" x: Int }", Safe, "DESCRIPTION_CHANGED A.x", "`A.x` is described now"),
    (
        "enum E { A B } type T { e: E }",
        "enum E { A } type T { e: E }",
        Breaking,
        "ENUM_VALUE_REMOVED E.B",
        "value `B` was removed from enum `E`; clients that send it fail",
    ),
    (
        "enum E { A } type T { e: [E!]! }",
        "enum E { A B } type T { e: [E!]! }",
        Dangerous,
        "ENUM_VALUE_ADDED E.B",
        "value `B` was added to enum `E`; clients may receive it and must cope with what they do not know",
    ),
    (
        "enum E { A } input T { e: E }",
        "enum E { A B } input T { e: E }",
        Safe,
        "ENUM_VALUE_ADDED E.B",
        "value `B` was added to enum `E`",
    ),
];

const INPUTS: &[Row] = &[
    (
        "type A { x(y: Int): Int }",
        "type A { x: Int }",
        Breaking,
        "ARGUMENT_REMOVED A.x(y:)",
        "argument `y` of `A.x` was removed; clients that give it fail",
    ),
    (
        "type A { x: Int }",
        "type A { x(y: Int!): Int }",
        Breaking,
        "ARGUMENT_ADDED A.x(y:)",
        "argument `y` of `A.x` was added and is required; clients that do not give it fail",
    ),
    (
        "type A { x: Int }",
        "type A { x(y: Int! = 3): Int }",
        Dangerous,
        "ARGUMENT_ADDED A.x(y:)",
        "argument `y` of `A.x` was added; it can be left out; clients that do so get what the server chooses",
    ),
    (
        "type A { x(y: Int!): Int }",
        "type A { x(y: Int): Int }",
        Safe,
        "ARGUMENT_TYPE_CHANGED A.x(y:)",
        "argument `y` of `A.x` takes null where it did not: it was `Int!` and is `Int` now",
    ),
    (
        "type A { x(y: Int): Int }",
        "type A { x(y: Int!): Int }",
        Breaking,
        "ARGUMENT_TYPE_CHANGED A.x(y:)",
        "argument `y` of `A.x` does not take null where it did: it was `Int` and is `Int!` now; clients that leave it out or give null fail",
    ),
    (
        "type A { x(y: [Int]): Int }",
        "type A { x(y: [Int!]): Int }",
        Breaking,
        "ARGUMENT_TYPE_CHANGED A.x(y:)",
        "argument `y` of `A.x` does not take null where it did: it was `[Int]` and is `[Int!]` now; clients that give null fail",
    ),
    (
        "type A { x(y: Int): Int }",
        "type A { x(y: ID): Int }",
        Breaking,
        "ARGUMENT_TYPE_CHANGED A.x(y:)",
        "argument `y` of `A.x` was `Int` and is `ID` now; clients that give `Int` fail",
    ),
    (
        "type A { x(y: Int = 1): Int }",
        "type A { x(y: Int = 2): Int }",
        Dangerous,
        "ARGUMENT_DEFAULT_CHANGED A.x(y:)",
        "the default of argument `y` of `A.x` was `1` and is `2` now; clients that leave it out get another answer",
    ),
    (
        "type A { x(y: Int! = 1): Int }",
        "type A { x(y: Int!): Int }",
        Breaking,
        "ARGUMENT_DEFAULT_CHANGED A.x(y:)",
        "argument `y` of `A.x` has no default any more, it was `1`; clients that leave it out fail",
    ),
    (
        "input A { x: Int y: Int }",
        "input A { x: Int }",
        Breaking,
        "INPUT_FIELD_REMOVED A.y",
        "input field `A.y` was removed; clients that give it fail",
    ),
    (
        "input A { x: Int }",
        "input A { x: Int y: [Int!]! }",
        Breaking,
        "INPUT_FIELD_ADDED A.y",
        "input field `A.y` was added and is required; clients that do not give it fail",
    ),
    (
        "input A { x: Int }",
        "input A { x: Int y: Int }",
        Dangerous,
        "INPUT_FIELD_ADDED A.y",
        "input field `A.y` was added; it can be left out; clients that do so get what the server chooses",
    ),
    (
        "input A { x: Int! }",
        "input A { x: Int }",
        Safe,
        "INPUT_FIELD_TYPE_CHANGED A.x",
        "input field `A.x` takes null where it did not: it was `Int!` and is `Int` now",
    ),
    (
        "input A { x: Boolean }",
        "input A { x: Boolean = true }",
        Dangerous,
        "INPUT_FIELD_DEFAULT_CHANGED A.x",
        "input field `A.x` has a default now, `true`; clients that leave it out get that",
    ),
];

const DIRECTIVES: &[Row] = &[
    (
        "directive @d on FIELD",
        "",
        Breaking,
        "DIRECTIVE_REMOVED @d",
        "directive `@d` was removed; clients that write it fail",
    ),
    ("", "directive @d on FIELD", Safe, "DIRECTIVE_ADDED @d", "directive `@d` was added"),
    (
        "directive @d on FIELD | QUERY",
        "directive @d on FIELD",
        Breaking,
        "DIRECTIVE_LOCATION_REMOVED @d",
        "directive `@d` cannot stand on QUERY any more; clients that write it there fail",
    ),
    (
        "directive @d on FIELD",
        "directive @d on FIELD | QUERY",
        Safe,
        "DIRECTIVE_LOCATION_ADDED @d",
        "directive `@d` can stand on QUERY now",
    ),
    (
        "directive @d repeatable on FIELD",
        "directive @d on FIELD",
        Breaking,
        "DIRECTIVE_REPEATABLE_REMOVED @d",
        "directive `@d` cannot be repeated any more; clients that write it twice in one place fail",
    ),
    (
        "directive @d on FIELD",
        "directive @d(x: Int!) on FIELD",
        Breaking,
        "ARGUMENT_ADDED @d(x:)",
        "argument `x` of `@d` was added and is required; clients that do not give it fail",
    ),
    (
        "type A @key(fields: \"id\") { id: ID }",
        "type A { id: ID }",
        Dangerous,
        "DIRECTIVE_USAGE_REMOVED A",
        "`A` lost `@key(fields: \"id\")`; a gateway that still has the old supergraph may ask by that key",
    ),
    ("type A { id: ID }", "type A @shareable { id: ID }", Safe, "DIRECTIVE_USAGE_ADDED A", "`A` gained `@shareable`"),
];

#[test]
fn every_kind_of_change_has_its_severity_and_its_sentence() {
    for (old, new, severity, id, message) in [TYPES, FIELDS, INPUTS, DIRECTIVES].concat() {
        let whole = |sdl: &str| format!("type Query {{ ok: Boolean }} {sdl}");
        let changes = compare(&whole(old), &whole(new)).unwrap();
        let found: Vec<_> = changes.iter().map(|change| (change.severity, change.id(), change.message())).collect();
        assert_eq!(found, [(severity, id.to_owned(), message.to_owned())], "{old} -> {new}");
    }
}

#[test]
fn a_schema_is_the_same_as_itself_however_it_is_written() {
    let whole = "type Query { a(x: Int = 1): Lead } type Lead @key(fields: \"id\") { id: ID! name: String }";
    let parts = "type Lead { name: String }\nextend type Lead @key(fields: \"id\") { id: ID! }\n\n\
                 type Query { a( x : Int = 1 ) : Lead }";
    assert_eq!(compare(whole, parts).unwrap(), []);
}

#[test]
fn the_worst_comes_first() {
    let old = "type Query { a: Int b: Int } enum E { X } type T { e: E }";
    let new = "type Query { a: Int c: Int } enum E { X Y } type T { e: E }";
    let severities: Vec<_> = compare(old, new).unwrap().iter().map(|change| change.severity).collect();
    assert_eq!(severities, [Breaking, Dangerous, Safe]);
}

#[test]
fn a_field_that_moved_between_services_breaks_no_client() {
    let lead = ("type Lead @key(fields: \"id\") { id: ID! score: Int }", "type Lead @key(fields: \"id\") { id: ID! }");
    let api = (
        "type Query { l: Lead } type Lead { id: ID! score: Int }",
        "type Query { l: Lead } type Lead { id: ID! score: Int }",
    );
    let seen = compare(api.0, api.1).unwrap();
    let unseen = compare_subgraph(lead.0, lead.1, &seen).unwrap();
    let found: Vec<_> = unseen.iter().map(|change| (change.severity, change.message())).collect();
    let message = "field `Lead.score` was removed; clients see no difference, but the gateway needs the new supergraph \
                   together with the service";
    assert_eq!(found, [(Dangerous, message.to_owned())]);
}

#[test]
fn what_the_api_shows_is_not_said_again_of_the_subgraph() {
    let (old, new) = ("type Query { l: Int m: Int }", "type Query { l: Int }");
    let api = compare(old, new).unwrap();
    assert_eq!(api.len(), 1);
    assert_eq!(compare_subgraph(old, new, &api).unwrap(), []);
}

#[test]
fn a_schema_that_cannot_be_parsed_is_named() {
    let error = compare("type Query {", "type Query { a: Int }").unwrap_err().to_string();
    assert!(error.starts_with("the old schema cannot be parsed"), "{error}");
}
