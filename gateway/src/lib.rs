//! The federation gateway: one GraphQL API over many subgraphs, near or far. It composes their schemas, plans
//! each operation over them, runs the plan and projects the client's answer.

mod api_schema;
mod auth;
mod cache;
mod compose;
mod execute;
mod gateway;
mod http;
mod http_subgraph;
mod introspect;
mod limits;
mod operation;
mod plan;
mod planner;
pub mod playground;
mod response;
mod satisfiability;
mod supergraph;

pub use self::{
    auth::HttpAuthenticator,
    compose::{ComposeError, SubgraphSdl, compose},
    gateway::{Gateway, GatewayError, GatewayParts, Probe},
    http::router,
    http_subgraph::HttpSubgraph,
    limits::Limits,
    response::{Request, RequestContext, Response},
    satisfiability::{Unplannable, check_satisfiability},
    supergraph::{Supergraph, SupergraphError},
};
