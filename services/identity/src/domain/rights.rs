//! What somebody has, and so may give: nobody gives more than they have themselves.

use kernel::{
    Actor, Object, Permission, Timestamp,
    access::{self, Scope},
};
use thiserror::Error;

use super::{
    access::effective_records,
    api_key::ApiKey,
    role::{Grants, Role},
};

/// What a role gives, what a key opens, or what whoever acts has.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Rights {
    permissions: Vec<Permission>,
    /// With which records.
    records: access::Grants,
    /// With no other kinds of records, those to come included; `None` with every kind.
    objects: Option<Vec<Object>>,
    /// Until then; `None` for good.
    until: Option<Timestamp>,
}

/// What of a gift the giver does not have.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum Beyond {
    #[error("nobody gives more than they have: the {0} permission is missing")]
    Permission(Permission),
    #[error("nobody gives more than they have: the key that you use opens only some kinds of records")]
    Objects,
    #[error("nobody gives more than they have: you may not do all of this with everybody's records")]
    Records,
    #[error("nobody gives more than they have: the key that you use ends before this would")]
    Time,
}

impl Rights {
    /// What an admin has. With it goes what lets others become anything: making an admin, letting somebody into an
    /// account, whatever that is given later, and moving people about, for everybody's team may have records in it.
    pub fn everything() -> Self {
        let permissions = Role::Admin.permissions().to_vec();
        Self { permissions, records: access::Grants::everything(), objects: None, until: None }
    }

    /// What a role gives to whoever holds it; `custom` takes the place of what `role` says of records.
    pub fn of_role(role: Role, custom: Option<&Grants>) -> Self {
        if role == Role::Admin {
            return Self::everything();
        }
        let permissions = role.permissions().to_vec();
        let records = custom.map_or_else(|| role.grants(), |grants| grants.compile(role));
        let records = effective_records(records, &permissions);
        let objects = Some(records.grants.iter().map(|grant| grant.object).collect());
        Self { permissions, records, objects, until: None }
    }

    /// What a key opens at most, whoever's it is.
    pub fn of_key(key: &ApiKey) -> Self {
        let mut records = effective_records(access::Grants::everything(), &key.permissions);
        if let Some(objects) = &key.objects {
            records.grants.retain(|grant| objects.contains(&grant.object));
        }
        Self { permissions: key.permissions.clone(), records, objects: key.objects.clone(), until: key.expires_at }
    }

    /// What whoever acts has, by their key if they came in by one. A session is its user's own: that it ends bounds
    /// nothing.
    pub fn of_actor(actor: &Actor, key: Option<&ApiKey>) -> Self {
        let mut records = actor.access.role.clone();
        // One's own records, and one's team's, are not those of somebody else.
        records.grants.retain(|grant| grant.scope == Scope::All);
        Self {
            permissions: actor.permissions.clone(),
            records,
            objects: key.and_then(|key| key.objects.clone()),
            until: key.and_then(|key| key.expires_at),
        }
    }

