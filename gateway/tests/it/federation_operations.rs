//! What a client may write, over subgraphs that share everything: conditions, fragments, aliases, mutations,
//! subscriptions.

use futures::StreamExt;
use pipewright_gateway::Request;
use serde_json::{Value, json};

use crate::standin::{Standin, World, problems};

/// A team: who they are, how they play, and a log that counts.
pub fn team() -> World {
    let player = |id: &str, name: &str| json!({ "id": id, "name": name, "captain": { "id": "1", "name": "Ann" } });
    let people = Standin::new(
        "people",
        "type Query { players: [Player!]! player(id: ID!): Player }
         type Mutation { rename(id: ID!, name: String!): Player count: Int! fail: Int must: Int! }
         type Subscription { joined: Player! }
         type Player @key(fields: \"id\") { id: ID! name: String! captain: Player }",
        json!({
            "Query": { "players": [player("1", "Ann"), player("2", "Bob")] },
            "Subscription": { "joined": [player("2", "Bob"), player("1", "Ann"), player("9", "Nobody")] },
            "Mutation": { "fail": { "$error": "no" }, "must": { "$error": "not this" } },
            "Player": [player("1", "Ann"), player("2", "Bob")],
        }),
    )
    .compute("Query.player", |query, arguments| {
        let all = query["players"].as_array().unwrap();
        all.iter().find(|player| player["id"] == arguments["id"]).cloned().unwrap_or_default()
    })
    .compute("Mutation.rename", |_, arguments| json!({ "id": arguments["id"], "name": arguments["name"] }))
    .compute("Mutation.count", |_, _| json!(1));
    let scores = Standin::new(
        "scores",
        "type Mutation { score(id: ID!, points: Int! = 3): Player tally: Int! }
         type Player @key(fields: \"id\") { id: ID! points(half: Int): Int! best: Match }
         type Match { against: String! won(by: Int = 1): Boolean }",
        json!({
            "Player": [
                { "id": "1", "best": { "against": "Reds", "won": true } },
                { "id": "2", "best": null },
            ],
            "Mutation": { "tally": 2 },
        }),
    )
    .compute("Player.points", |player, arguments| {
        json!(10 * player["id"].as_str().unwrap().parse::<i64>().unwrap() + arguments["half"].as_i64().unwrap_or(0))
    })
    .compute("Mutation.score", |_, arguments| json!({ "id": arguments["id"] }));
    World::of([people, scores])
}

#[tokio::test]
async fn conditions_hold_wherever_they_stand() {
    let team = team();
    let query = "query ($a: Boolean!, $b: Boolean! = false, $c: Boolean = true) {
        players @include(if: $a) { name @skip(if: $a) points @include(if: $c) ...rest @include(if: $b) }
        player(id: \"1\") {
            ... @skip(if: $b) { ... @include(if: $a) { best { against @include(if: $c) won @skip(if: $c) } } }
            name @include(if: $a) @skip(if: $b)
            captain @include(if: $b) { points }
        }
    }
    fragment rest on Player { id best @skip(if: $a) { won } captain { name @include(if: $c) } }";
    let both = |points: bool| {
        let player = |id: i64| {
            let mut player = json!({});
            if points {
                player["points"] = json!(10 * id);
            }
            player
        };
        json!([player(1), player(2)])
    };
    let cases: [(Value, Value); 5] = [
        (json!({ "a": false }), json!({ "player": {} })),
        (
            json!({ "a": true }),
            json!({ "players": both(true), "player": { "best": { "against": "Reds" }, "name": "Ann" } }),
        ),
        (
            json!({ "a": true, "c": false }),
            json!({ "players": both(false), "player": { "best": { "won": true }, "name": "Ann" } }),
        ),
        (
            json!({ "a": true, "b": true, "c": false }),
            json!({
                "players": [{ "id": "1", "captain": {} }, { "id": "2", "captain": {} }],
                "player": { "captain": { "points": 10 } },
            }),
        ),
        (json!({ "a": false, "b": true }), json!({ "player": { "captain": { "points": 10 } } })),
    ];
    for (variables, expected) in cases {
        team.check_with(query, variables, expected).await;
    }
}

#[tokio::test]
async fn a_field_asked_for_twice_is_there_if_either_holds() {
    let team = team();
    let query = "query ($a: Boolean!, $b: Boolean!) {
        player(id: \"1\") { best @include(if: $a) { against } best @include(if: $b) { won } name @skip(if: true) name @include(if: $a) }
    }";
    for (a, b, expected) in [
        (true, true, json!({ "best": { "against": "Reds", "won": true }, "name": "Ann" })),
        (true, false, json!({ "best": { "against": "Reds" }, "name": "Ann" })),
        (false, true, json!({ "best": { "won": true } })),
        (false, false, json!({})),
    ] {
        team.check_with(query, json!({ "a": a, "b": b }), json!({ "player": expected })).await;
    }
}

#[tokio::test]
async fn what_is_left_out_is_not_asked_for() {
    let team = team();
    let query =
        "query ($scores: Boolean!) { players { name ... on Player @include(if: $scores) { points best { won } } } }";
    team.ask_with(query, json!({ "scores": false })).await;
    assert_eq!(team.services(), ["people"]);
    team.ask_with(query, json!({ "scores": true })).await;
    assert_eq!(team.services(), ["people", "scores"]);
}

#[tokio::test]
async fn fragments_stand_in_fragments() {
    team()
        .check(
            "query { ...all } fragment all on Query { ...one players { ...who } }
             fragment one on Query { player(id: \"2\") { ...who captain { ...who ...score } } }
             fragment who on Player { name ...score } fragment score on Player { points }",
            json!({
                "player": { "name": "Bob", "points": 20, "captain": { "name": "Ann", "points": 10 } },
                "players": [{ "name": "Ann", "points": 10 }, { "name": "Bob", "points": 20 }],
            }),
        )
        .await;
}

#[tokio::test]
async fn aliases_keep_what_is_different_apart() {
    let team = team();
    team.check(
        "{ id: player(id: \"1\") { name: points points: name id: best { won: against id: won } a: points(half: 1) b: points(half: 2) }
           name: player(id: \"2\") { points(half: 5) id: captain { id: id points } } players: __typename }",
        json!({
            "id": { "name": 10, "points": "Ann", "id": { "won": "Reds", "id": true }, "a": 11, "b": 12 },
            "name": { "points": 25, "id": { "id": "1", "points": 10 } },
            "players": "Query",
        }),
    )
    .await;
    team.check(
        "{ players { _entities: name representations: points __x: id } _service: __typename }",
        json!({
            "players": [
                { "_entities": "Ann", "representations": 10, "__x": "1" },
                { "_entities": "Bob", "representations": 20, "__x": "2" },
            ],
            "_service": "Query",
        }),
    )
    .await;
}

#[tokio::test]
async fn variables_reach_the_subgraph_that_uses_them() {
    team()
        .check_with(
            "query ($id: ID!, $half: Int, $other: Int = 4, $none: Int) {
               player(id: $id) { a: points(half: $half) b: points(half: $other) c: points(half: $none) best { won(by: $half) } }
             }",
            json!({ "id": "1", "half": 2 }),
            json!({ "player": { "a": 12, "b": 14, "c": 10, "best": { "won": true } } }),
        )
        .await;
}

#[tokio::test]
async fn every_object_says_what_it_is() {
    let team = team();
    team.check("{ __typename }", json!({ "__typename": "Query" })).await;
    assert!(team.services().is_empty());
    team.check(
        "{ a: __typename players { t: __typename __typename best { __typename } } }",
        json!({ "a": "Query", "players": [
            { "t": "Player", "__typename": "Player", "best": { "__typename": "Match" } },
            { "t": "Player", "__typename": "Player", "best": null },
        ] }),
    )
    .await;
    team.check("mutation { __typename tally }", json!({ "__typename": "Mutation", "tally": 2 })).await;
}

#[tokio::test]
async fn mutations_act_in_the_order_they_are_written() {
    let team = team();
    team.check(
        "mutation { a: count b: tally c: rename(id: \"1\", name: \"Zoe\") { points name } d: tally e: score(id: \"2\") { name points } f: count }",
        json!({ "a": 1, "b": 2, "c": { "points": 10, "name": "Zoe" }, "d": 2, "e": { "name": "Bob", "points": 20 }, "f": 1 }),
    )
    .await;
    let acted: Vec<String> = team
        .asked()
        .into_iter()
        .filter(|asked| asked.query.starts_with("mutation"))
        .map(|asked| asked.query.split(['{', '(', '}']).nth(1).unwrap().trim().to_owned())
        .collect();
    let alias = |text: &String| text.split(':').next().unwrap().trim().to_owned();
    assert_eq!(acted.iter().map(alias).collect::<Vec<_>>(), ["a", "b", "c", "d", "e", "f"], "{acted:?}");
}

#[tokio::test]
async fn mutations_of_one_field_in_two_parts_act_once() {
    let team = team();
    team.check(
        "mutation { rename(id: \"1\", name: \"Zoe\") { name } ...more tally } fragment more on Mutation { rename(id: \"1\", name: \"Zoe\") { points } }",
        json!({ "rename": { "name": "Zoe", "points": 10 }, "tally": 2 }),
    )
    .await;
    let acts = team.asked().into_iter().filter(|asked| asked.query.starts_with("mutation")).count();
    assert_eq!(acts, 2);
}

#[tokio::test]
async fn a_mutation_that_fails_does_not_stop_the_next() {
    let team = team();
    team.fails("mutation { fail tally }", json!({ "fail": null, "tally": 2 }), &[("fail", "INTERNAL")]).await;
    // A null that may not be takes the whole answer, but what was done is done.
    team.fails("mutation { must tally }", json!(null), &[("must", "INTERNAL")]).await;
    assert_eq!(team.services(), ["people", "scores"]);
}

#[tokio::test]
async fn an_event_is_joined_across_services() {
    let team = team();
    let events: Vec<Value> = team
        .gateway
        .stream(
            Request::new(
                "subscription { who: joined { name points captain { points } ... on Player { best { against } } } }",
            ),
            None,
        )
        .await
        .map(|event| serde_json::to_value(event).unwrap())
        .collect()
        .await;
    assert_eq!(events.len(), 3, "{events:?}");
    assert_eq!(
        events[0],
        json!({ "data": { "who": { "name": "Bob", "points": 20, "captain": { "points": 10 }, "best": null } } })
    );
    assert_eq!(
        events[1],
        json!({ "data": { "who": { "name": "Ann", "points": 10, "captain": { "points": 10 }, "best": { "against": "Reds" } } } })
    );
    // The scores do not know the third, who must have points: this event is lost, the stream is not.
    assert_eq!(events[2]["data"], json!(null));
    assert_eq!(problems(&events[2]), ["who.points NOT_FOUND"]);
}

#[tokio::test]
async fn a_subscription_may_have_conditions_and_variables() {
    let team = team();
    let request = Request::new(
        "subscription ($deep: Boolean!, $half: Int) { joined { name points(half: $half) @include(if: $deep) } }",
    );
    let mut events = team.gateway.stream(request.variables(json!({ "deep": true, "half": 3 })), None).await;
    let first = serde_json::to_value(events.next().await.unwrap()).unwrap();
    assert_eq!(first, json!({ "data": { "joined": { "name": "Bob", "points": 23 } } }));
}
