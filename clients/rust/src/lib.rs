//! A typed client of Pipewright's API. `graphql_client` makes the types of each query from the published schema
//! when this is compiled; a query that does not fit the schema does not compile.

use anyhow::{Context, bail};
use clap::Args;
use graphql_client::{GraphQLQuery, Response};

/// RFC 3339, in UTC.
pub type DateTime = String;
pub type Long = i64;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../../schema/api.graphql",
    query_path = "../queries/journey.graphql",
    response_derives = "Debug",
    skip_serializing_none
)]
pub struct Journey;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../../schema/api.graphql",
    query_path = "../queries/newest-leads.graphql",
    response_derives = "Debug"
)]
pub struct NewestLeads;

#[derive(GraphQLQuery)]
#[graphql(
    schema_path = "../../schema/api.graphql",
    query_path = "../queries/capture-lead.graphql",
    response_derives = "Debug",
    skip_serializing_none
)]
pub struct CaptureLead;

/// Which server, and on whose behalf.
#[derive(Debug, Args)]
pub struct Server {
    #[arg(long, env = "PIPEWRIGHT_URL", default_value = "http://127.0.0.1:4000")]
    url: String,
    /// The API key
    #[arg(long, env = "PIPEWRIGHT_KEY", hide_env_values = true)]
    key: String,
}

impl Server {
    /// Asks, and gives back the data that the query selects.
    pub async fn ask<Q: GraphQLQuery>(&self, variables: Q::Variables) -> anyhow::Result<Q::ResponseData> {
        // For servers behind https; a second time changes nothing.
        let _ = rustls::crypto::ring::default_provider().install_default();
        let answer: Response<Q::ResponseData> = reqwest::Client::new()
            .post(format!("{}/graphql", self.url))
            .bearer_auth(&self.key)
            .json(&Q::build_query(variables))
            .send()
            .await?
            .json()
            .await?;
        if let Some(errors) = answer.errors {
            bail!("{}", errors.iter().map(ToString::to_string).collect::<Vec<_>>().join("; "));
        }
        answer.data.context("the answer has neither data nor errors")
    }
}
