//! What an actor may do with records: which objects, which rows of them, which fields.
//!
//! A role is a list of [`Grant`]s and [`FieldRule`]s. With its holder it becomes an [`Access`], which travels in the
//! actor; each store turns [`Access::rows`] into a predicate of its statements. There is one answer for a list, a
//! count, a record by its id, a join across services, a search and an event.
//!
//! What hangs on a lead (its verification, enrichment, routing, enrolments and messages) is governed by the lead.

mod roles;

use std::{collections::BTreeSet, fmt};

use serde::{Deserialize, Serialize};

use crate::{Code, Coded, UserId};

pub use roles::BuiltInRole;

/// A kind of record with permissions of its own.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Object {
    Lead,
    Account,
    Contact,
    Opportunity,
}

impl Object {
    pub const ALL: [Self; 4] = [Self::Lead, Self::Account, Self::Contact, Self::Opportunity];

    /// The fields that a role may hide or lock, in the API's spelling: those that may be null, so that a hidden one is
    /// null and nothing else changes. What names a record to its owner (an address, a company's name) stays.
    pub const fn fields(self) -> &'static [&'static str] {
        match self {
            Self::Lead => &[
                "firstName",
                "lastName",
                "title",
                "company",
                "companyDomain",
                "phone",
                "country",
                "employees",
                "message",
            ],
            Self::Account => &["domain", "industry", "country", "employees"],
            Self::Contact => &["firstName", "lastName", "title", "phone"],
            Self::Opportunity => &["amount"],
        }
    }

    /// More fields that a role may lock and not hide, since they are never null. Whoever makes a record gives them; the
    /// lock holds for changing them.
    pub const fn only_lockable(self) -> &'static [&'static str] {
        match self {
            Self::Lead => &["status"],
            Self::Account => &["name"],
            Self::Contact => &["email", "account"],
            Self::Opportunity => &["name", "stage"],
        }
    }

    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Lead => "lead",
            Self::Account => "account",
            Self::Contact => "contact",
            Self::Opportunity => "opportunity",
        }
    }
}

impl Object {
    const fn plural(self) -> &'static str {
        match self {
            Self::Lead => "leads",
            Self::Account => "accounts",
            Self::Contact => "contacts",
            Self::Opportunity => "opportunities",
        }
    }
}

impl fmt::Display for Object {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Action {
    Create,
    Read,
    Update,
    /// Taking something away: a segment of leads, a form or a landing page, by whoever may delete every lead; and a record,
    /// by merging it into another. No record itself can be taken away for good yet. Teams, roles and keys are no records: they go by [`Permission::Admin`](crate::Permission), whatever is granted.
    Delete,
    Export,
    /// Mail to the record's person: enrolling a lead, and pausing or stopping its enrolments.
    Send,
}

impl Action {
    pub const ALL: [Self; 6] = [Self::Create, Self::Read, Self::Update, Self::Delete, Self::Export, Self::Send];

    /// In a sentence: `to … a lead`.
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Create => "create",
            Self::Read => "read",
            Self::Update => "update",
            Self::Delete => "delete",
            Self::Export => "export",
            Self::Send => "send to",
        }
    }
}

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Whose records.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Scope {
    /// The actor's own.
    Own,
    /// Those of everybody in the actor's team and the teams below it.
    Team,
    /// Everybody's, and nobody's.
    All,
}

impl Scope {
    /// What is in both: one's own are among the team's, and the team's among all.
    fn narrower(self, other: Self) -> Self {
        match (self, other) {
            (Self::Own, _) | (_, Self::Own) => Self::Own,
            (Self::Team, _) | (_, Self::Team) => Self::Team,
            (Self::All, Self::All) => Self::All,
        }
    }
}

/// A record's attribute that a grant can look at. Every service that keeps a record's rows keeps these beside them.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Attribute {
    /// Of a lead or an account.
    Country,
    /// Of a lead.
    Source,
    /// Of an account.
    Industry,
}

/// Holds for a record whose attribute is one of these values, compared as written.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Condition {
    pub attribute: Attribute,
    pub any_of: Vec<String>,
}

