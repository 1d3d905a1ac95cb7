//! The glossary is the specification: `schema/glossary.yaml` must name every term, and a term may call itself live
//! only when the composed schema has its coordinates and a test plays its scenario.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use apollo_compiler::ast::{Definition, DirectiveList, Document};
use serde::Deserialize;

#[derive(Debug, Deserialize)]
#[serde(deny_unknown_fields)]
struct Term {
    term: String,
    slug: String,
    definition: String,
    owner: Vec<String>,
    status: Status,
    #[serde(default)]
    coordinates: Vec<String>,
    scenario: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Status {
    Planned,
    Live,
}

/// The services, those that are yet to come, and what else in the repository can hold a term.
const OWNERS: &[&str] = &[
    "identity",
    "lead",
    "enrichment",
    "routing",
    "cadence",
    "pipeline",
    "search",
    "signal",
    "revenue",
    "enablement",
    "automation",
    "gateway",
    "platform",
    "deploy",
];

#[test]
fn the_glossary_lists_all_101_terms_once_each() {
    let terms = glossary();

    assert_eq!(terms.len(), 101);
    let distinct: BTreeSet<_> = terms.iter().map(|term| &term.term).collect();
    assert_eq!(distinct.len(), 101, "a term is listed twice");
    assert_eq!(terms[0].term, "Microservices");
    assert_eq!(terms[100].term, "Sales Territory");
}

#[test]
fn every_term_keeps_its_promise() {
    let supergraph = std::fs::read_to_string(root().join("schema/supergraph.graphql")).ok();
    let found = problems(&glossary(), supergraph.as_deref(), &test_names());
    assert!(found.is_empty(), "schema/glossary.yaml:\n{}", found.join("\n"));
}

#[test]
fn a_live_term_with_a_real_coordinate_and_a_real_test_is_accepted() {
    for coordinates in ["[Lead]", "[Lead.routing, Query.leads]", "[LeadStatus.NEW, LeadFilter.email]"] {
        assert_eq!(check(&live(coordinates, "a_lead_is_routed")), Vec::<String>::new(), "{coordinates}");
    }
}

#[test]
fn a_live_term_that_cannot_be_shown_is_refused() {
    let cases = [
        ("[]", "a_lead_is_routed", "has no coordinates"),
        ("[Lead.score]", "a_lead_is_routed", "Lead.score is not in the schema"),
        ("[Deal]", "a_lead_is_routed", "Deal is not in the schema"),
        ("[Lead.secret]", "a_lead_is_routed", "Lead.secret is not in the schema"),
        ("[join__Graph]", "a_lead_is_routed", "join__Graph is not in the schema"),
        ("[Lead]", "a_lead_flies", "there is no test a_lead_flies"),
        ("[Lead]", "~", "names no scenario"),
    ];
    for (coordinates, scenario, expected) in cases {
        let found = check(&live(coordinates, scenario));
        assert!(found.iter().any(|problem| problem.contains(expected)), "{expected}: {found:?}");
    }
    let unknown = problems(&parse(&live("[Lead]", "a_lead_is_routed")), None, &names(&["a_lead_is_routed"]));
    assert_eq!(unknown, ["lead-routing: is live, but schema/supergraph.graphql does not exist"]);
}

#[test]
fn a_planned_term_claims_nothing() {
    let found = check(&live("[Lead]", "a_lead_is_routed").replace("status: live", "status: planned"));
    assert_eq!(found, ["lead-routing: is planned, so it has no coordinates and no scenario yet"]);
}

#[test]
fn a_bad_slug_owner_or_definition_is_refused() {
    let good = live("[Lead]", "a_lead_is_routed");
    let cases = [
        (good.replace("slug: lead-routing", "slug: Lead_Routing"), "the slug"),
        (good.replace("owner: [routing]", "owner: [sales]"), "owner sales is unknown"),
        (good.replace("owner: [routing]", "owner: []"), "has no owner"),
        (good.replace("The rules that pick.", "''"), "one sentence"),
        (good.replace("The rules that pick.", "The rules. They pick."), "one sentence"),
        (good.replace("The rules that pick.", "The rules that pick"), "one sentence"),
        (format!("{good}{good}"), "is used twice"),
    ];
    for (yaml, expected) in cases {
        let found = check(&yaml);
        assert!(found.iter().any(|problem| problem.contains(expected)), "{expected}: {found:?}");
    }
}

#[test]
fn only_functions_that_run_as_tests_count_as_scenarios() {
    let source = "#[test]\nfn one() {}\n\nfn helper() {}\n\n    #[tokio::test(flavor = \"x\")]\n    async fn two() {}\n\n#[test]\n#[ignore]\nfn three() {}\n";
    assert_eq!(tests_in(source).collect::<Vec<_>>(), ["one", "two"]);
}

fn problems(terms: &[Term], supergraph: Option<&str>, tests: &BTreeSet<String>) -> Vec<String> {
    let coordinates = supergraph.map(coordinates_of);
    let mut slugs = BTreeSet::new();
    let mut found = Vec::new();
    for term in terms {
        let mut report = |problem: String| found.push(format!("{}: {problem}", term.slug));
        if !slugs.insert(&term.slug) {
            report("the slug is used twice".into());
        }
        if !is_slug(&term.slug) {
            report("the slug is not made of lower-case letters, digits and single dashes".into());
        }
        if !is_one_sentence(&term.definition) {
            report("the definition is not one sentence that ends with a full stop".into());
        }
        if term.owner.is_empty() {
            report("has no owner".into());
        }
        for owner in term.owner.iter().filter(|owner| !OWNERS.contains(&owner.as_str())) {
            report(format!("owner {owner} is unknown"));
        }
        match (term.status, &coordinates) {
            (Status::Planned, _) if term.coordinates.is_empty() && term.scenario.is_none() => {}
            (Status::Planned, _) => report("is planned, so it has no coordinates and no scenario yet".into()),
            (Status::Live, None) => report("is live, but schema/supergraph.graphql does not exist".into()),
            (Status::Live, Some(coordinates)) => unproven(term, coordinates, tests).for_each(report),
        }
    }
    found
}

/// What a live term claims and the repository does not have.
fn unproven(term: &Term, coordinates: &BTreeSet<String>, tests: &BTreeSet<String>) -> impl Iterator<Item = String> {
    let none = term.coordinates.is_empty().then(|| "is live and has no coordinates".to_owned());
    let absent = term.coordinates.iter().filter(|coordinate| !coordinates.contains(*coordinate));
    let scenario = match &term.scenario {
        None => Some("is live and names no scenario".to_owned()),
        Some(name) => (!tests.contains(name)).then(|| format!("there is no test {name}")),
    };
    let absent: Vec<_> = absent.map(|coordinate| format!("{coordinate} is not in the schema")).collect();
    none.into_iter().chain(absent).chain(scenario)
}

fn is_slug(slug: &str) -> bool {
    slug.split('-').all(|part| {
        !part.is_empty() && part.chars().all(|letter| letter.is_ascii_lowercase() || letter.is_ascii_digit())
    })
}

fn is_one_sentence(text: &str) -> bool {
    let Some(body) = text.strip_suffix('.') else { return false };
    body.len() > 10 && !["\n", ". ", "! ", "? ", ".."].iter().any(|end| text.contains(end))
}

/// `Type`, `Type.field` and `Enum.VALUE`, as far as a client can see them.
fn coordinates_of(supergraph: &str) -> BTreeSet<String> {
    let document = Document::parse(supergraph, "supergraph.graphql").expect("the supergraph parses");
    let mut seen = BTreeSet::new();
    for definition in &document.definitions {
        let Some(name) = definition.name().filter(|name| !name.contains("__")) else { continue };
        let (directives, members) = match definition {
            Definition::ObjectTypeDefinition(it) => (&it.directives, visible_fields(&it.fields)),
            Definition::InterfaceTypeDefinition(it) => (&it.directives, visible_fields(&it.fields)),
            Definition::InputObjectTypeDefinition(it) => {
                let fields = it.fields.iter().filter(|field| visible(&field.directives));
                (&it.directives, fields.map(|field| field.name.to_string()).collect())
            }
            Definition::EnumTypeDefinition(it) => {
                let values = it.values.iter().filter(|value| visible(&value.directives));
                (&it.directives, values.map(|value| value.value.to_string()).collect())
            }
            Definition::UnionTypeDefinition(it) => (&it.directives, Vec::new()),
            Definition::ScalarTypeDefinition(it) => (&it.directives, Vec::new()),
            _ => continue,
        };
        if visible(directives) {
            seen.extend(members.into_iter().map(|member| format!("{name}.{member}")));
            seen.insert(name.to_string());
        }
    }
    seen
}

fn visible_fields(fields: &[apollo_compiler::Node<apollo_compiler::ast::FieldDefinition>]) -> Vec<String> {
    fields.iter().filter(|field| visible(&field.directives)).map(|field| field.name.to_string()).collect()
}

fn visible(directives: &DirectiveList) -> bool {
    !directives.has("inaccessible")
}

fn glossary() -> Vec<Term> {
    let path = root().join("schema/glossary.yaml");
    parse(&std::fs::read_to_string(path).expect("schema/glossary.yaml can be read"))
}

fn parse(yaml: &str) -> Vec<Term> {
    serde_norway::from_str(yaml).expect("the glossary is a list of terms")
}

/// The names of all integration tests of the workspace.
fn test_names() -> BTreeSet<String> {
    let mut folders = vec![root().join("tests"), root().join("gateway/tests")];
    for group in ["services", "crates"] {
        folders.extend(entries(&root().join(group)).into_iter().map(|member| member.join("tests")));
    }
    let mut names = BTreeSet::new();
    while let Some(folder) = folders.pop() {
        for path in entries(&folder) {
            if path.is_dir() {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                let source = std::fs::read_to_string(&path).expect("a source file can be read");
                names.extend(tests_in(&source).map(str::to_owned));
            }
        }
    }
    names
}

/// The functions whose attributes, on the lines right above, say that they are tests, and not ignored ones.
fn tests_in(source: &str) -> impl Iterator<Item = &str> {
    let (mut marked, mut ignored) = (false, false);
    source.lines().map(str::trim_start).filter_map(move |line| {
        if line.starts_with("#[") {
            marked |= line.contains("test]") || line.contains("test(");
            ignored |= line.starts_with("#[ignore");
            return None;
        }
        let was_ignored = std::mem::take(&mut ignored);
        let was_marked = std::mem::take(&mut marked) && !was_ignored;
        let rest = line.strip_prefix("async ").unwrap_or(line).strip_prefix("fn ")?;
        was_marked.then(|| rest.split(['(', '<']).next()).flatten()
    })
}

fn entries(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    entries.map(|entry| entry.expect("a folder entry can be read").path()).collect()
}

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("..")
}

/// One live term of a small glossary, and the world it is checked against.
fn live(coordinates: &str, scenario: &str) -> String {
    format!(
        "- term: Lead Routing\n  slug: lead-routing\n  definition: The rules that pick.\n  owner: [routing]\n  \
         status: live\n  coordinates: {coordinates}\n  scenario: {scenario}\n"
    )
}

fn check(yaml: &str) -> Vec<String> {
    let supergraph = r#"
        enum join__Graph { LEAD @join__graph(name: "lead", url: "local:lead") }
        type Query @join__type(graph: LEAD) { leads(first: Int, filter: LeadFilter): [Lead!]! }
        type Lead @join__type(graph: LEAD, key: "id") { id: ID! routing: String secret: String @inaccessible }
        input LeadFilter { email: String }
        enum LeadStatus { NEW }
    "#;
    problems(&parse(yaml), Some(supergraph), &names(&["a_lead_is_routed"]))
}

fn names(names: &[&str]) -> BTreeSet<String> {
    names.iter().map(|name| (*name).to_owned()).collect()
}
