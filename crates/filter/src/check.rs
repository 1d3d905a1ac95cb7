//! Whether a sentence makes sense: its fields exist, and what is asked of them can be.

use std::sync::Arc;

use crate::{
    Schema, Type, ast,
    ast::{At, Comparison, Literal, Test},
    error::{ErrorKind, Fault},
    filter::{Condition, Constant, Node, Subject},
    literal::constant,
    suggest::nearest,
    types::quoted,
};

pub(crate) fn check(tree: &ast::Node, schema: &Schema) -> Result<Node, Vec<Fault>> {
    let mut faults = Vec::new();
    let root = node(tree, schema, &mut faults);
    match root {
        Some(root) if faults.is_empty() => Ok(root),
        _ => Err(faults),
    }
}

/// `None` when something in it is wrong, and is among the faults.
fn node(tree: &ast::Node, schema: &Schema, faults: &mut Vec<Fault>) -> Option<Node> {
    Some(match tree {
        ast::Node::All(nodes) => Node::All(each(nodes, |tree| node(tree, schema, faults))?),
        ast::Node::Any(nodes) => Node::Any(each(nodes, |tree| node(tree, schema, faults))?),
        ast::Node::Not(tree) => Node::Not(Box::new(node(tree, schema, faults)?)),
        ast::Node::Is(tree) => Node::Is(Box::new(condition(tree, schema, faults)?)),
    })
}

/// All of them, each tried even when one before it is wrong.
fn each<T, U>(all: &[T], one: impl FnMut(&T) -> Option<U>) -> Option<Vec<U>> {
    let tried: Vec<_> = all.iter().map(one).collect();
    tried.into_iter().collect()
}

fn condition(tree: &ast::Condition, schema: &Schema, faults: &mut Vec<Fault>) -> Option<Condition> {
    let subject = match subject(&tree.subject, schema) {
        Ok(subject) => subject,
        Err(fault) => {
            faults.push(fault);
            return None;
        }
    };
    let (name, kind) = match &subject {
        Subject::Field(field) => (field.name.as_str(), &field.kind),
        Subject::Did { .. } => ("did(…)", &Type::Integer),
    };
    let counts = matches!(subject, Subject::Did { .. });
    if !can_be_asked(kind, &tree.test.it) || (counts && matches!(tree.test.it, Test::Known)) {
        let choice = if counts { "=, !=, <, <=, >, >=, in or between" } else { operators(kind) };
        let what = if counts { "how often something was done" } else { kind.words() };
        let message = format!("`{name}` is {what}: ask it with {choice}");
        faults.push(Fault::new(ErrorKind::WrongOperator, tree.test.span, message));
        return None;
    }
    let asked = Asked { name, kind };
    let test = asked.test(&tree.test.it, faults)?;
    if let Test::Between([low, high]) = &test
        && low.is_after(high)
    {
        let message = "The first value is larger than the second, so nothing lies between them";
        faults.push(Fault::new(ErrorKind::WrongValue, tree.test.span, message));
    }
    Some(Condition { subject, negated: tree.negated, test })
}

fn subject(tree: &ast::Subject, schema: &Schema) -> Result<Subject, Fault> {
    match tree {
        ast::Subject::Field(At { span, it }) => match schema.get(it) {
            Some(field) => Ok(Subject::Field(Arc::clone(field))),
            None => Err(Fault::new(ErrorKind::UnknownField, *span, format!("There is no field `{it}`"))
                .suggest(nearest(it, schema.names()))),
        },
        ast::Subject::Did { name: At { span, it }, within } => match schema.activity(it) {
            Some(activity) => Ok(Subject::Did { name: it.clone(), activity, within: *within }),
            None => {
                let near = nearest(it, schema.behaviour_names()).map(|name| quoted(&name));
                let message = format!("Nothing is recorded under the name {}", quoted(it));
                Err(Fault::new(ErrorKind::UnknownBehaviour, *span, message).suggest(near))
            }
        },
    }
}

fn can_be_asked<C>(kind: &Type, test: &Test<C>) -> bool {
    let ordered = matches!(kind, Type::Integer | Type::Number | Type::Time | Type::Date);
    match test {
        Test::Known => true,
        Test::Compare(Comparison::Equal, _) => *kind != Type::List,
        Test::Compare(..) | Test::Between(_) => ordered,
        // Of a moment it would be a list of single microseconds.
        Test::In(_) => !matches!(kind, Type::List | Type::Time | Type::Boolean),
        Test::Match(..) => *kind == Type::Text,
        Test::Has(..) => *kind == Type::List,
    }
}

/// What [`can_be_asked`], in words.
fn operators(kind: &Type) -> &'static str {
    match kind {
        Type::Text => "=, !=, in, contains, starts with, ends with or is known",
        Type::Choice(_) => "=, !=, in or is known",
        Type::Integer | Type::Number | Type::Date => "=, !=, <, <=, >, >=, in, between or is known",
        Type::Boolean => "= true, = false or is known",
        Type::Time => "=, !=, <, <=, >, >=, between or is known",
        Type::List => "has any of, has all of or is known",
    }
}

/// Of whom something is asked.
#[derive(Clone, Copy)]
struct Asked<'a> {
    name: &'a str,
    kind: &'a Type,
}

impl Asked<'_> {
    fn test(self, test: &Test<At<Literal>>, faults: &mut Vec<Fault>) -> Option<Test<Constant>> {
        let part = matches!(test, Test::Match(..));
        let mut one = |literal: &At<Literal>| match constant(self.name, self.kind, part, literal) {
            Ok(constant) => Some(constant),
            Err(fault) => {
                faults.push(fault);
                None
            }
        };
        Some(match test {
            Test::Known => Test::Known,
            Test::Compare(comparison, literal) => Test::Compare(*comparison, one(literal)?),
            Test::In(literals) => Test::In(each(literals, one)?),
            Test::Between([low, high]) => {
                let (low, high) = (one(low), one(high));
                Test::Between([low?, high?])
            }
            Test::Match(part, literal) => Test::Match(*part, one(literal)?),
            Test::Has(quantity, literals) => Test::Has(*quantity, each(literals, one)?),
        })
    }
}
