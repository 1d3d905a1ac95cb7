//! What changed between two GraphQL schemas, how much it hurts a client, and in which words to say so.

mod inputs;
mod shape;
mod types;

use std::{collections::HashSet, fmt};

use serde::Serialize;
use thiserror::Error;

use self::shape::Shape;

/// How much a change hurts.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Severity {
    /// Requests that were answered fail, or clients read what they do not expect.
    Breaking,
    /// Every request is still answered, but a client may be surprised.
    Dangerous,
    /// Nobody notices who does not look.
    Safe,
}

impl fmt::Display for Severity {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(match self {
            Self::Breaking => "breaking",
            Self::Dangerous => "dangerous",
            Self::Safe => "safe",
        })
    }
}

macro_rules! kinds {
    ($($name:ident, $text:literal;)+) => {
        /// What kind of change it is.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
        pub enum Kind {
            $(#[serde(rename = $text)] $name,)+
        }

        impl Kind {
            /// The stable name, `SCREAMING_SNAKE_CASE`.
            pub const fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text,)+ }
            }
        }
    };
}

kinds! {
    TypeRemoved, "TYPE_REMOVED";
    TypeAdded, "TYPE_ADDED";
    TypeKindChanged, "TYPE_KIND_CHANGED";
    FieldRemoved, "FIELD_REMOVED";
    FieldAdded, "FIELD_ADDED";
    FieldTypeChanged, "FIELD_TYPE_CHANGED";
    ArgumentRemoved, "ARGUMENT_REMOVED";
    ArgumentAdded, "ARGUMENT_ADDED";
    ArgumentTypeChanged, "ARGUMENT_TYPE_CHANGED";
    ArgumentDefaultChanged, "ARGUMENT_DEFAULT_CHANGED";
    InputFieldRemoved, "INPUT_FIELD_REMOVED";
    InputFieldAdded, "INPUT_FIELD_ADDED";
    InputFieldTypeChanged, "INPUT_FIELD_TYPE_CHANGED";
    InputFieldDefaultChanged, "INPUT_FIELD_DEFAULT_CHANGED";
    EnumValueRemoved, "ENUM_VALUE_REMOVED";
    EnumValueAdded, "ENUM_VALUE_ADDED";
    UnionMemberRemoved, "UNION_MEMBER_REMOVED";
    UnionMemberAdded, "UNION_MEMBER_ADDED";
    InterfaceRemoved, "INTERFACE_REMOVED";
    InterfaceAdded, "INTERFACE_ADDED";
    OneOfAdded, "ONE_OF_ADDED";
    OneOfRemoved, "ONE_OF_REMOVED";
    SpecifiedByChanged, "SPECIFIED_BY_CHANGED";
    RootRemoved, "ROOT_REMOVED";
    RootAdded, "ROOT_ADDED";
    RootChanged, "ROOT_CHANGED";
    DeprecationAdded, "DEPRECATION_ADDED";
    DeprecationRemoved, "DEPRECATION_REMOVED";
    DeprecationReasonChanged, "DEPRECATION_REASON_CHANGED";
    DescriptionChanged, "DESCRIPTION_CHANGED";
    DirectiveRemoved, "DIRECTIVE_REMOVED";
    DirectiveAdded, "DIRECTIVE_ADDED";
    DirectiveLocationRemoved, "DIRECTIVE_LOCATION_REMOVED";
    DirectiveLocationAdded, "DIRECTIVE_LOCATION_ADDED";
    DirectiveRepeatableRemoved, "DIRECTIVE_REPEATABLE_REMOVED";
    DirectiveRepeatableAdded, "DIRECTIVE_REPEATABLE_ADDED";
    DirectiveUsageRemoved, "DIRECTIVE_USAGE_REMOVED";
    DirectiveUsageAdded, "DIRECTIVE_USAGE_ADDED";
}

/// One difference between two schemas.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    pub severity: Severity,
    /// A schema coordinate: `Lead`, `Lead.email`, `Query.leads(first:)`, `@include`.
    pub coordinate: String,
    pub kind: Kind,
    /// What is different.
    what: String,
    /// What that means for a client, if it means something.
    so: Option<String>,
}

impl Change {
    /// Names the change where it is accepted: `FIELD_REMOVED Lead.company`.
    pub fn id(&self) -> String {
        format!("{} {}", self.kind.as_str(), self.coordinate)
    }

    /// A sentence for whoever writes a client.
    pub fn message(&self) -> String {
        match &self.so {
            Some(so) => format!("{}; {so}", self.what),
            None => self.what.clone(),
        }
    }
}

/// The SDL cannot be parsed; the text says where.
#[derive(Debug, Error)]
#[error("the {which} schema cannot be parsed: {problem}")]
pub struct Unreadable {
    which: &'static str,
    problem: String,
}

/// Every difference between two schemas in SDL, the worst first.
pub fn compare(old: &str, new: &str) -> Result<Vec<Change>, Unreadable> {
    let parse = |which, sdl| Shape::parse(sdl).map_err(|problem| Unreadable { which, problem });
    let (old, new) = (parse("old", old)?, parse("new", new)?);
    let mut diff = Diff::default();
    types::compare(&old, &new, &mut diff);
    inputs::compare_directives(&old, &new, &mut diff);
    diff.0.sort();
    Ok(diff.0)
}

/// The differences of a subgraph that clients do not see, since `api` does not have them. They concern a gateway
/// that still has the old supergraph, so none of them is breaking.
pub fn compare_subgraph(old: &str, new: &str, api: &[Change]) -> Result<Vec<Change>, Unreadable> {
    let seen: HashSet<(Kind, &str)> = api.iter().map(|change| (change.kind, change.coordinate.as_str())).collect();
    let mut changes = compare(old, new)?;
    changes.retain(|change| !seen.contains(&(change.kind, change.coordinate.as_str())));
    for change in &mut changes {
        if change.severity == Severity::Breaking {
            change.severity = Severity::Dangerous;
            change.so = Some(
                "clients see no difference, but the gateway needs the new supergraph together with the service"
                    .to_owned(),
            );
        }
    }
    changes.sort();
    Ok(changes)
}

/// The differences found so far.
#[derive(Default)]
struct Diff(Vec<Change>);

impl Diff {
    fn breaking(&mut self, kind: Kind, coordinate: impl Into<String>, what: String, so: impl Into<String>) {
        self.add(Severity::Breaking, kind, coordinate, what, Some(so.into()));
    }

    fn dangerous(&mut self, kind: Kind, coordinate: impl Into<String>, what: String, so: impl Into<String>) {
        self.add(Severity::Dangerous, kind, coordinate, what, Some(so.into()));
    }

    fn safe(&mut self, kind: Kind, coordinate: impl Into<String>, what: String) {
        self.add(Severity::Safe, kind, coordinate, what, None);
    }

    fn add(&mut self, severity: Severity, kind: Kind, coordinate: impl Into<String>, what: String, so: Option<String>) {
        self.0.push(Change { severity, coordinate: coordinate.into(), kind, what, so });
    }
}
