//! Pipewright's shared vocabulary: what every part means by an id, an amount, a moment, an actor, a
//! decision and an error. No runtime, no I/O: the features `sqlx` and `graphql` only add trait impls.

pub mod access;
mod actor;
mod clock;
mod code;
mod decision;
mod headcount;
pub mod id;
mod mail_domain;
mod money;
mod page;
mod personal;

pub use access::{Access, Action, BuiltInRole, Denied, Facts, Object};
pub use actor::{Actor, ActorKind, CredentialId, Forbidden, Permission, RequestOrigin};
pub use clock::{Clock, Timestamp, truncate_to_micros};
pub use code::{Code, Coded};
pub use decision::{Candidate, Decision, inputs_hash};
pub use headcount::headcount;
pub use id::{
    AccountId, AlertId, ApiKeyId, CaptureId, ConsentId, ContactId, DecisionId, DuplicateId, EnrichmentRunId,
    EnrollmentId, EventId, FormId, IdError, ImportId, LandingPageId, LeadId, MailboxId, MergeId, MessageId,
    OpportunityId, PipelineId, PoolId, RepId, RoleId, SegmentId, SequenceId, SessionId, SigningKeyId, SourceCostId,
    StageId, StepId, SuppressionId, TeamId, UserId, WorkspaceId,
};
pub use mail_domain::is_free_mail;
pub use money::{Currency, CurrencyError, Money};
pub use page::{Cursor, CursorError, PageArgs, PageError};
pub use personal::{EmailAddress, EmailError, EmailProblem, PersonName, PhoneNumber};
