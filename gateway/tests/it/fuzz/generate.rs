//! Inputs from a seed: mostly well-formed, with something wrong in many.

use axum::{body::Body, http::Request};
use rand::{Rng, SeedableRng, rngs::StdRng, seq::IndexedRandom};
use serde_json::{Value, json};
use tokio_tungstenite::tungstenite::Message;

/// A field: its name, its arguments with a value that fits, and the type it gives, empty for a leaf.
type Field = (&'static str, &'static [(&'static str, &'static str)], &'static str);

const USER: &[Field] = &[("id", &[], ""), ("name", &[], ""), ("reviews", &[], "Review"), ("__typename", &[], "")];

const PRODUCT: &[Field] = &[
    ("upc", &[], ""),
    ("title", &[], ""),
    ("price", &[], ""),
    ("weight", &[], ""),
    ("status", &[], ""),
    ("sizes", &[], ""),
    ("stock", &[], ""),
    ("shipping", &[], ""),
    ("warehouse", &[], "Warehouse"),
    ("reviews", &[("first", "2")], "Review"),
];

const QUERY: &[Field] = &[
    ("me", &[], "User"),
    ("user", &[("id", "\"u1\"")], "User"),
    ("users", &[], "User"),
    ("whoami", &[], ""),
    ("products", &[("filter", "{ cheaperThan: 10000 }")], "Product"),
    ("product", &[("upc", "$id")], "Product"),
    ("productBy", &[("by", "{ title: \"Chair\" }")], "Product"),
    ("media", &[], "Media"),
    ("search", &[], "Found"),
    ("broken", &[], ""),
    ("shortages", &[], "Product"),
    ("review", &[("id", "\"r1\"")], "Review"),
    ("__typename", &[], ""),
    ("__schema", &[], "__Schema"),
    ("__type", &[("name", "\"User\"")], "__Type"),
];

/// The shop, as far as the documents know it.
const SCHEMA: &[(&str, &[Field])] = &[
    ("Query", QUERY),
    (
        "Mutation",
        &[
            ("setPrice", &[("upc", "\"table\""), ("price", "$n")], "Product"),
            ("restock", &[("upc", "$id")], "Product"),
            ("renameUser", &[("id", "\"u1\""), ("name", "\"Ada\"")], "User"),
        ],
    ),
    ("Subscription", &[("countdown", &[("from", "3")], ""), ("deliveries", &[], "")]),
    ("User", USER),
    ("Product", PRODUCT),
    ("Review", &[("id", &[], ""), ("body", &[], ""), ("author", &[], "User"), ("product", &[], "Product")]),
    ("Warehouse", &[("name", &[], ""), ("__typename", &[], "")]),
    ("Media", &[("title", &[], ""), ("__typename", &[], "")]),
    ("Book", &[("isbn", &[], ""), ("title", &[], ""), ("pages", &[], ""), ("blurb", &[], "")]),
    ("Film", &[("id", &[], ""), ("title", &[], ""), ("minutes", &[], ""), ("director", &[], "User")]),
    ("Found", &[("__typename", &[], "")]),
    ("__Schema", &[("types", &[], "__Type"), ("queryType", &[], "__Type")]),
    ("__Type", &[("name", &[], ""), ("kind", &[], ""), ("ofType", &[], "__Type")]),
];

/// Objects that stand behind an interface or a union.
const MEMBERS: [(&str, &[&str]); 2] = [("Media", &["Book", "Film"]), ("Found", &["Product", "Book"])];

const TYPES: [&str; 12] = [
    "User",
    "Product",
    "Media",
    "Book",
    "Film",
    "Found",
    "Query",
    "Mutation",
    "Review",
    "Warehouse",
    "__Type",
    "Nobody",
];

const HEADERS: [(&str, &[&str]); 12] = [
    ("authorization", &["Bearer good", "Bearer", "bearer  ", "Basic Z29vZA==", "Bearer \u{1f9ea}", "Bearer a b c"]),
    ("x-api-key", &["good", "later", "", "' or 1=1 --", "\t"]),
    (
        "accept",
        &[
            "application/json",
            "application/graphql-response+json",
            "text/event-stream",
            "*/*",
            "text/*;q=0.1",
            "image/png",
            "application/json;q=0, */*;q=1",
            ";;;=,,,",
        ],
    ),
    (
        "content-type",
        &["application/json", "application/json; charset=utf-8", "application/json;charset=latin1", "text/plain", ";"],
    ),
    ("content-encoding", &["identity", "gzip"]),
    ("last-event-id", &["evt_00000000000000000000000001", "evt_", "no event", "\u{e9}", ""]),
    ("x-forwarded-for", &["192.0.2.1, 2001:db8::1", "here", ",,"]),
    ("content-length", &["0", "-1", "99999999999999999999999"]),
    ("x-request-id", &["fine", "not fine", "\u{7f}"]),
    ("upgrade", &["websocket", "h2c"]),
    ("origin", &["https://a.example", "null"]),
    ("content-length", &["0", "99999999999999999999", "-1"]),
];

const METHODS: [&str; 8] = ["POST", "POST", "POST", "POST", "GET", "HEAD", "OPTIONS", "DELETE"];

/// What is inserted into texts that shall be broken.
const SPLINTERS: [&str; 18] = [
    "{",
    "}",
    "(",
    ")",
    "[",
    "]",
    "\"",
    "\"\"\"",
    "\\u0000",
    "\\",
    "#",
    "...",
    "$",
    "@",
    "&",
    "\u{feff}",
    "\u{1f9ea}",
    "-1e999",
];

pub struct Generator(StdRng);

impl Generator {
    pub fn new(seed: u64) -> Self {
        Self(StdRng::seed_from_u64(seed))
    }

    fn one_in(&mut self, chances: u32) -> bool {
        self.0.random_range(0..chances) == 0
    }

    fn word(&mut self, from: &[&'static str]) -> &'static str {
        from.choose(&mut self.0).unwrap()
    }

    pub fn document(&mut self) -> String {
        let mut fragment = String::new();
        self.selections(&mut fragment, "User", 3);
        let (mut document, mut spread) = (String::new(), self.one_in(20));
        for number in 0..if self.one_in(12) { 2 } else { 1 } {
            let kind = self.word(&["query", "query", "query", "query", "mutation", "subscription"]);
            let root = match kind {
                "query" => "Query",
                "mutation" => "Mutation",
                _ => "Subscription",
            };
            let mut body = String::new();
            self.selections(&mut body, root, 0);
            spread |= body.contains("...F");
            let reached = if body.contains("...F") { format!("{body} {fragment}") } else { body.clone() };
            let declared = ["$id: ID! = \"chair\"", "$n: Int! = 3", "$x: Boolean! = true"]
                .into_iter()
                .filter(|variable| reached.contains(variable.split(':').next().unwrap()) || self.one_in(100));
            let declared: Vec<&str> = declared.collect();
            let name = if self.one_in(2) { format!(" N{number}") } else { String::new() };
            let variables = if declared.is_empty() { String::new() } else { format!("({})", declared.join(", ")) };
            document.push_str(&format!("{kind}{name}{variables}{body} "));
        }
        if spread {
            document.push_str(&format!("fragment F on User{}", fragment.replace("...F", "id")));
        }
        if self.one_in(3) { self.broken(&document) } else { document }
    }

    fn selections(&mut self, into: &mut String, on: &str, depth: usize) {
        into.push_str(" { ");
        let many = if on == "Subscription" && !self.one_in(20) { 1 } else { self.0.random_range(1..5) };
        for _ in 0..many {
            let members = MEMBERS.iter().find(|(name, _)| *name == on).map(|(_, members)| *members);
            if on == "User" && self.one_in(8) {
                into.push_str("...F");
            } else if members.is_some() || self.one_in(8) {
                let to = members.map_or(on, |members| self.word(members));
                into.push_str(&format!("... on {} ", if self.one_in(150) { self.word(&TYPES) } else { to }));
                self.directives(into);
                let to = to.to_owned();
                self.inner(into, &to, depth);
            } else {
                self.field(into, on, depth);
            }
            into.push(' ');
        }
        into.push('}');
    }

    /// Selections that end somewhere.
    fn inner(&mut self, into: &mut String, on: &str, depth: usize) {
        if depth < 6 {
            self.selections(into, on, depth + 1);
        } else {
            into.push_str(" { __typename }");
        }
    }

    fn field(&mut self, into: &mut String, on: &str, depth: usize) {
        let on = if self.one_in(300) { self.word(&TYPES) } else { on };
        let fields = SCHEMA.iter().find(|(name, _)| *name == on).map_or(QUERY, |(_, fields)| *fields);
        let (name, arguments, gives) = *fields.choose(&mut self.0).unwrap();
        if self.one_in(6) {
            let number = self.0.random_range(0..1_000);
            into.push_str(&format!("{}{number}: ", self.word(&["a", "id", "__typename", "title"])));
        } else if self.one_in(30) {
            into.push_str(self.word(&["id: ", "upc: ", "__typename: ", "title: "]));
        }
        into.push_str(name);
        if !arguments.is_empty() {
            into.push('(');
            for (argument, fitting) in arguments {
                into.push_str(&format!("{argument}: "));
                if self.one_in(12) {
                    self.value(into, 0);
                } else {
                    into.push_str(fitting);
                }
                into.push(' ');
            }
            into.push(')');
        }
        self.directives(into);
        if gives.is_empty() == self.one_in(300) {
            self.inner(into, gives, depth);
        }
    }

    fn directives(&mut self, into: &mut String) {
        if self.one_in(10) {
            let wrong = self.one_in(40);
            let directive =
                if wrong { self.word(&["deprecated", "defer", "cost"]) } else { self.word(&["skip", "include"]) };
            let value =
                if self.one_in(20) { self.word(&["$n", "null", "1"]) } else { self.word(&["true", "false", "$x"]) };
            into.push_str(&format!(" @{directive}(if: {value}) "));
        }
    }

    fn value(&mut self, into: &mut String, depth: usize) {
        let simple = [
            "\"table\"",
            "\"u1\"",
            "1",
            "-0",
            "2147483648",
            "99999999999999999999",
            "1e400",
            "null",
            "true",
            "$id",
            "$n",
            "$list",
            "RED",
            "\"\"",
            "\"\\uD83D\"",
            "\"\"\"block\"\"\"",
        ];
        match self.0.random_range(0..10) {
            0 if depth < 4 => {
                into.push('[');
                self.value(into, depth + 1);
                into.push(']');
            }
            1 if depth < 4 => {
                into.push('{');
                into.push_str(self.word(&["upc: ", "title: ", "limit: ", "cheaperThan: ", "no: "]));
                self.value(into, depth + 1);
                into.push('}');
            }
            _ => into.push_str(self.word(&simple)),
        }
    }

    pub fn variables(&mut self) -> Value {
        let mut variables = json!({});
        for (name, fitting) in [("id", json!("table")), ("n", json!(7)), ("x", json!(false))] {
            if self.one_in(2) {
                variables[name] = if self.one_in(10) { self.json(0) } else { fitting };
            }
        }
        variables
    }

    fn json(&mut self, depth: usize) -> Value {
        match self.0.random_range(0..9) {
            0 => Value::Null,
            1 => json!(self.one_in(2)),
            2 => json!(self.0.random_range(-3..50)),
            3 => json!(u64::MAX),
            4 => json!(1e300),
            5 => json!(self.word(&["table", "u1", "", "\u{0}", "\u{1f9ea}"])),
            6 if depth < 4 => json!([self.json(depth + 1), self.json(depth + 1)]),
            7 if depth < 4 => json!({ self.word(&["upc", "limit", "__proto__"]): self.json(depth + 1) }),
            _ => json!("chair"),
        }
    }

    /// Cuts, doubles and strews the text.
    fn broken(&mut self, text: &str) -> String {
        let mut letters: Vec<char> = text.chars().collect();
        for _ in 0..self.0.random_range(1..4) {
            let place = self.0.random_range(0..=letters.len());
            let end = (place + self.0.random_range(0..12)).min(letters.len());
            match self.0.random_range(0..3) {
                0 => drop(letters.drain(place..end)),
                1 => {
                    let again = letters[place..end].to_vec();
                    letters.splice(place..place, again);
                }
                _ => {
                    let splinter: Vec<char> = self.word(&SPLINTERS).chars().collect();
                    letters.splice(place..place, splinter);
                }
            }
        }
        letters.into_iter().collect()
    }

    fn parameters(&mut self) -> Value {
        let mut body = json!({ "query": self.document() });
        for name in ["query", "operationName", "variables", "extensions", "id"] {
            if self.one_in(6) {
                body[name] = self.json(0);
            }
        }
        if self.one_in(8) {
            let hash = self.word(&["0", "nonsense", "é"]);
            body["extensions"] =
                json!({ "persistedQuery": { "version": self.json(3), "sha256Hash": hash.repeat(32) } });
        }
        if self.one_in(8) {
            let id = self.word(&["evt_00000000000000000000000001", "é", "", "a b"]);
            body["extensions"] = json!({ "resumeAfter": id, "persistedQuery": null });
        }
        body
    }

    /// A request, and its body for people.
    pub fn request(&mut self) -> (Request<Body>, String) {
        let parameters = self.parameters();
        let mut text = match self.0.random_range(0..8) {
            0 => json!([parameters, self.parameters()]).to_string(),
            1 => self.json(0).to_string(),
            _ => parameters.to_string(),
        };
        if self.one_in(3) {
            text = self.broken(&text);
        }
        let mut bytes = text.clone().into_bytes();
        if self.one_in(6) && !bytes.is_empty() {
            let place = self.0.random_range(0..bytes.len());
            bytes[place] = self.0.random();
        }
        let mut uri = "/graphql".to_owned();
        if self.one_in(3) {
            let encoded: String =
                parameters["query"].as_str().unwrap_or("{").bytes().map(|byte| format!("%{byte:02x}")).collect();
            let more = self.word(&[
                "",
                "&variables={}",
                "&variables=%7B",
                "&query=again",
                "&extensions=1",
                "&operationName=N0",
                "&&=",
            ]);
            uri = format!("/graphql?query={encoded}{more}");
        }
        let mut request = Request::builder().method(self.word(&METHODS)).uri(uri);
        if !self.one_in(5) {
            request = request.header("content-type", "application/json");
        }
        for (name, values) in HEADERS {
            if self.one_in(6) {
                let value = self.word(values);
                // Some are no header values at all; a real connection would not bring them this far.
                if let Ok(value) = axum::http::HeaderValue::from_str(value) {
                    request = request.header(name, value);
                }
            }
        }
        (request.body(Body::from(bytes)).unwrap(), text)
    }

    pub fn frames(&mut self) -> Vec<Message> {
        let mut frames = Vec::new();
        if !self.one_in(6) {
            frames.push(Message::text(r#"{"type":"connection_init"}"#));
        }
        for _ in 0..self.0.random_range(1..12) {
            let id = self.word(&["1", "2", "", "\u{0}"]);
            let message = match self.0.random_range(0..8) {
                0 => json!({ "type": "ping", "payload": self.json(0) }),
                1 => json!({ "type": "complete", "id": id }),
                2 => {
                    json!({ "type": self.word(&["pong", "next", "connection_init", "", "subscribe"]), "id": self.json(0) })
                }
                _ => json!({ "type": "subscribe", "id": id, "payload": self.parameters() }),
            };
            let text = if self.one_in(8) { self.broken(&message.to_string()) } else { message.to_string() };
            frames.push(match self.0.random_range(0..24) {
                0 => Message::binary(text.into_bytes()),
                1 => Message::Ping(vec![0; 100].into()),
                2 => Message::Close(None),
                _ => Message::text(text),
            });
        }
        frames
    }
}