/// One thing that a role allows. Grants add up; none takes away.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grant {
    pub object: Object,
    pub actions: BTreeSet<Action>,
    pub scope: Scope,
    /// All of these must hold too.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub only: Vec<Condition>,
}

/// A field that a role does not show, or shows and does not let change.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct FieldRule {
    pub object: Object,
    /// One of [`Object::fields`] or, to be locked, [`Object::only_lockable`].
    pub field: String,
    /// Not read, and so not written either.
    pub hidden: bool,
}

/// What a role consists of.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Grants {
    pub grants: Vec<Grant>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub fields: Vec<FieldRule>,
}

/// A role with its holder.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Access {
    /// Whose records [`Scope::Own`] means, and whom [`Scope::Team`] means, themselves included.
    pub user: Option<UserId>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub team: Vec<UserId>,
    pub role: Grants,
}

/// The rows of one object that one action may touch.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rows<'a> {
    All,
    /// Those that fit any of these; none at all, if there is none.
    Any(Vec<Part<'a>>),
}

/// See [`Rows`]. A row fits when its owner and all its attributes do.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Part<'a> {
    /// `None`: whoever owns it.
    pub owners: Option<&'a [UserId]>,
    pub conditions: &'a [Condition],
}

/// The actor may not do this with the record, or with any.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum Denied {
    #[error("you are not allowed to {} this {object}", action.as_str())]
    Row { object: Object, action: Action },
    #[error("you are not allowed to {} {} of others", action.as_str(), object.plural())]
    Others { object: Object, action: Action },
    #[error("you are not allowed to change this field of {}", object.plural())]
    Field { object: Object, field: &'static str },
    #[error("this field of {} is hidden from you", object.plural())]
    Hidden { object: Object, field: &'static str },
}

impl Coded for Denied {
    fn code(&self) -> Code {
        Code::Forbidden
    }

    fn field(&self) -> Option<&str> {
        match self {
            Self::Field { field, .. } | Self::Hidden { field, .. } => Some(field),
            Self::Row { .. } | Self::Others { .. } => None,
        }
    }
}

impl Grants {
    /// Every action on every record.
    pub fn everything() -> Self {
        let grant = |object| Grant { object, actions: Action::ALL.into(), scope: Scope::All, only: Vec::new() };
        Self { grants: Object::ALL.map(grant).into(), fields: Vec::new() }
    }

    /// The same, where only `actions` remain: what a key that may only read makes of its user's role.
    #[must_use]
    pub fn only(mut self, actions: &[Action]) -> Self {
        for grant in &mut self.grants {
            grant.actions.retain(|action| actions.contains(action));
        }
        self
    }

    /// Whether they allow their holder all that `others` would. Each grant of the others has to be within one of these:
    /// what only several together reach is not.
    pub fn cover(&self, others: &Self) -> bool {
        let granted = |other: &Grant| {
            other.actions.iter().all(|action| self.grants.iter().any(|grant| grant.covers(other, *action)))
        };
        let closed = |rule: &FieldRule| others.fields.iter().any(|other| other.closes(rule));
        others.grants.iter().all(granted) && self.fields.iter().all(closed)
    }
}

impl Grant {
    fn covers(&self, other: &Self, action: Action) -> bool {
        self.object == other.object
            && self.actions.contains(&action)
            && self.scope.narrower(other.scope) == other.scope
            && (self.only.is_empty() || self.only == other.only)
    }
}

impl FieldRule {
    /// Whether it closes all that `other` does.
    fn closes(&self, other: &Self) -> bool {
        (self.object, &self.field) == (other.object, &other.field) && (self.hidden || !other.hidden)
    }
}

impl Access {
    /// Every action on every record, on behalf of nobody.
    pub fn everything() -> Self {
        Self { user: None, team: Vec::new(), role: Grants::everything() }
    }

    pub fn rows(&self, object: Object, action: Action) -> Rows<'_> {
        let mut parts = Vec::new();
        for grant in self.role.grants.iter().filter(|grant| grant.object == object && grant.actions.contains(&action)) {
            let owners = self.owners(grant.scope);
            if owners.is_none() && grant.only.is_empty() {
                return Rows::All;
            }
            parts.push(Part { owners, conditions: &grant.only });
        }
        Rows::Any(parts)
    }

    /// Every grant of `action`, each with why it does not hold for `record`, if it does not.
    pub fn explain(&self, object: Object, action: Action, record: &Facts<'_>) -> Vec<(&Grant, Option<&'static str>)> {
        let misses = |grant: &Grant| {
            let part = Part { owners: self.owners(grant.scope), conditions: &grant.only };
            match (part.owned(record), part.fits(record), grant.scope) {
                (true, true, _) => None,
                (false, _, Scope::Own) => Some("only the user's own, and this one is not"),
                (false, _, _) => Some("only the team's, and this one is not"),
                (true, false, _) => Some("only with certain attributes, and this one has others"),
            }
        };
        let grants = self.role.grants.iter();
        grants
            .filter(|grant| grant.object == object && grant.actions.contains(&action))
            .map(|grant| (grant, misses(grant)))
            .collect()
    }

    /// Whose records a scope means; `None` for everybody's.
    fn owners(&self, scope: Scope) -> Option<&[UserId]> {
        match scope {
            Scope::All => None,
            Scope::Team if !self.team.is_empty() => Some(self.team.as_slice()),
            Scope::Team | Scope::Own => Some(self.user.as_slice()),
        }
    }

    /// The same, except that it reads of `object` only what `action` may touch as well.
    #[must_use]
    pub fn reading_only(&self, object: Object, action: Action) -> Self {
        let may = |grant: &&Grant, action| grant.object == object && grant.actions.contains(&action);
        let reads = self.role.grants.iter().filter(|grant| may(grant, Action::Read));
        let both = reads.flat_map(|read| {
            let touches = self.role.grants.iter().filter(|grant| may(grant, action));
            touches.map(|touch| Grant {
                object,
                actions: [Action::Read].into(),
                scope: read.scope.narrower(touch.scope),
                only: [&read.only[..], &touch.only[..]].concat(),
            })
        });
        let mut access = self.clone();
        for grant in access.role.grants.iter_mut().filter(|grant| grant.object == object) {
            grant.actions.remove(&Action::Read);
        }
        access.role.grants.extend(both);
        access
    }

    /// Refuses unless `record` is among the rows that `action` may touch.
    pub fn require(&self, object: Object, action: Action, record: &Facts<'_>) -> Result<(), Denied> {
        if self.rows(object, action).hold(record) { Ok(()) } else { Err(Denied::Row { object, action }) }
    }

    /// Refuses unless `action` may touch every row: what works on a whole list needs.
    pub fn require_all(&self, object: Object, action: Action) -> Result<(), Denied> {
        if self.rows(object, action) == Rows::All { Ok(()) } else { Err(Denied::Others { object, action }) }
    }

    /// Refuses unless `action` may touch some row: what makes a new one needs.
    pub fn require_some(&self, object: Object, action: Action) -> Result<(), Denied> {
        if self.rows(object, action).is_none() { Err(Denied::Row { object, action }) } else { Ok(()) }
    }

    /// Whether the field is null to this actor.
    pub fn hides(&self, object: Object, field: &str) -> bool {
        self.rule(object, field).is_some_and(|rule| rule.hidden)
    }

    /// Whether anything of `object` is hidden: then nothing may be found or filtered by its text.
    pub fn hides_some(&self, object: Object) -> bool {
        self.role.fields.iter().any(|rule| rule.object == object && rule.hidden)
    }

    /// Refuses to look for records by a hidden field.
    pub fn require_shown(&self, object: Object, field: &'static str) -> Result<(), Denied> {
        if self.hides(object, field) { Err(Denied::Hidden { object, field }) } else { Ok(()) }
    }

    /// Refuses to write a hidden or locked field.
    pub fn require_write(&self, object: Object, field: &'static str) -> Result<(), Denied> {
        if self.rule(object, field).is_some() { Err(Denied::Field { object, field }) } else { Ok(()) }
    }

    fn rule(&self, object: Object, field: &str) -> Option<&FieldRule> {
        self.role.fields.iter().find(|rule| rule.object == object && rule.field == field)
    }
}

