//! From an HTTP request to a GraphQL operation, and back.

use std::sync::Arc;

use axum::{
    body::Body,
    http::{
        HeaderMap, HeaderName, StatusCode, Uri,
        header::{IF_MATCH, IF_NONE_MATCH},
        request::Parts,
    },
    response::Response,
};
use gateway::Admission;
use kernel::Code;
use platform::door::{Arrival, is_text, read_json};
use serde_json::{Map, Value, json};

use crate::{
    BASE, Rest,
    answer::{self, Etag, payload, result},
    doubled::doubled,
    export::Export,
    format::Format,
    input::{check_body, conditions, parse_text},
    problem::Problem,
    resources::{Bound, FROM_THE_ENVELOPE, List, Write},
};

const IDEMPOTENCY_KEY: &str = "Idempotency-Key";

/// The first is 1.
const NO_VERSION: i64 = 0;

type Answer = Result<Response, Problem>;

/// One request for one resource.
pub(crate) struct Call<'a> {
    rest: &'a Rest,
    bound: &'a Bound,
    uri: Uri,
    headers: HeaderMap,
    arrival: Option<Arrival>,
}

impl<'a> Call<'a> {
    pub fn new(rest: &'a Rest, bound: &'a Bound, Parts { uri, headers, extensions, .. }: Parts) -> Self {
        Self { rest, bound, uri, headers, arrival: extensions.get().cloned() }
    }

    /// A page, with the way to the next.
    pub async fn list(self, list: &List) -> Answer {
        let admission = self.admission().await?;
        let asked = self.page(list)?;
        let answer = self.execute(&list.document, asked.variables, admission).await;
        let mut page = result(answer, self.bound.resource.list).map_err(Problem::of_the_query)?;
        let more = page["pageInfo"]["hasNextPage"] == json!(true);
        let cursor = page["pageInfo"]["endCursor"].as_str().filter(|_| more);
        let next = cursor.map(|cursor| self.next(&asked.given, cursor));
        let edges = page["edges"].as_array_mut().map(std::mem::take).unwrap_or_default();
        let items: Vec<Value> = edges.into_iter().map(|mut edge| edge["node"].take()).collect();
        let mut body = json!({ "items": items });
        if list.counts {
            body["totalCount"] = page["totalCount"].take();
        }
        body["next"] = json!(next);
        Ok(answer::page(&body, next.as_deref()))
    }

    /// The whole list, for who may export it.
    pub async fn export(self, rest: Arc<Rest>, list: &List, format: Format) -> Answer {
        let asked = self.page(list)?;
        if let Some((name, _)) = asked.given.iter().find(|(name, _)| ["first", "after"].contains(&name.as_str())) {
            return Err(Problem::of_field(Code::InvalidInput, name, "an export has no pages"));
        }
        let variables = match asked.variables {
            Value::Object(variables) => variables,
            _ => Map::new(),
        };
        let admission = self.admission().await?;
        let place = rest.exports.take(admission.as_ref().map(Admission::actor));
        let place = place.ok_or_else(|| Problem::new(Code::Overloaded, "there are too many exports at once"))?;
        let Bound { resource, shown, .. } = self.bound;
        let (shown, document) = (shown.clone(), list.export.clone());
        let (headers, arrival) = (self.headers, self.arrival);
        Export { rest, resource, shown, format, document, variables, headers, arrival, place }.begin().await
    }

    pub async fn get(self, id: &str) -> Answer {
        let admission = self.admission().await?;
        self.no_parameters()?;
        let answer = self.execute(&self.bound.get, json!({ "id": id }), admission).await;
        // The one thing that was given is the id.
        let object = result(answer, self.bound.resource.get).map_err(|problem| problem.about("id", Code::InvalidId))?;
        if object.is_null() {
            let detail = format!("there is no such {}", self.bound.resource.get);
            return Err(Problem::of_field(Code::NotFound, "id", detail));
        }
        let etag = self.etag(&object);
        if let (Some(etag), Some(wanted)) = (&etag, listed(&self.headers, &IF_NONE_MATCH))
            && etag.is_in(&wanted)
        {
            return Ok(answer::not_modified(etag));
        }
        Ok(answer::object(StatusCode::OK, &object, etag.as_ref()))
    }

