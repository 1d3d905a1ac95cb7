use anyhow::Result;
use pipewright_tests::{Deployment, Topology};
use serde_json::{Value, json};

use crate::on_both_topologies;

on_both_topologies!(nothing_answers_without_a_key);
async fn nothing_answers_without_a_key(platform: Deployment) -> Result<()> {
    let client = reqwest::Client::new();
    let query = json!({ "query": "{ leads { totalCount } }" });
    for key in [None, Some("pw_not_a_key_at_all_0123456789"), Some("")] {
        let request = client.post(format!("{}/graphql", platform.url())).json(&query);
        let response = key.map_or(request.try_clone().unwrap(), |key| request.bearer_auth(key)).send().await?;
        assert_eq!(response.status(), 401);
        let body: Value = response.json().await?;
        assert_eq!(body["errors"][0]["extensions"]["code"], json!("UNAUTHENTICATED"), "{body}");
    }
    for open in ["/live", "/ready", "/"] {
        assert_eq!(client.get(format!("{}{open}", platform.url())).send().await?.status(), 200, "{open}");
    }
    Ok(())
}

on_both_topologies!(bad_input_is_an_error_with_a_code);
async fn bad_input_is_an_error_with_a_code(platform: Deployment) -> Result<()> {
    let unknown = kernel::Clock::system().id::<kernel::LeadId>().to_string();
    let code = async |query: &str, id: &str| -> Result<Value> {
        let answer = platform.answer(query, json!({ "id": id })).await?;
        Ok(answer["errors"][0]["extensions"]["code"].clone())
    };
    let read = "query($id: ID!) { lead(id: $id) { id } }";
    assert_eq!(code(read, &unknown).await?, json!(null), "unknown is null, not an error");
    assert_eq!(code(read, "acct_01h455vb4pex5vsknk084sn02q").await?, json!("INVALID_ID"));
    assert_eq!(code(read, "nonsense").await?, json!("INVALID_ID"));
    let update = platform
        .graphql(
            "mutation($id: ID!) { updateLead(input: { id: $id, title: \"x\" }) { errors { code } } }",
            json!({ "id": unknown }),
        )
        .await?;
    assert_eq!(update["updateLead"]["errors"], json!([{ "code": "NOT_FOUND" }]));
    assert_eq!(code("query($id: ID!) { nonsense(id: $id) }", "x").await?, json!("GRAPHQL_VALIDATION_FAILED"));
    Ok(())
}

on_both_topologies!(a_bad_file_is_refused_and_nothing_is_written);
async fn a_bad_file_is_refused_and_nothing_is_written(platform: Deployment) -> Result<()> {
    let file = platform.data_dir().join("export.csv");
    let late = format!("Email\n{}\u{0}\n", "ada@engines.example\n".repeat(2_000));
    let cases: [(&[u8], &str); 4] = [
        (b"\x89PNG\r\n\x1a\n\x00\x00\x00", "NOT_CSV"),
        (b"First Name,Last Name\nAda,Lovelace\n", "UNKNOWN_COLUMN"),
        (b"Email,First Name\nada@engines.example,Ad\xe8le\n", "INVALID_ENCODING"),
        (late.as_bytes(), "NOT_CSV"),
    ];
    for (content, code) in cases {
        std::fs::write(&file, content)?;
        let imported = platform.import(&["leads", &file.display().to_string(), "--json"]).await?;
        assert_eq!(imported.exit, Some(2), "{imported:?}");
        assert!(imported.err.contains(code), "{code}: {imported:?}");
    }
    let leads = platform.graphql("{ leads { totalCount } }", json!({})).await?;
    assert_eq!(leads["leads"]["totalCount"], json!(0));
    Ok(())
}

#[tokio::test]
async fn a_dead_service_costs_its_branch_only() -> Result<()> {
    let mut platform = Deployment::start(Topology::Separate).await?;
    platform
        .graphql("mutation { captureLead(input: { email: \"ada@engines.example\" }) { created } }", json!({}))
        .await?;
    platform.kill_one("routing").await?;
    let answer = platform.answer("{ leads { edges { node { email routing { state } } } } }", json!({})).await?;
    assert_eq!(
        answer["data"]["leads"]["edges"],
        json!([{ "node": { "email": "ada@engines.example", "routing": null } }])
    );
    assert_eq!(answer["errors"][0]["extensions"]["code"], json!("SUBGRAPH_UNAVAILABLE"), "{answer}");
    assert_eq!(answer["errors"][0]["extensions"]["service"], json!("routing"));

    platform.boot().await?;
    let query = "{ leads { edges { node { routing { owner { name } } } } } }";
    platform
        .until("the backlog routed", query, json!({}), |data| {
            data["leads"]["edges"][0]["node"]["routing"]["owner"].is_object()
        })
        .await?;
    Ok(())
}

#[tokio::test]
async fn a_service_reached_directly_answers_only_the_gateway() -> Result<()> {
    let platform = Deployment::start(Topology::Separate).await?;
    let client = reqwest::Client::new();
    for service in ["identity", "lead", "enrichment", "routing", "cadence", "pipeline", "search"] {
        let url = format!("{}/graphql", platform.url_of(service));
        for header in
            [("authorization", format!("Bearer {}", platform.key())), ("x-pipewright-actor", "a.b.c".to_owned())]
        {
            let request = client.post(&url).header(header.0, header.1).json(&json!({ "query": "{ __typename }" }));
            assert_eq!(request.send().await?.status(), 401, "{service}");
        }
    }
    Ok(())
}

on_both_topologies!(a_stop_is_clean);
async fn a_stop_is_clean(mut platform: Deployment) -> Result<()> {
    platform.graphql("{ __typename }", json!({})).await?;
    assert!(platform.stop().await?, "every program ends with success on SIGTERM");
    Ok(())
}
