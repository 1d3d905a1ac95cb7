//! The gateway over supergraphs that look nothing like a CRM.

mod composition;
mod errors;
mod http;
mod interface_objects;
mod introspection;
mod limits;
mod mutations;
mod process;
mod queries;
mod shop;
mod subscriptions;
mod websockets;
