//! The federation gateway: one GraphQL API over many subgraphs, near or far. It composes their schemas, plans
//! each operation over them, runs the plan and projects the client's answer.

mod api_schema;
mod auth;
mod backend;
mod budget;
mod cache;
mod compose;
mod cost;
mod distinguish;
mod documents;
mod execute;
mod extend;
mod flights;
mod gateway;
mod grammar;
mod guards;
mod http;
mod http_subgraph;
mod ids;
mod introspect;
mod limits;
mod links;
mod measure;
mod one_of;
mod operation;
mod places;
mod plan;
mod planner;
pub mod playground;
mod policy;
mod refusal;
mod reload;
mod response;
pub mod rights;
mod satisfiability;
mod suggest;
mod supergraph;
mod variables;
mod weights;

pub use self::{
    auth::{Admission, HttpAuthenticator},
    backend::Resilience,
    compose::{ComposeError, SubgraphSdl, compose},
    documents::{ManifestError, PersistedQuery, TrustedDocuments},
    gateway::{Gateway, GatewayError, GatewayParts, Probe},
    http::router,
    http_subgraph::HttpSubgraph,
    limits::Limits,
    places::{Place, Places},
    policy::{Policy, PolicyError},
    reload::Source,
    response::{CostReport, Extensions, Request, RequestContext, Response, Spending},
    satisfiability::{Unplannable, check_satisfiability},
    supergraph::{Supergraph, SupergraphError},
};