/// What of a record its permissions look at.
#[derive(Debug, Clone, Copy, Default)]
pub struct Facts<'a> {
    pub owner: Option<UserId>,
    pub country: Option<&'a str>,
    pub source: Option<&'a str>,
    pub industry: Option<&'a str>,
}

impl Facts<'_> {
    fn get(&self, attribute: Attribute) -> Option<&str> {
        match attribute {
            Attribute::Country => self.country,
            Attribute::Source => self.source,
            Attribute::Industry => self.industry,
        }
    }
}

impl Rows<'_> {
    pub fn is_none(&self) -> bool {
        matches!(self, Self::Any(parts) if parts.is_empty())
    }

    /// Whether `record` is one of them.
    pub fn hold(&self, record: &Facts<'_>) -> bool {
        match self {
            Self::All => true,
            Self::Any(parts) => parts.iter().any(|part| part.holds(record)),
        }
    }
}

impl Part<'_> {
    fn holds(&self, record: &Facts<'_>) -> bool {
        self.owned(record) && self.fits(record)
    }

    fn owned(&self, record: &Facts<'_>) -> bool {
        self.owners.is_none_or(|owners| record.owner.is_some_and(|owner| owners.contains(&owner)))
    }

    fn fits(&self, record: &Facts<'_>) -> bool {
        let fits = |condition: &Condition| {
            record.get(condition.attribute).is_some_and(|value| condition.any_of.iter().any(|wanted| wanted == value))
        };
        self.conditions.iter().all(fits)
    }
}

