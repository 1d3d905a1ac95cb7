//! Who may do what: a role allows, a key allows no more than its user's role.

use kernel::{Action, Object, Permission, access::Grants};

use super::role::Role;

const NAMES: [(Permission, &str); 3] =
    [(Permission::Read, "read"), (Permission::Write, "write"), (Permission::Admin, "admin")];

/// What a key that was given `granted` can do today, when its user has `role`.
pub fn effective_permissions(role: Role, granted: &[Permission]) -> Vec<Permission> {
    role.permissions().iter().copied().filter(|permission| granted.contains(permission)).collect()
}

/// What remains of `records` for who has `permissions`: who may only read is a reader, whatever else is granted, and
/// who may not read is shown none of what they write.
pub fn effective_records(records: Grants, permissions: &[Permission]) -> Grants {
    let remains = |action: &Action| {
        permissions.contains(match action {
            Action::Read | Action::Export => &Permission::Read,
            Action::Create | Action::Update | Action::Delete | Action::Send => &Permission::Write,
        })
    };
    records.only(&Action::ALL.into_iter().filter(remains).collect::<Vec<_>>())
}

/// Permissions as they are stored: names with a space between.
pub fn to_text(permissions: &[Permission]) -> String {
    let names = NAMES.iter().filter(|(permission, _)| permissions.contains(permission)).map(|(_, name)| *name);
    names.collect::<Vec<_>>().join(" ")
}

/// Reads [`to_text`]'s form. A name that is not known grants nothing.
pub fn from_text(text: &str) -> Vec<Permission> {
    let named = |word: &str| NAMES.iter().find(|(_, name)| *name == word).map(|(permission, _)| *permission);
    text.split(' ').filter_map(named).collect()
}

/// The same for kinds of records.
pub fn objects_to_text(objects: &[Object]) -> String {
    let names = Object::ALL.into_iter().filter(|object| objects.contains(object)).map(Object::as_str);
    names.collect::<Vec<_>>().join(" ")
}

/// Reads [`objects_to_text`]'s form. A name that is not known opens nothing.
pub fn objects_from_text(text: &str) -> Vec<Object> {
    Object::ALL.into_iter().filter(|object| text.split(' ').any(|word| word == object.as_str())).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_can_do_what_both_it_and_the_role_allow() {
        use Permission::{Admin, Read, Write};
        let all = [Read, Write, Admin];
        assert_eq!(effective_permissions(Role::Admin, &all), all);
        assert_eq!(effective_permissions(Role::Bdr, &all), [Read, Write]);
        assert_eq!(effective_permissions(Role::ReadOnly, &all), [Read]);
        assert_eq!(effective_permissions(Role::Admin, &[Read]), [Read]);
        assert_eq!(effective_permissions(Role::ReadOnly, &[Write]), []);
    }

    #[test]
    fn who_may_only_write_is_shown_no_record_and_who_may_only_read_changes_none() {
        use Permission::{Admin, Read, Write};
        let left = |permissions: &[Permission]| -> Vec<Action> {
            effective_records(Grants::everything(), permissions).grants[0].actions.iter().copied().collect()
        };
        assert_eq!(left(&[Read, Write]), Action::ALL);
        assert_eq!(left(&[Read]), [Action::Read, Action::Export]);
        assert_eq!(left(&[Write]), [Action::Create, Action::Update, Action::Delete, Action::Send]);
        assert_eq!(left(&[Admin]), []);
    }

    #[test]
    fn permissions_survive_their_text_and_unknown_words_grant_nothing() {
        let permissions = [Permission::Read, Permission::Admin];
        assert_eq!(to_text(&permissions), "read admin");
        assert_eq!(from_text("read admin"), permissions);
        assert_eq!(from_text("root "), []);
        let objects = [Object::Lead, Object::Opportunity];
        assert_eq!(objects_from_text(&objects_to_text(&objects)), objects);
        assert_eq!(objects_from_text("leads "), []);
    }
}