    pub async fn create(self, create: &Write, body: Body) -> Answer {
        let admission = self.admission().await?;
        self.no_parameters()?;
        let (rest, bound) = (self.rest, self.bound);
        let key = self.headers.get(IDEMPOTENCY_KEY).cloned();
        let mut input = self.read(create, body).await?;
        if let Some(key) = key {
            let takes = rest
                .schema
                .get_input_object(&create.input)
                .is_some_and(|input| input.fields.contains_key("idempotencyKey"));
            if !takes {
                let detail = "this resource takes no Idempotency-Key; making the same one again does no harm";
                return Err(Problem::of_field(Code::InvalidInput, IDEMPOTENCY_KEY, detail));
            }
            let key = key
                .to_str()
                .map_err(|_| Problem::of_field(Code::InvalidInput, IDEMPOTENCY_KEY, "the key is no text"))?;
            input.insert("idempotencyKey".to_owned(), json!(key));
        }
        let answer = self.execute(&create.document, json!({ "input": input }), admission).await;
        let mut payload =
            payload(answer, create.field).map_err(|problem| problem.renaming("idempotencyKey", IDEMPOTENCY_KEY))?;
        let old = create.says_created && payload["created"] == json!(false);
        let object = payload[&create.payload].take();
        // New or not: what the actor may not read is nowhere to be found.
        let Some(id) = object["id"].as_str() else { return Ok(answer::nothing()) };
        let status = if old { StatusCode::OK } else { StatusCode::CREATED };
        let location = format!("{BASE}/{}/{id}", bound.resource.path);
        let etag = etag(bound, &object);
        Ok(answer::located(answer::object(status, &object, etag.as_ref()), &location))
    }

    pub async fn update(self, update: &Write, id: &str, body: Body) -> Answer {
        let admission = self.admission().await?;
        self.no_parameters()?;
        let bound = self.bound;
        let mut input = self.read(update, body).await?;
        let version = self.expected_version(id, admission.clone()).await?;
        self.is_not_there(id, admission.clone()).await?;
        input.insert("id".to_owned(), json!(id));
        if let Some(version) = version {
            input.insert("version".to_owned(), json!(version));
        }
        let answer = self.execute(&update.document, json!({ "input": input }), admission).await;
        let mut payload = payload(answer, update.field).map_err(|problem| {
            // The client said which version it meant, and that is not the one that is there.
            if version.is_some() && *problem.code == *Code::Conflict.as_str() {
                let detail = "If-Match has no ETag of this object as it is now: read it again";
                Problem::of_field(Code::Conflict, "If-Match", detail).with_status(StatusCode::PRECONDITION_FAILED)
            } else {
                problem
            }
        })?;
        let object = payload[&update.payload].take();
        Ok(answer::object(StatusCode::OK, &object, etag(bound, &object).as_ref()))
    }

    async fn admission(&self) -> Result<Option<Admission>, Problem> {
        self.rest.gateway.authenticate(&self.headers).await.map_err(|error| Problem::coded(&error))
    }

    async fn execute(&self, document: &str, variables: Value, admission: Option<Admission>) -> Value {
        let gateway = &self.rest.gateway;
        let request = gateway::Request::new(document).variables(variables);
        let context = gateway.context_of(admission, self.arrival.as_ref());
        serde_json::to_value(gateway.run(request, context).await).unwrap_or_default()
    }

    /// What the client gives, checked: a JSON object of the input's fields.
    async fn read(&self, write: &Write, body: Body) -> Result<Map<String, Value>, Problem> {
        let limits = self.rest.gateway.limits();
        let body = read_json(&self.headers, body, limits.body_bytes, limits.body_time)
            .await
            .map_err(|(code, detail)| Problem::new(code, detail))?;
        let fields = serde_json::from_slice(&body)
            .map_err(|error| Problem::new(Code::BadRequest, format!("the body is no JSON: {error}")))?;
        if let Some(place) = doubled(&body) {
            let detail = format!("`{place}` is given twice");
            return Err(Problem::of_field(Code::InvalidInput, place, detail));
        }
        check_body(&self.rest.schema, &write.input, &FROM_THE_ENVELOPE, fields)
    }

    /// The version in `If-Match`, if there is one. `*` asks for any, and the object must be there anyway. Without a tag
    /// of this object it is [`NO_VERSION`]: the service says first what else is wrong.
    async fn expected_version(&self, id: &str, admission: Option<Admission>) -> Result<Option<i64>, Problem> {
        let Some(given) = listed(&self.headers, &IF_MATCH) else { return Ok(None) };
        match given.trim() {
            "" => {
                return Err(Problem::of_field(Code::InvalidInput, "If-Match", "If-Match names one ETag or more, or *"));
            }
            "*" => return Ok(None),
            _ => {}
        }
        let versions: Vec<i64> = given.split(',').filter_map(|tag| Etag::version_of(id, tag.trim())).collect();
        match versions[..] {
            [] => Ok(Some(NO_VERSION)),
            [version] => Ok(Some(version)),
            // Of several, the one that is there counts.
            _ => {
                let answer = self.execute(&self.bound.get, json!({ "id": id }), admission).await;
                let there = result(answer, self.bound.resource.get).ok();
                let there = there.and_then(|object| object["version"].as_i64());
                Ok(Some(there.filter(|version| versions.contains(version)).unwrap_or(NO_VERSION)))
            }
        }
    }