#[cfg(test)]
mod tests {
    use uuid::Uuid;

    use super::*;

    fn user(number: u128) -> UserId {
        UserId::from(Uuid::from_u128(number))
    }

    fn access(grants: Vec<Grant>) -> Access {
        Access { user: Some(user(1)), team: vec![user(1), user(2)], role: Grants { grants, fields: Vec::new() } }
    }

    fn grant(scope: Scope, actions: &[Action], only: Vec<Condition>) -> Grant {
        Grant { object: Object::Lead, actions: actions.iter().copied().collect(), scope, only }
    }

    fn of(owner: u128) -> Facts<'static> {
        Facts { owner: Some(user(owner)), country: Some("DE"), ..Facts::default() }
    }

    #[test]
    fn a_scope_says_whose_records() {
        let reads = |scope, record: Facts<'_>| {
            access(vec![grant(scope, &[Action::Read], Vec::new())]).rows(Object::Lead, Action::Read).hold(&record)
        };
        let nobodys = Facts::default();
        assert_eq!(
            [reads(Scope::Own, of(1)), reads(Scope::Own, of(2)), reads(Scope::Own, nobodys)],
            [true, false, false]
        );
        assert_eq!(
            [reads(Scope::Team, of(2)), reads(Scope::Team, of(3)), reads(Scope::Team, nobodys)],
            [true, false, false]
        );
        assert_eq!([reads(Scope::All, of(3)), reads(Scope::All, nobodys)], [true, true]);
    }

    #[test]
    fn what_is_read_to_be_exported_may_be_both() {
        let german = vec![Condition { attribute: Attribute::Country, any_of: vec!["DE".into()] }];
        let access = access(vec![
            grant(Scope::All, &[Action::Read, Action::Update], Vec::new()),
            grant(Scope::Own, &[Action::Export], Vec::new()),
            grant(Scope::Team, &[Action::Export], german),
        ]);
        let exporting = access.reading_only(Object::Lead, Action::Export);
        let reads = |access: &Access, record: Facts<'_>| access.rows(Object::Lead, Action::Read).hold(&record);
        let french = |owner| Facts { country: Some("FR"), ..of(owner) };
        let records = [of(1), of(2), of(3), french(1), french(2)];
        assert_eq!(records.map(|record| reads(&exporting, record)), [true, true, false, true, false]);
        assert_eq!(records.map(|record| reads(&access, record)), [true; 5]);
        assert!(exporting.require(Object::Lead, Action::Update, &of(3)).is_ok());
        assert!(access.reading_only(Object::Lead, Action::Delete).rows(Object::Lead, Action::Read).is_none());
    }

    #[test]
    fn grants_add_up_and_conditions_narrow() {
        let german = vec![Condition { attribute: Attribute::Country, any_of: vec!["DE".into(), "AT".into()] }];
        let access = access(vec![
            grant(Scope::Own, &[Action::Read, Action::Update], Vec::new()),
            grant(Scope::All, &[Action::Read], german),
        ]);
        let french = Facts { country: Some("FR"), ..of(2) };
        assert!(access.require(Object::Lead, Action::Read, &of(2)).is_ok());
        assert!(access.require(Object::Lead, Action::Read, &french).is_err());
        assert!(access.require(Object::Lead, Action::Read, &Facts { country: Some("FR"), ..of(1) }).is_ok());
        assert!(access.require(Object::Lead, Action::Update, &of(2)).is_err());
        assert!(access.require(Object::Account, Action::Read, &of(1)).is_err());
    }

    #[test]
    fn whoever_has_no_grant_has_no_rows() {
        let nobody = Access::default();
        for object in Object::ALL {
            for action in Action::ALL {
                assert!(nobody.rows(object, action).is_none());
                assert_eq!(Access::everything().rows(object, action), Rows::All);
            }
        }
        let read_only = Access { role: Grants::everything().only(&[Action::Read]), ..Access::default() };
        assert!(read_only.require_all(Object::Lead, Action::Read).is_ok());
        assert!(read_only.require_some(Object::Lead, Action::Update).is_err());
    }

    #[test]
    fn grants_cover_what_allows_no_more() {
        use Action::{Read, Update};
        let german = || vec![Condition { attribute: Attribute::Country, any_of: vec!["DE".into()] }];
        let grants = |grants: Vec<Grant>| Grants { grants, fields: Vec::new() };
        let team = grants(vec![grant(Scope::Team, &[Read, Update], Vec::new()), grant(Scope::All, &[Read], german())]);
        for (other, covered) in [
            (grant(Scope::Team, &[Update], Vec::new()), true),
            (grant(Scope::Own, &[Read, Update], german()), true),
            (grant(Scope::All, &[Read], german()), true),
            (grant(Scope::All, &[Read], Vec::new()), false),
            (grant(Scope::All, &[Read, Update], german()), false),
            (grant(Scope::Own, &[Action::Export], Vec::new()), false),
            (Grant { object: Object::Account, ..grant(Scope::Own, &[Read], Vec::new()) }, false),
        ] {
            assert_eq!(team.cover(&grants(vec![other.clone()])), covered, "{other:?}");
        }
        assert!(team.cover(&Grants::default()) && team.cover(&team) && Grants::everything().cover(&team));
    }

    #[test]
    fn grants_that_close_a_field_do_not_cover_those_that_open_it() {
        let with = |rules: &[(&str, bool)]| {
            let rule = |(field, hidden): &(&str, bool)| FieldRule {
                object: Object::Lead,
                field: (*field).into(),
                hidden: *hidden,
            };
            Grants { fields: rules.iter().map(rule).collect(), ..Grants::everything() }
        };
        let (open, locked, hidden) = (with(&[]), with(&[("phone", false)]), with(&[("phone", true)]));
        for (grants, others, covered) in [
            (&open, [&open, &locked, &hidden], [true, true, true]),
            (&locked, [&open, &locked, &hidden], [false, true, true]),
            (&hidden, [&open, &locked, &hidden], [false, false, true]),
        ] {
            assert_eq!(others.map(|others| grants.cover(others)), covered);
        }
        assert!(!hidden.cover(&with(&[("title", true)])), "another field is not this one");
    }

    #[test]
    fn a_hidden_field_is_not_written_and_a_locked_one_is_read() {
        let rule = |field: &str, hidden| FieldRule { object: Object::Lead, field: field.into(), hidden };
        let mut access = Access::everything();
        access.role.fields = vec![rule("phone", true), rule("title", false)];
        assert!(access.hides(Object::Lead, "phone") && !access.hides(Object::Lead, "title"));
        assert!(access.hides_some(Object::Lead) && !access.hides_some(Object::Contact));
        assert!(access.require_write(Object::Lead, "phone").is_err());
        assert_eq!(access.require_write(Object::Lead, "title").unwrap_err().field(), Some("title"));
        assert!(access.require_write(Object::Contact, "title").is_ok());
    }
}
