//! The rules for types and what they answer.

use std::collections::{BTreeMap, BTreeSet};

use apollo_compiler::ast::Type;

use crate::{
    Diff, Kind,
    inputs::{self, Place},
    shape::{FieldShape, Notes, Shape, TypeKind, TypeShape},
};

pub(crate) fn compare(old: &Shape, new: &Shape, diff: &mut Diff) {
    compare_roots(old, new, diff);
    for (name, was) in &old.types {
        match new.types.get(name) {
            None => diff.breaking(
                Kind::TypeRemoved,
                name,
                format!("type `{name}` was removed"),
                "clients that name it, in a fragment or a variable, fail",
            ),
            Some(is) if is.kind != was.kind => diff.breaking(
                Kind::TypeKindChanged,
                name,
                format!("`{name}` was {} and is {} now", was.kind.one(), is.kind.one()),
                "clients that use it fail",
            ),
            Some(is) => compare_type(name, was, is, new, diff),
        }
    }
    for (name, is) in new.types.iter().filter(|(name, _)| !old.types.contains_key(*name)) {
        diff.safe(Kind::TypeAdded, name, format!("{} `{name}` was added", is.kind.noun()));
    }
}

fn compare_roots(old: &Shape, new: &Shape, diff: &mut Diff) {
    for (kind, was) in &old.roots {
        match new.roots.get(kind) {
            None => diff.breaking(
                Kind::RootRemoved,
                was,
                format!("there are no {} any more", plural(kind)),
                format!("clients that send a {kind} fail"),
            ),
            Some(is) if is != was => diff.breaking(
                Kind::RootChanged,
                was,
                format!("the root type of {} was `{was}` and is `{is}` now", plural(kind)),
                "clients that name it in a fragment fail",
            ),
            Some(_) => {}
        }
    }
    for (kind, is) in new.roots.iter().filter(|(kind, _)| !old.roots.contains_key(*kind)) {
        diff.safe(Kind::RootAdded, is, format!("there are {} now", plural(kind)));
    }
}

fn plural(kind: &str) -> String {
    if kind == "query" { "queries".to_owned() } else { format!("{kind}s") }
}

fn compare_type(name: &str, was: &TypeShape, is: &TypeShape, new: &Shape, diff: &mut Diff) {
    compare_notes(name, &was.notes, &is.notes, diff);
    if was.kind == TypeKind::Scalar && was.notes.specified_by != is.notes.specified_by {
        diff.dangerous(
            Kind::SpecifiedByChanged,
            name,
            format!("scalar `{name}` follows another specification"),
            "clients that parse its values should look at it",
        );
    }
    match (was.notes.one_of, is.notes.one_of) {
        (false, true) => diff.breaking(
            Kind::OneOfAdded,
            name,
            format!("`{name}` takes exactly one field now"),
            "clients that give several, or none, fail",
        ),
        (true, false) => {
            diff.safe(Kind::OneOfRemoved, name, format!("`{name}` takes more than one field now"));
        }
        _ => {}
    }
    compare_interfaces(name, &was.interfaces, &is.interfaces, diff);
    compare_members(name, &was.members, &is.members, diff);
    compare_values(name, &was.values, &is.values, new.is_received(name), diff);
    compare_fields(name, &was.fields, &is.fields, diff);
    inputs::compare(&Place::Type(name), &was.inputs, &is.inputs, diff);
}

fn compare_interfaces(name: &str, was: &BTreeSet<String>, is: &BTreeSet<String>, diff: &mut Diff) {
    for interface in was.difference(is) {
        diff.breaking(
            Kind::InterfaceRemoved,
            name,
            format!("`{name}` does not implement `{interface}` any more"),
            format!("clients that select `{name}` where `{interface}` is expected fail"),
        );
    }
    for interface in is.difference(was) {
        diff.dangerous(
            Kind::InterfaceAdded,
            name,
            format!("`{name}` implements `{interface}` now"),
            format!("clients that read `{interface}` may receive `{name}`"),
        );
    }
}

fn compare_members(name: &str, was: &BTreeSet<String>, is: &BTreeSet<String>, diff: &mut Diff) {
    for member in was.difference(is) {
        diff.breaking(
            Kind::UnionMemberRemoved,
            name,
            format!("`{member}` was removed from union `{name}`"),
            format!("clients that select `... on {member}` in it fail"),
        );
    }
    for member in is.difference(was) {
        diff.dangerous(
            Kind::UnionMemberAdded,
            name,
            format!("`{member}` was added to union `{name}`"),
            "clients may receive it and must cope with what they do not know",
        );
    }
}