    /// Refuses a gift that is more than this.
    pub fn give(&self, gift: &Self) -> Result<(), Beyond> {
        if let Some(missing) = gift.permissions.iter().find(|permission| !self.permissions.contains(permission)) {
            return Err(Beyond::Permission(*missing));
        }
        let opens = |object: &Object| self.objects.as_ref().is_none_or(|own| own.contains(object));
        if !gift.objects.as_ref().map_or(self.objects.is_none(), |objects| objects.iter().all(opens)) {
            return Err(Beyond::Objects);
        }
        if !self.records.cover(&gift.records) {
            return Err(Beyond::Records);
        }
        if self.until.is_some_and(|end| gift.until.is_none_or(|until| until > end)) {
            return Err(Beyond::Time);
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use chrono::TimeDelta;
    use kernel::Action;

    use super::*;
    use crate::domain::role::{FieldAccess, FieldRule, Grant};

    fn bound(permissions: &[Permission], objects: &[Object]) -> Rights {
        let mut records = effective_records(access::Grants::everything(), permissions);
        records.grants.retain(|grant| objects.contains(&grant.object));
        Rights { permissions: permissions.to_vec(), records, objects: Some(objects.to_vec()), until: None }
    }

    fn grant(object: Object, action: Action, scope: Scope) -> Grant {
        Grant { object, action, scope, only: Vec::new() }
    }

    fn custom(base: Role, grants: Vec<Grant>) -> Rights {
        Rights::of_role(base, Some(&Grants { grants, fields: Vec::new() }))
    }

    #[test]
    fn who_has_everything_gives_everything() {
        let all = Rights::everything();
        assert_eq!(all.give(&all), Ok(()));
        for role in Role::ALL {
            assert_eq!(all.give(&Rights::of_role(role, None)), Ok(()), "{role:?}");
        }
    }

    #[test]
    fn nobody_gives_a_permission_or_a_record_that_they_do_not_have() {
        let all = Role::Admin.permissions();
        let leads = bound(all, &[Object::Lead]);
        let own_leads = custom(Role::Bdr, vec![grant(Object::Lead, Action::Update, Scope::Own)]);
        let accounts = custom(Role::Bdr, vec![grant(Object::Account, Action::Read, Scope::Own)]);
        assert_eq!(leads.give(&own_leads), Ok(()));
        assert_eq!(leads.give(&accounts), Err(Beyond::Objects));
        assert_eq!(leads.give(&Rights::of_role(Role::ReadOnly, None)), Err(Beyond::Objects));
        let reads = bound(&[Permission::Read, Permission::Admin], &Object::ALL);
        assert_eq!(reads.give(&Rights::of_role(Role::ReadOnly, None)), Ok(()));
        assert_eq!(reads.give(&own_leads), Err(Beyond::Permission(Permission::Write)));
        // Of each kind, and of none the whole.
        let half = custom(Role::Bdr, Object::ALL.map(|object| grant(object, Action::Read, Scope::Own)).to_vec());
        assert_eq!(half.give(&Rights::of_role(Role::ReadOnly, None)), Err(Beyond::Records));
    }

    #[test]
    fn what_bounds_a_key_keeps_it_from_making_admins() {
        let every_kind_of_today = bound(Role::Admin.permissions(), &Object::ALL);
        assert_eq!(every_kind_of_today.give(&Rights::of_role(Role::Bdr, None)), Ok(()));
        assert_eq!(every_kind_of_today.give(&Rights::of_role(Role::Admin, None)), Err(Beyond::Objects));
    }

    #[test]
    fn what_ends_gives_nothing_that_lasts_longer() {
        let end = Timestamp::UNIX_EPOCH;
        let until = |until| Rights { until, ..Rights::everything() };
        assert_eq!(until(Some(end)).give(&until(Some(end))), Ok(()));
        assert_eq!(until(None).give(&until(Some(end))), Ok(()));
        for longer in [None, Some(end + TimeDelta::microseconds(1))] {
            assert_eq!(until(Some(end)).give(&until(longer)), Err(Beyond::Time));
        }
        assert_eq!(until(Some(end)).give(&Rights::of_role(Role::ReadOnly, None)), Err(Beyond::Time));
    }

    #[test]
    fn a_role_that_opens_a_field_gives_more_than_one_that_hides_it() {
        let phone = |access| FieldRule { object: Object::Lead, field: "phone".into(), access };
        let role =
            |access| Rights::of_role(Role::ReadOnly, Some(&Grants { grants: Vec::new(), fields: vec![phone(access)] }));
        assert_eq!(role(FieldAccess::Read).give(&role(FieldAccess::None)), Ok(()));
        assert_eq!(role(FieldAccess::None).give(&role(FieldAccess::Read)), Err(Beyond::Records));
    }

    #[test]
    fn what_a_reader_is_granted_beyond_reading_is_no_gift() {
        let updates = grant(Object::Lead, Action::Update, Scope::All);
        let reader = custom(Role::ReadOnly, vec![updates, grant(Object::Lead, Action::Read, Scope::All)]);
        assert_eq!(bound(&[Permission::Read], &[Object::Lead]).give(&reader), Ok(()));
    }
}
