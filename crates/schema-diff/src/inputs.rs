//! The rules for what a client gives: arguments, input fields, and the directives it may write.

use std::collections::BTreeMap;

use crate::{
    Diff, Kind,
    shape::{DirectiveShape, InputShape, Shape},
    types::{compare_notes, narrows},
};

/// Where an input is.
pub(crate) enum Place<'a> {
    /// A field of this input type.
    Type(&'a str),
    /// An argument of this field.
    Field(&'a str),
    /// An argument of this directive, `@name`.
    Directive(&'a str),
}

impl Place<'_> {
    fn coordinate(&self, name: &str) -> String {
        match self {
            Self::Type(ty) => format!("{ty}.{name}"),
            Self::Field(place) | Self::Directive(place) => format!("{place}({name}:)"),
        }
    }

    fn words(&self, name: &str) -> String {
        match self {
            Self::Type(ty) => format!("input field `{ty}.{name}`"),
            Self::Field(place) | Self::Directive(place) => format!("argument `{name}` of `{place}`"),
        }
    }

    fn kind(&self, input_field: Kind, argument: Kind) -> Kind {
        if matches!(self, Self::Type(_)) { input_field } else { argument }
    }
}

pub(crate) fn compare(
    place: &Place<'_>,
    was: &BTreeMap<String, InputShape>,
    is: &BTreeMap<String, InputShape>,
    diff: &mut Diff,
) {
    for (name, old) in was {
        match is.get(name) {
            None => diff.breaking(
                place.kind(Kind::InputFieldRemoved, Kind::ArgumentRemoved),
                place.coordinate(name),
                format!("{} was removed", place.words(name)),
                "clients that give it fail",
            ),
            Some(new) => {
                compare_notes(&place.coordinate(name), &old.notes, &new.notes, diff);
                compare_input(place, name, old, new, diff);
            }
        }
    }
    for (name, new) in is.iter().filter(|(name, _)| !was.contains_key(*name)) {
        let kind = place.kind(Kind::InputFieldAdded, Kind::ArgumentAdded);
        if new.required() {
            let what = format!("{} was added and is required", place.words(name));
            diff.breaking(kind, place.coordinate(name), what, "clients that do not give it fail");
        } else {
            let what = format!("{} was added; it can be left out", place.words(name));
            diff.dangerous(kind, place.coordinate(name), what, "clients that do so get what the server chooses");
        }
    }
}

fn compare_input(place: &Place<'_>, name: &str, old: &InputShape, new: &InputShape, diff: &mut Diff) {
    let (was, is) = (&old.ty, &new.ty);
    let (words, coordinate) = (place.words(name), place.coordinate(name));
    let type_kind = place.kind(Kind::InputFieldTypeChanged, Kind::ArgumentTypeChanged);
    if was != is {
        if narrows(is, was) {
            let what = format!("{words} takes null where it did not: it was `{was}` and is `{is}` now");
            diff.safe(type_kind, &coordinate, what);
        } else if narrows(was, is) {
            let what = format!("{words} does not take null where it did: it was `{was}` and is `{is}` now");
            let so = if new.required() && !old.required() {
                "clients that leave it out or give null fail"
            } else {
                "clients that give null fail"
            };
            diff.breaking(type_kind, &coordinate, what, so);
        } else {
            let what = format!("{words} was `{was}` and is `{is}` now");
            diff.breaking(type_kind, &coordinate, what, format!("clients that give `{was}` fail"));
        }
    }
    let kind = place.kind(Kind::InputFieldDefaultChanged, Kind::ArgumentDefaultChanged);
    match (&old.default, &new.default) {
        (was, is) if was == is => {}
        (Some(was), None) if new.required() => {
            let what = format!("{words} has no default any more, it was `{was}`");
            diff.breaking(kind, &coordinate, what, "clients that leave it out fail");
        }
        (Some(was), None) => {
            let what = format!("{words} has no default any more, it was `{was}`");
            diff.dangerous(kind, &coordinate, what, "clients that leave it out get what the server chooses");
        }
        (None, Some(is)) => {
            let what = format!("{words} has a default now, `{is}`");
            diff.dangerous(kind, &coordinate, what, "clients that leave it out get that");
        }
        (Some(was), Some(is)) => {
            let what = format!("the default of {words} was `{was}` and is `{is}` now");
            diff.dangerous(kind, &coordinate, what, "clients that leave it out get another answer");
        }
        (None, None) => {}
    }
}

pub(crate) fn compare_directives(old: &Shape, new: &Shape, diff: &mut Diff) {
    for (name, was) in &old.directives {
        let coordinate = format!("@{name}");
        match new.directives.get(name) {
            None => diff.breaking(
                Kind::DirectiveRemoved,
                &coordinate,
                format!("directive `{coordinate}` was removed"),
                "clients that write it fail",
            ),
            Some(is) => compare_directive(&coordinate, was, is, diff),
        }
    }
    for name in new.directives.keys().filter(|name| !old.directives.contains_key(*name)) {
        diff.safe(Kind::DirectiveAdded, format!("@{name}"), format!("directive `@{name}` was added"));
    }
}

fn compare_directive(coordinate: &str, was: &DirectiveShape, is: &DirectiveShape, diff: &mut Diff) {
    compare_notes(coordinate, &was.notes, &is.notes, diff);
    for location in was.locations.difference(&is.locations) {
        diff.breaking(
            Kind::DirectiveLocationRemoved,
            coordinate,
            format!("directive `{coordinate}` cannot stand on {location} any more"),
            "clients that write it there fail",
        );
    }
    for location in is.locations.difference(&was.locations) {
        let what = format!("directive `{coordinate}` can stand on {location} now");
        diff.safe(Kind::DirectiveLocationAdded, coordinate, what);
    }
    match (was.repeatable, is.repeatable) {
        (true, false) => diff.breaking(
            Kind::DirectiveRepeatableRemoved,
            coordinate,
            format!("directive `{coordinate}` cannot be repeated any more"),
            "clients that write it twice in one place fail",
        ),
        (false, true) => diff.safe(
            Kind::DirectiveRepeatableAdded,
            coordinate,
            format!("directive `{coordinate}` can be repeated now"),
        ),
        _ => {}
    }
    compare(&Place::Directive(coordinate), &was.arguments, &is.arguments, diff);
}
