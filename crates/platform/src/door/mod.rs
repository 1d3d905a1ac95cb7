//! The door to whatever clients outside may call, wherever it is served: each request has an id and an address,
//! pages of listed origins may call (CSRF and CORS), and what is too much is turned away.

mod body;
mod naming;
mod origins;
mod place;

use std::{
    fmt,
    net::{IpAddr, SocketAddr},
    sync::Arc,
};

use axum::{
    Extension, Router,
    body::HttpBody,
    extract::{ConnectInfo, Request},
    http::{
        HeaderMap, HeaderName, HeaderValue, Method, StatusCode,
        header::{CACHE_CONTROL, ORIGIN, RETRY_AFTER, X_CONTENT_TYPE_OPTIONS},
        request::Parts,
    },
    middleware::{Next, from_fn},
    response::Response,
};
use kernel::{Clock, Code, RequestOrigin};
use thiserror::Error;
use tokio::sync::Semaphore;

pub use body::{BODY_TIME, Malformed, is_json, read_json};

use self::place::Place;
use crate::{config::GatewayConfig, http::REQUEST_ID_HEADER};

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
        let peer = || parts.extensions.get::<ConnectInfo<SocketAddr>>().map(|info| info.0.ip());
        told.or_else(peer).map(|address| address.to_canonical())
    }
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
        let door = self.clone();
        router.layer(from_fn(move |request, next| {
            let door = door.clone();
            async move { door.receive(request, next, methods).await }
        }))
    }

    /// Besides, refuses what may act and came unasked, and what is too much.
    pub fn guarded(&self, router: Router, methods: &'static str, refuse: Refusal) -> Router {
        let door = self.clone();
        let guarded = router.layer(from_fn(move |request, next| {
            let door = door.clone();
            async move { door.admit(request, next, refuse).await }
        }));
        self.open(guarded, methods)
    }

    /// The answer to whatever is nowhere, for one of all the routers that are served together.
    pub fn elsewhere(&self, refuse: Refusal) -> Router {
        let nothing = move |Extension(arrival): Extension<Arrival>| async move {
            naming::name(refuse(Code::NotFound, "there is nothing at this path"), &arrival.request_id).await
        };
        self.open(Router::new().fallback(nothing), "GET, POST")
    }

    /// A name for a request that nobody has named.
    pub fn new_request_id(&self) -> Arc<str> {
        let mut random = [0; 12];
        self.clock.random(&mut random);
        random.iter().map(|byte| format!("{byte:02x}")).collect::<String>().into()
    }

    async fn receive(&self, request: Request, next: Next, methods: &'static str) -> Response {
        let (mut parts, body) = request.into_parts();
        let request_id = given_id(&parts.headers).map_or_else(|| self.new_request_id(), Arc::from);
        let name = HeaderValue::from_str(&request_id).ok();
        if let Some(name) = &name {
            parts.headers.insert(REQUEST_ID_HEADER, name.clone());
        }
        let address = self.rules.address(&parts);
        parts.extensions.insert(Arrival { request_id, address });
        let origin = parts.headers.get(ORIGIN).cloned();
        let mut response = match origins::preflight(&self.rules, &parts, methods) {
            Some(answer) => answer,
            None => next.run(Request::from_parts(parts, body)).await,
        };
        origins::share(&self.rules, origin.as_ref(), &mut response);
        let told = response.headers_mut();
        if let Some(name) = name {
            told.insert(REQUEST_ID_HEADER, name);
        }
        // Whose answer it is a cache cannot tell, for keys come in headers of their own.
        told.entry(CACHE_CONTROL).or_insert(HeaderValue::from_static("no-store"));
        told.insert(X_CONTENT_TYPE_OPTIONS, HeaderValue::from_static("nosniff"));
        response
    }

    async fn admit(&self, request: Request, next: Next, refuse: Refusal) -> Response {
        let id = request.extensions().get::<Arrival>().map(|arrival| arrival.request_id.clone());
        let response = self.answer(request, next, refuse).await;
        naming::name(response, id.as_deref().unwrap_or_default()).await
    }

    async fn answer(&self, request: Request, next: Next, refuse: Refusal) -> Response {
        // To read changes nothing, and what is read no other page sees.
        let reads = [Method::GET, Method::HEAD, Method::OPTIONS].contains(request.method());
        if self.rules.csrf_prevention && !reads && !asked_first(request.headers()) {
            return refuse(Code::CsrfPrevented, UNASKED);
        }
        let Some(place) = Place::take(&self.places) else { return come_back(refuse(Code::Overloaded, TOO_MUCH)) };
        let response = next.run(request.map(|body| place.waits_for(body))).await;
        let silent = response.body().size_hint().exact() == Some(0);
        match response.status() {
            StatusCode::METHOD_NOT_ALLOWED if silent => refuse(Code::MethodNotAllowed, WRONG_METHOD),
            StatusCode::SERVICE_UNAVAILABLE => come_back(response),
            _ => place.until_sent(response),
        }
    }
}

/// What is refused where there is too much to do.
const TOO_MUCH: &str = "too much work at once; retry in a second";

const WRONG_METHOD: &str = "the path is right, but not the method: the header `allow` has those that it takes";

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
