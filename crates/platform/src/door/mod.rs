//! The door to whatever clients outside may call, wherever it is served: each request has an id and an address,
//! pages of listed origins may call (CSRF and CORS), and what is too much is turned away.

mod body;
mod here;
mod naming;
mod origins;
mod place;
mod query;
mod refusals;

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    Extension, Router,
    body::Body,
    extract::{ConnectInfo, Request},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode, Uri,
        header::{CACHE_CONTROL, ORIGIN, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
        request::Parts,
    },
    middleware::{Next, from_fn},
    response::{IntoResponse, Response},
};
use kernel::{Clock, Code, RequestOrigin};
use thiserror::Error;
use tokio::sync::Semaphore;

pub use body::{BODY_TIME, Malformed, is_json, read_json};
pub use here::is_from_here;
pub use query::is_text;
pub use refusals::refusal_page;

use self::place::Place;
use crate::{
    config::GatewayConfig,
    http::{REQUEST_ID_HEADER, refusal},
};

/// What a refusal looks like behind this door.
pub type Refusal = fn(Code, &str) -> Response;

/// What holds at a door.
#[derive(Debug, Clone)]
pub struct Rules {
    /// Refuse what a page of another origin could send without the browser asking first.
    pub csrf_prevention: bool,
    /// Origins whose pages may call; `*` is all of them.
    pub cors_origins: Vec<String>,
    /// Where a proxy says whom it speaks for.
    pub address_header: Option<HeaderName>,
    /// Requests answered at once, where nothing else bounds them.
    pub in_flight: usize,
}

/// Settings that cannot be meant.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum RulesError {
    #[error("gateway.cors_origins: {0} is no origin; one looks like https://app.example or http://localhost:3000")]
    NoOrigin(String),
    #[error("gateway.client_address_header: {0} is no name of a header")]
    NoHeader(String),
}

impl Rules {
    pub fn read(config: &GatewayConfig) -> Result<Self, RulesError> {
        if let Some(wrong) = config.cors_origins.iter().find(|origin| !origins::is_origin(origin)) {
            return Err(RulesError::NoOrigin(wrong.clone()));
        }
        let named = config.client_address_header.as_str();
        let header = (!named.is_empty()).then(|| HeaderName::try_from(named)).transpose();
        Ok(Self {
            csrf_prevention: config.csrf_prevention,
            cors_origins: config.cors_origins.clone(),
            address_header: header.map_err(|_| RulesError::NoHeader(named.to_owned()))?,
            in_flight: config.max_in_flight,
        })
    }

    /// May a page of this origin open a WebSocket?
    pub fn may_connect(&self, headers: &HeaderMap) -> bool {
        origins::may_connect(self, headers)
    }

    /// Where a request comes from: the word of the proxy, where one is configured, else the peer.
    pub fn address(&self, parts: &Parts) -> Option<IpAddr> {
        // The last entry is the proxy's own; whatever stands before it may be the client's invention.
        let told = self.address_header.as_ref().and_then(|name| {
            let last = parts.headers.get_all(name).iter().next_back()?;
            last.to_str().ok()?.rsplit(',').next()?.trim().parse::<IpAddr>().ok()
        });
        told.or_else(|| peer(parts)).map(|address| address.to_canonical())
    }

    /// Does somebody on this machine ask it by its own name, and no proxy for somebody else?
    pub fn is_from_here(&self, parts: &Parts) -> bool {
        let proxied = self.address_header.as_ref().is_some_and(|name| parts.headers.contains_key(name));
        let near = peer(parts).is_some_and(|peer| peer.to_canonical().is_loopback());
        near && !proxied && is_from_here(&parts.headers)
    }
}

fn peer(parts: &Parts) -> Option<IpAddr> {
    parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip())
}

/// What a request is called and where it comes from; an extension of every request that came through a door.
#[derive(Clone)]
pub struct Arrival {
    pub request_id: Arc<str>,
    /// Personal, so it does not print.
    pub address: Option<IpAddr>,
}

impl Arrival {
    /// For the actor of the request.
    pub fn origin(&self) -> RequestOrigin {
        RequestOrigin { id: self.request_id.to_string(), address: self.address }
    }
}

impl fmt::Debug for Arrival {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Arrival").field("request_id", &self.request_id).finish_non_exhaustive()
    }
}

/// Cheap to clone; clones share their bounds.
#[derive(Debug, Clone)]
pub struct Door {
    rules: Arc<Rules>,
    places: Arc<Semaphore>,
    clock: Clock,
}

impl Door {
    pub fn new(rules: Rules, clock: Clock) -> Self {
        let places = Arc::new(Semaphore::new(rules.in_flight));
        Self { rules: Arc::new(rules), places, clock }
    }

    pub fn rules(&self) -> &Rules {
        &self.rules
    }

    /// Names each request, and lets pages of listed origins send these methods. For what refuses by itself what
    /// it does not want.
    pub fn open(&self, router: Router, methods: &'static str) -> Router {
        self.opened(router, methods, refusal)
    }

    fn opened(&self, router: Router, methods: &'static str, refuse: Refusal) -> Router {
        let door = self.clone();
        router.layer(from_fn(move |request, next| {
            let door = door.clone();
            async move { door.receive(request, next, methods, refuse).await }
        }))
    }

    /// Besides, refuses what may act and came unasked, and what is too much.
    pub fn guarded(&self, router: Router, methods: &'static str, refuse: Refusal) -> Router {
        let door = self.clone();
        let guarded = router.layer(from_fn(move |request, next| {
            let door = door.clone();
            async move { door.admit(request, next, refuse).await }
        }));
        self.opened(guarded, methods, refuse)
    }

