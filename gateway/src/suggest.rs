//! "Did you mean …?": help while a client is written, and a way to guess the schema where it is not public.

use apollo_compiler::{
    Schema,
    schema::{ExtendedType, Name},
};
use async_graphql::ServerError;

const QUESTION: &str = " Did you mean ";

/// Adds to errors about unknown names which known ones are meant, if any is close.
pub(crate) fn add(schema: &Schema, errors: &mut [ServerError]) {
    for error in errors {
        let Some((wrong, known)) = unknown(schema, &error.message) else { continue };
        let close = closest(&wrong, known);
        if !close.is_empty() {
            let quoted: Vec<String> = close.iter().map(|name| format!("`{name}`")).collect();
            error.message = format!("{}.{QUESTION}{}?", error.message, quoted.join(" or "));
        }
    }
}

/// Cuts suggestions off, those of subgraphs too. Those of the filter language begin otherwise and stay: what they name
/// is no schema, and whoever writes a filter may know it.
pub(crate) fn cut_off(errors: &mut [ServerError]) {
    for error in errors {
        if let Some(place) = error.message.find(QUESTION) {
            error.message.truncate(place);
        }
    }
}

/// The name that nobody knows and those that could stand in its place, read from the messages of
/// apollo-compiler, which keeps the parts to itself.
fn unknown<'s>(schema: &'s Schema, message: &str) -> Option<(String, Vec<&'s Name>)> {
    let mut quoted = message.split('`').skip(1).step_by(2);
    let (first, second) = (quoted.next()?, quoted.next());
    if message.starts_with("type `") && message.contains(" does not have a field `") {
        return Some((second?.to_owned(), fields(schema.types.get(first)?)));
    }
    if message.starts_with("the argument `") && message.contains(" is not supported by `") {
        let (ty, field) = second?.split_once('.')?;
        let field = schema.type_field(ty, field).ok()?;
        return Some((first.to_owned(), field.arguments.iter().map(|argument| &argument.name).collect()));
    }
    if message.starts_with("cannot find type `") || message.starts_with("type condition `") {
        return Some((first.to_owned(), schema.types.keys().filter(|name| !name.starts_with("__")).collect()));
    }
    if message.starts_with("value `") && message.contains(" does not exist on `") {
        let values = schema.get_enum(second?)?;
        return Some((first.to_owned(), values.values.keys().collect()));
    }
    if message.starts_with("field `") && message.contains(" does not exist on `") {
        let input = schema.get_input_object(second?)?;
        return Some((first.to_owned(), input.fields.keys().collect()));
    }
    None
}

fn fields(ty: &ExtendedType) -> Vec<&Name> {
    match ty {
        ExtendedType::Object(object) => object.fields.keys().collect(),
        ExtendedType::Interface(interface) => interface.fields.keys().collect(),
        _ => Vec::new(),
    }
}

/// At most three names that differ from `wrong` in two fifths of its letters and one, the closest first.
fn closest<'n>(wrong: &str, known: Vec<&'n Name>) -> Vec<&'n Name> {
    // Longer ones are no slips of a finger.
    if wrong.len() > 64 {
        return Vec::new();
    }
    let allowed = wrong.chars().count() * 2 / 5 + 1;
    let mut close: Vec<(usize, &Name)> =
        known.into_iter().map(|name| (distance(wrong, name), name)).filter(|(far, _)| *far <= allowed).collect();
    close.sort();
    close.into_iter().take(3).map(|(_, name)| name).collect()
}

/// Levenshtein's, case ignored.
fn distance(one: &str, other: &str) -> usize {
    let other: Vec<char> = other.to_lowercase().chars().collect();
    let mut row: Vec<usize> = (0..=other.len()).collect();
    for (line, letter) in one.to_lowercase().chars().enumerate() {
        let mut diagonal = row[0];
        row[0] = line + 1;
        for (column, found) in other.iter().enumerate() {
            let replaced = diagonal + usize::from(letter != *found);
            diagonal = row[column + 1];
            row[column + 1] = replaced.min(row[column] + 1).min(diagonal + 1);
        }
    }
    row[other.len()]
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_slip_of_the_finger_is_close() {
        for (one, other, expected) in
            [("name", "name", 0), ("nmae", "name", 2), ("Name", "name", 0), ("", "name", 4), ("titel", "title", 2)]
        {
            assert_eq!(distance(one, other), expected, "{one} {other}");
        }
    }

    #[test]
    fn what_is_suggested_can_be_cut_off() {
        let mut errors = [ServerError::new("no field `nam`. Did you mean `name`?", None), ServerError::new("no", None)];
        cut_off(&mut errors);
        assert_eq!(errors.map(|error| error.message), ["no field `nam`.", "no"]);
        let of_a_filter = "line 1, column 1: There is no field `contry`; did you mean `country`?";
        let mut errors = [ServerError::new(of_a_filter, None)];
        cut_off(&mut errors);
        assert_eq!(errors[0].message, of_a_filter);
    }
}
