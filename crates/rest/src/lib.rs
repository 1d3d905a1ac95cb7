//! The REST view: `/rest/v1/…` over the same GraphQL operations as everybody else's, so with the same resolvers,
//! permissions and limits, and its description at `/openapi.json`.

mod answer;
mod doubled;
mod export;
mod format;
mod input;
mod methods;
mod openapi;
mod problem;
mod requests;
mod resources;

use std::sync::Arc;

use apollo_compiler::{Schema, validation::Valid};
use axum::{
    Router,
    body::Body,
    extract::{Path, State, rejection::PathRejection},
    http::{
        HeaderMap, HeaderValue, Method, Request,
        header::{CONTENT_TYPE, VARY},
    },
    middleware::map_response,
    response::{IntoResponse, Response},
    routing::{any, get},
};
use gateway::{Gateway, Places};
use kernel::Code;

pub use self::resources::RestError;
use self::{
    format::Format,
    methods::{allowed, options, wrong_method},
    problem::Problem,
    requests::Call,
    resources::{Bound, RESOURCES},
};

/// Exports at once.
const EXPORTS: usize = 40;

/// Where the view lives.
const BASE: &str = "/rest/v1";

/// The OpenAPI 3.1 document of the view over this API schema.
pub fn openapi(schema: &Valid<Schema>) -> Result<serde_json::Value, RestError> {
    Ok(openapi::document(schema, &bind(schema)?))
}

/// Serves the view and its description. Fails if the API does not have what the table of resources names.
pub fn router(gateway: Gateway) -> Result<Router, RestError> {
    let schema = gateway.schema();
    let resources = bind(&schema)?;
    let description = openapi::document(&schema, &resources).to_string();
    let door = gateway.door().clone();
    let rest = Arc::new(Rest { gateway, exports: Places::new(EXPORTS), schema, resources, description });
    let router = Router::new()
        .route("/openapi.json", get(describe))
        .route(&format!("{BASE}/{{resource}}"), any(collection))
        .route(&format!("{BASE}/{{resource}}/{{id}}"), any(object))
        .route("/rest/{*path}", any(nothing))
        .layer(map_response(vary))
        .with_state(rest);
    Ok(door.guarded(router, "GET, POST, PATCH", |code, why| Problem::new(code, why).into_response()))
}

/// What is answered depends on who asks: no cache gives it to somebody else.
async fn vary(mut response: Response) -> Response {
    response.headers_mut().append(VARY, HeaderValue::from_static("authorization, x-api-key"));
    response
}

pub(crate) struct Rest {
    pub gateway: Gateway,
    /// Exports under way: each lasts as long as its client reads.
    pub exports: Places,
    pub schema: Valid<Schema>,
    resources: Vec<Bound>,
    description: String,
}

fn bind(schema: &Schema) -> Result<Vec<Bound>, RestError> {
    RESOURCES.iter().map(|resource| Bound::new(schema, resource)).collect()
}

impl Rest {
    fn resource(&self, path: &str) -> Result<&Bound, Problem> {
        let names = || RESOURCES.map(|resource| resource.path).join(", ");
        let found = self.resources.iter().find(|bound| bound.resource.path == path);
        found.ok_or_else(|| Problem::new(Code::NotFound, format!("there is no such resource; there are {}", names())))
    }
}

/// `/openapi.json`, for who may ask for anything at all.
async fn describe(State(rest): State<Arc<Rest>>, headers: HeaderMap) -> Result<Response, Problem> {
    rest.gateway.authenticate(&headers).await.map_err(|error| Problem::coded(&error))?;
    Ok(([(CONTENT_TYPE, "application/json")], rest.description.clone()).into_response())
}

/// `/rest/v1/leads`
async fn collection(
    State(rest): State<Arc<Rest>>,
    path: Result<Path<String>, PathRejection>,
    request: Request<Body>,
) -> Response {
    let answer = async {
        let Path(path) = path.map_err(unreadable)?;
        for format in Format::ALL {
            if let Some(path) = path.strip_suffix(format.suffix()) {
                return exported(&rest, path, format, request).await;
            }
        }
        let bound = rest.resource(&path)?;
        let methods =
            allowed(&[("GET", bound.list.is_some()), ("HEAD", bound.list.is_some()), ("POST", bound.create.is_some())]);
        let (parts, body) = request.into_parts();
        let method = parts.method.clone();
        let call = Call::new(&rest, bound, parts);
        match (&method, &bound.list, &bound.create) {
            (&Method::GET | &Method::HEAD, Some(list), _) => call.list(list).await,
            (&Method::POST, _, Some(create)) => call.create(create, body).await,
            (&Method::OPTIONS, ..) => Ok(options(&methods)),
            _ => Err(wrong_method(&methods)),
        }
    };
    answer.await.unwrap_or_else(IntoResponse::into_response)
}

/// `/rest/v1/leads.jsonl`
async fn exported(rest: &Arc<Rest>, path: &str, format: Format, request: Request<Body>) -> Result<Response, Problem> {
    let bound = rest.resource(path)?;
    let methods = allowed(&[("GET", bound.list.is_some()), ("HEAD", bound.list.is_some())]);
    let (parts, _) = request.into_parts();
    match (&parts.method, &bound.list) {
        (&Method::GET | &Method::HEAD, Some(list)) => {
            Call::new(rest, bound, parts).export(rest.clone(), list, format).await
        }
        (&Method::OPTIONS, _) => Ok(options(&methods)),
        _ => Err(wrong_method(&methods)),
    }
}

/// `/rest/v1/leads/lead_01…`
async fn object(
    State(rest): State<Arc<Rest>>,
    path: Result<Path<(String, String)>, PathRejection>,
    request: Request<Body>,
) -> Response {
    let answer = async {
        let Path((path, id)) = path.map_err(unreadable)?;
        let bound = rest.resource(&path)?;
        let methods = allowed(&[("GET", true), ("HEAD", true), ("PATCH", bound.update.is_some())]);
        let (parts, body) = request.into_parts();
        let method = parts.method.clone();
        let call = Call::new(&rest, bound, parts);
        match (&method, &bound.update) {
            (&Method::GET | &Method::HEAD, _) => call.get(&id).await,
            (&Method::PATCH, Some(update)) => call.update(update, &id, body).await,
            (&Method::OPTIONS, _) => Ok(options(&methods)),
            _ => Err(wrong_method(&methods)),
        }
    };
    answer.await.unwrap_or_else(IntoResponse::into_response)
}

#[expect(clippy::needless_pass_by_value, reason = "for map_err")]
fn unreadable(rejection: PathRejection) -> Problem {
    Problem::new(Code::BadRequest, rejection.body_text())
}

async fn nothing() -> Problem {
    Problem::new(Code::NotFound, format!("there is nothing here; the resources are under {BASE}/"))
}