    /// For what everybody may open and no page of another origin reads: pages and probes. Names each request, and says
    /// why where something is refused without a word.
    pub fn unguarded(&self, router: Router, refuse: Refusal) -> Router {
        let door = self.clone();
        router.layer(from_fn(move |request, next| {
            let door = door.clone();
            async move { door.show(request, next, refuse).await }
        }))
    }

    /// The answer to whatever is nowhere, for one of all the routers that are served together.
    pub fn elsewhere(&self, refuse: Refusal) -> Router {
        let nothing = move |method: Method, uri: Uri, Extension(arrival): Extension<Arrival>| async move {
            // `OPTIONS *` asks no more than whether anybody is there.
            if method == Method::OPTIONS && uri.path() == "*" {
                return StatusCode::NO_CONTENT.into_response();
            }
            naming::name(refuse(Code::NotFound, refusals::NOWHERE), &arrival.request_id).await
        };
        self.opened(Router::new().fallback(nothing), "GET, POST", refuse)
    }

    /// A name for a request that nobody has named.
    pub fn new_request_id(&self) -> Arc<str> {
        let mut random = [0; 12];
        self.clock.random(&mut random);
        random.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
    }

    async fn receive(&self, request: Request, next: Next, methods: &'static str, refuse: Refusal) -> Response {
        let (mut parts, body) = request.into_parts();
        let request_id = self.arrived(&mut parts);
        let origin = parts.headers.get(ORIGIN).cloned();
        let mut response = match origins::preflight(&self.rules, &parts, methods) {
            Some(answer) => answer,
            None => pass(parts, body, next, refuse, &request_id).await,
        };
        origins::share(&self.rules, origin.as_ref(), &mut response);
        label(&mut response, &request_id);
        response
    }

    async fn show(&self, request: Request, next: Next, refuse: Refusal) -> Response {
        let (mut parts, body) = request.into_parts();
        let request_id = self.arrived(&mut parts);
        let response = pass(parts, body, next, refuse, &request_id).await;
        let mut response = naming::name(refusals::tell(response, refuse).await, &request_id).await;
        label(&mut response, &request_id);
        response
    }

    /// Names a request, for us and for whom it is passed on to.
    fn arrived(&self, parts: &mut Parts) -> Arc<str> {
        let request_id: Arc<str> = given_id(&parts.headers).map_or_else(|| self.new_request_id(), Arc::from);
        if let Ok(name) = HeaderValue::from_str(&request_id) {
            parts.headers.insert(REQUEST_ID_HEADER, name);
        }
        let address = self.rules.address(parts);
        parts.extensions.insert(Arrival { request_id: request_id.clone(), address });
        request_id
    }

    async fn admit(&self, request: Request, next: Next, refuse: Refusal) -> Response {
        let id = request.extensions().get::<Arrival>().map(|arrival| arrival.request_id.clone());
        let response = self.answer(request, next, refuse).await;
        naming::name(response, id.as_deref().unwrap_or_default()).await
    }

    async fn answer(&self, request: Request, next: Next, refuse: Refusal) -> Response {
        // To read changes nothing, and what is read no other page sees.
        let method = request.method().clone();
        let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(&method);
        if self.rules.csrf_prevention && !reads && !asked_first(request.headers()) {
            return refuse(Code::CsrfPrevented, UNASKED);
        }
        let Some(place) = Place::take(&self.places) else { return come_back(refuse(Code::Overloaded, TOO_MUCH)) };
        let response = next.run(request.map(|body| place.waits_for(body))).await;
        let response = refusals::tell(response, refuse).await;
        match response.status() {
            StatusCode::SERVICE_UNAVAILABLE => come_back(response),
            _ => place.until_sent(response),
        }
    }
}

/// What is refused where there is too much to do.
const TOO_MUCH: &str = "too much work at once; retry in a second";

/// Fields that say who asks and for what. Of two of one name, whoever is before us may believe the other.
const SINGLE: [&str; 3] = ["authorization", "x-api-key", "idempotency-key"];

/// Goes on, unless it is in doubt who asks and for what.
async fn pass(parts: Parts, body: Body, next: Next, refuse: Refusal, request_id: &str) -> Response {
    let twice = SINGLE.into_iter().find(|name| parts.headers.get_all(*name).iter().nth(1).is_some());
    match twice {
        Some(name) => {
            naming::name(refuse(Code::BadRequest, &format!("the header {name} is there twice")), request_id).await
        }
        None => next.run(Request::from_parts(parts, body)).await,
    }
}

/// What every answer says beside its body.
fn label(response: &mut Response, request_id: &str) {
    let told = response.headers_mut();
    if let Ok(name) = HeaderValue::from_str(request_id) {
        told.insert(REQUEST_ID_HEADER, name);
    }
    // Whose answer it is a cache cannot tell, for keys come in headers of their own.
    told.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
    told.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
}

/// Says when to come back, where that is not said yet.
fn come_back(mut refused: Response) -> Response {
    refused.headers_mut().entry(RETRY_AFTER).or_insert(HeaderValue::from_static("1"));
    refused
}

/// What a refused page is told.
pub const UNASKED: &str = "a page of another origin could have sent this request: send the content type \
     application/json or the header x-pipewright-csrf or apollo-require-preflight, with any value";

pub use origins::{METHODS, asked_first, options};

/// The id that the client or a proxy gave, if it is fit for a log.
pub fn given_id(headers: &HeaderMap) -> Option<&str> {
    let fit = |id: &&str| {
        (1..=128).contains(&id.len()) && id.bytes().all(|byte| byte.is_ascii_alphanumeric() || b"-_.".contains(&byte))
    };
    headers.get(REQUEST_ID_HEADER)?.to_str().ok().filter(fit)
}