    /// What `If-None-Match` names must not be there.
    async fn is_not_there(&self, id: &str, admission: Option<Admission>) -> Result<(), Problem> {
        let Some(unwanted) = listed(&self.headers, &IF_NONE_MATCH) else { return Ok(()) };
        let answer = self.execute(&self.bound.get, json!({ "id": id }), admission).await;
        let there = result(answer, self.bound.resource.get).map_err(|problem| problem.about("id", Code::InvalidId))?;
        if self.etag(&there).is_none_or(|etag| !etag.is_in(&unwanted)) {
            return Ok(());
        }
        let detail = "If-None-Match names this object, and it is there";
        Err(Problem::of_field(Code::Conflict, "If-None-Match", detail).with_status(StatusCode::PRECONDITION_FAILED))
    }

    fn etag(&self, object: &Value) -> Option<Etag> {
        etag(self.bound, object)
    }

    fn no_parameters(&self) -> Result<(), Problem> {
        match self.parameters()?.first() {
            Some((name, _)) => Err(unknown_parameter(name, &[])),
            None => Ok(()),
        }
    }

    fn parameters(&self) -> Result<Vec<(String, String)>, Problem> {
        let query = self.uri.query().unwrap_or_default();
        if !is_text(query) {
            return Err(Problem::new(Code::BadRequest, "the query string is not UTF-8 once it is decoded"));
        }
        Ok(form_urlencoded::parse(query.as_bytes()).into_owned().collect())
    }

    /// Which page, and of what.
    fn page(&self, list: &List) -> Result<Page, Problem> {
        let schema = &self.rest.schema;
        let conditions = list.filter.as_ref().map(|filter| conditions(schema, filter)).unwrap_or_default();
        let given = self.parameters()?;
        let mut variables = Map::new();
        let mut filter = Map::new();
        for (number, (name, text)) in given.iter().enumerate() {
            if given[..number].iter().any(|(before, _)| before == name) {
                return Err(Problem::of_field(Code::InvalidInput, name, format!("`{name}` is given twice")));
            }
            let condition = conditions.iter().find(|(known, _)| *known == name.as_str());
            match (name.as_str(), condition) {
                ("first", _) => {
                    let first = text
                        .parse::<i32>()
                        .map_err(|_| Problem::of_field(Code::InvalidInput, "first", "`first` is a whole number"))?;
                    variables.insert("first".to_owned(), json!(first));
                }
                ("after", _) => {
                    variables.insert("after".to_owned(), json!(text));
                }
                (_, Some((_, field))) => {
                    filter.insert(name.clone(), parse_text(schema, &field.ty, name, text)?);
                }
                (_, None) => {
                    let known: Vec<&str> = conditions.iter().map(|(name, _)| name.as_str()).collect();
                    return Err(unknown_parameter(name, &[&["first", "after"], &known[..]].concat()));
                }
            }
        }
        if list.filter.is_some() && !filter.is_empty() {
            variables.insert("filter".to_owned(), Value::Object(filter));
        }
        Ok(Page { variables: Value::Object(variables), given })
    }

    /// The same list, from the cursor on.
    fn next(&self, given: &[(String, String)], cursor: &str) -> String {
        let mut query = form_urlencoded::Serializer::new(String::new());
        query.extend_pairs(given.iter().filter(|(name, _)| name != "after"));
        query.append_pair("after", cursor);
        format!("{BASE}/{}?{}", self.bound.resource.path, query.finish())
    }
}

struct Page {
    variables: Value,
    /// As the client wrote it.
    given: Vec<(String, String)>,
}

/// All that stands under this name: a field that is a list may be sent in several lines.
fn listed(headers: &HeaderMap, name: &HeaderName) -> Option<String> {
    let lines: Vec<&str> = headers.get_all(name).iter().map(|line| line.to_str().unwrap_or_default()).collect();
    (!lines.is_empty()).then(|| lines.join(","))
}

fn etag(bound: &Bound, object: &Value) -> Option<Etag> {
    bound.has_version().then(|| Etag::of(object)).flatten()
}

fn unknown_parameter(name: &str, known: &[&str]) -> Problem {
    let detail = if known.is_empty() {
        "this takes no parameters".to_owned()
    } else {
        format!("there is no such parameter; there are {}", known.join(", "))
    };
    Problem::of_field(Code::InvalidInput, name, detail)
}
