//! The one table of error codes. It feeds GraphQL `extensions.code`, HTTP statuses, the reference in
//! `schema/error-codes.md` and the tests.

/// An error that can be shown to a client: its `Display` is safe, its code is stable.
pub trait Coded: std::error::Error {
    fn code(&self) -> Code;
    /// The input field at fault, in the client's spelling.
    fn field(&self) -> Option<&str> {
        None
    }
}

macro_rules! codes {
    ($($name:ident, $text:literal, $status:literal, $meaning:literal;)+) => {
        /// A stable, machine-readable error code.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, serde::Serialize, serde::Deserialize)]
        pub enum Code {
            $(#[doc = $meaning] #[serde(rename = $text)] $name,)+
        }

        impl Code {
            pub const ALL: &'static [Code] = &[$(Code::$name,)+];

            /// The text that clients see, `SCREAMING_SNAKE_CASE`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Code::$name => $text,)+ }
            }

            /// The HTTP status when the whole request fails with this code.
            pub const fn status(self) -> u16 {
                match self { $(Code::$name => $status,)+ }
            }

            /// One sentence for the reference.
            pub const fn meaning(self) -> &'static str {
                match self { $(Code::$name => $meaning,)+ }
            }
        }
    };
}

codes! {
    // the request
    BadRequest, "BAD_REQUEST", 400, "The request is not well-formed.";
    ParseFailed, "GRAPHQL_PARSE_FAILED", 400, "The GraphQL document cannot be parsed.";
    ValidationFailed, "GRAPHQL_VALIDATION_FAILED", 400, "The GraphQL document does not fit the schema.";
    LimitExceeded, "LIMIT_EXCEEDED", 400, "The operation is larger than allowed; `extensions.limit` names the setting.";
    CostLimitExceeded, "COST_LIMIT_EXCEEDED", 400, "The operation costs more than one may; see `extensions.cost`.";
    BatchRefused, "BATCH_REFUSED", 400, "Several operations in one request: switched off, or more than allowed.";
    IntrospectionDisabled, "INTROSPECTION_DISABLED", 400, "The schema cannot be asked for here.";
    PersistedQueryNotFound, "PERSISTED_QUERY_NOT_FOUND", 404, "No document is known by this hash; send its text along.";
    PersistedQueryNotSupported, "PERSISTED_QUERY_NOT_SUPPORTED", 400, "Documents are not remembered here; send the text.";
    QueryNotInSafelist, "QUERY_NOT_IN_SAFELIST", 403, "Only the documents of the operator's list may run here.";
    CsrfPrevented, "CSRF_PREVENTED", 400, "A page of another origin could have sent this; add a header as the message says.";
    MethodNotAllowed, "METHOD_NOT_ALLOWED", 405, "This HTTP method cannot carry the operation.";
    NotAcceptable, "NOT_ACCEPTABLE", 406, "The client takes none of the media types that the answer can have.";
    RequestTimeout, "REQUEST_TIMEOUT", 408, "The body of the request did not arrive in time.";
    PayloadTooLarge, "PAYLOAD_TOO_LARGE", 413, "The request body is larger than allowed.";
    UnsupportedMediaType, "UNSUPPORTED_MEDIA_TYPE", 415, "The body of the request is not said to be JSON in UTF-8.";
    CannotResume, "CANNOT_RESUME", 410, "Nobody knows any more what followed this event, or the subscription keeps nothing; begin anew.";
    RateLimited, "RATE_LIMITED", 429, "The budget of the credential is used up; retry after the time given.";
    Overloaded, "OVERLOADED", 503, "Too much work at once; retry after the time given.";
    // who is asking
    Unauthenticated, "UNAUTHENTICATED", 401, "No credential, or one that is unknown, expired or revoked.";
    Forbidden, "FORBIDDEN", 403, "The credential is good, but does not allow this.";
    UnauthorizedFieldOrType, "UNAUTHORIZED_FIELD_OR_TYPE", 403, "The supergraph keeps this field, or its type, from whoever asks; it is null, and no service was asked for it.";
    // input
    InvalidInput, "INVALID_INPUT", 400, "A value has the right type but breaks a rule.";
    InvalidId, "INVALID_ID", 400, "The id is malformed or belongs to another kind of object.";
    InvalidCursor, "INVALID_CURSOR", 400, "The cursor does not come from this list.";
    InvalidEmail, "INVALID_EMAIL", 400, "Not an e-mail address.";
    Required, "REQUIRED", 400, "A required value is missing.";
    TooLong, "TOO_LONG", 400, "A value is longer than its field allows.";
    UnknownColumn, "UNKNOWN_COLUMN", 400, "A column that the import needs is missing from the file.";
    NotCsv, "NOT_CSV", 400, "The file is not delimited text.";
    InvalidEncoding, "INVALID_ENCODING", 400, "The file has bytes that its character encoding does not know.";
    // state
    NotFound, "NOT_FOUND", 404, "No such object in this workspace.";
    AlreadyExists, "ALREADY_EXISTS", 409, "An object with this unique value exists.";
    Conflict, "CONFLICT", 409, "The object changed since it was read, or its state does not allow this.";
    IdempotencyMismatch, "IDEMPOTENCY_MISMATCH", 409, "The idempotency key was used before with another input.";
    AlreadyConverted, "ALREADY_CONVERTED", 409, "The lead has been converted.";
    OpportunityClosed, "OPPORTUNITY_CLOSED", 409, "A closed opportunity cannot move.";
    SendRefused, "SEND_REFUSED", 409, "The send gate refuses a message to this recipient.";
    // the platform
    SubgraphUnavailable, "SUBGRAPH_UNAVAILABLE", 502, "A service did not answer; the rest of the result stands.";
    DeadlineExceeded, "DEADLINE_EXCEEDED", 504, "The answer took longer than allowed.";
    Internal, "INTERNAL", 500, "Something broke on our side; the request id finds it in the log.";
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn codes_are_unique() {
        let unique: std::collections::HashSet<_> = Code::ALL.iter().map(|code| code.as_str()).collect();
        assert_eq!(unique.len(), Code::ALL.len());
    }
}