fn compare_values(
    name: &str,
    was: &BTreeMap<String, Notes>,
    is: &BTreeMap<String, Notes>,
    received: bool,
    diff: &mut Diff,
) {
    for (value, notes) in was {
        let coordinate = format!("{name}.{value}");
        match is.get(value) {
            None => diff.breaking(
                Kind::EnumValueRemoved,
                coordinate,
                format!("value `{value}` was removed from enum `{name}`"),
                "clients that send it fail",
            ),
            Some(now) => compare_notes(&coordinate, notes, now, diff),
        }
    }
    for value in is.keys().filter(|value| !was.contains_key(*value)) {
        let (coordinate, what) = (format!("{name}.{value}"), format!("value `{value}` was added to enum `{name}`"));
        if received {
            let so = "clients may receive it and must cope with what they do not know";
            diff.dangerous(Kind::EnumValueAdded, coordinate, what, so);
        } else {
            diff.safe(Kind::EnumValueAdded, coordinate, what);
        }
    }
}

fn compare_fields(name: &str, was: &BTreeMap<String, FieldShape>, is: &BTreeMap<String, FieldShape>, diff: &mut Diff) {
    for (field, old) in was {
        let coordinate = format!("{name}.{field}");
        let Some(new) = is.get(field) else {
            let warned = if old.notes.deprecated.is_some() { ", which was deprecated," } else { "" };
            diff.breaking(
                Kind::FieldRemoved,
                &coordinate,
                format!("field `{coordinate}`{warned} was removed"),
                "clients that ask for it fail",
            );
            continue;
        };
        compare_notes(&coordinate, &old.notes, &new.notes, diff);
        compare_output(&coordinate, &old.ty, &new.ty, diff);
        inputs::compare(&Place::Field(&coordinate), &old.arguments, &new.arguments, diff);
    }
    for field in is.keys().filter(|field| !was.contains_key(*field)) {
        diff.safe(Kind::FieldAdded, format!("{name}.{field}"), format!("field `{name}.{field}` was added"));
    }
}

fn compare_output(coordinate: &str, was: &Type, is: &Type, diff: &mut Diff) {
    if was == is {
        return;
    }
    if narrows(was, is) {
        let what = format!("`{coordinate}` is never null where it could be: it was `{was}` and is `{is}` now");
        diff.safe(Kind::FieldTypeChanged, coordinate, what);
    } else if narrows(is, was) {
        let what = format!("`{coordinate}` can be null where it could not: it was `{was}` and is `{is}` now");
        diff.breaking(Kind::FieldTypeChanged, coordinate, what, "clients that count on a value fail");
    } else {
        let what = format!("`{coordinate}` was `{was}` and is `{is}` now");
        diff.breaking(Kind::FieldTypeChanged, coordinate, what, format!("clients that read `{was}` fail"));
    }
}

/// Is every value of `is` also one of `was`, and nothing else different but that some cannot be null?
pub(crate) fn narrows(was: &Type, is: &Type) -> bool {
    match (was, is) {
        (Type::Named(was), Type::Named(is) | Type::NonNullNamed(is))
        | (Type::NonNullNamed(was), Type::NonNullNamed(is)) => was == is,
        (Type::List(was), Type::List(is) | Type::NonNullList(is)) | (Type::NonNullList(was), Type::NonNullList(is)) => {
            narrows(was, is)
        }
        _ => false,
    }
}

pub(crate) fn compare_notes(coordinate: &str, was: &Notes, is: &Notes, diff: &mut Diff) {
    match (&was.deprecated, &is.deprecated) {
        (None, Some(reason)) => {
            diff.safe(Kind::DeprecationAdded, coordinate, format!("`{coordinate}` is deprecated now: {reason}"));
        }
        (Some(_), None) => diff.dangerous(
            Kind::DeprecationRemoved,
            coordinate,
            format!("`{coordinate}` is not deprecated any more"),
            "clients that left it for another should look again",
        ),
        (Some(was), Some(is)) if was != is => diff.safe(
            Kind::DeprecationReasonChanged,
            coordinate,
            format!("`{coordinate}` is deprecated for another reason: {is}"),
        ),
        _ => {}
    }
    if was.description != is.description {
        let what = match (&was.description, &is.description) {
            (None, Some(_)) => format!("`{coordinate}` is described now"),
            (Some(_), None) => format!("`{coordinate}` is not described any more"),
            _ => format!("`{coordinate}` is described differently"),
        };
        diff.safe(Kind::DescriptionChanged, coordinate, what);
    }
    for usage in was.usages.difference(&is.usages) {
        let what = format!("`{coordinate}` lost `{usage}`");
        if usage.starts_with("@key") {
            let so = "a gateway that still has the old supergraph may ask by that key";
            diff.dangerous(Kind::DirectiveUsageRemoved, coordinate, what, so);
        } else {
            diff.safe(Kind::DirectiveUsageRemoved, coordinate, what);
        }
    }
    for usage in is.usages.difference(&was.usages) {
        diff.safe(Kind::DirectiveUsageAdded, coordinate, format!("`{coordinate}` gained `{usage}`"));
    }
}
