//! The same in SQL, one text for both engines.
//!
//! A comparison with null is null, which neither `and`, `or` nor `where` takes for true; only an opposite must be asked
//! with `is not true`, so that it holds of what is not known, as it does in `evaluate.rs`. What is not negated stays a
//! bare comparison that an index can serve.

use std::borrow::Cow;

use kernel::Timestamp;

use crate::{
    Filter, Type,
    ast::{Comparison, Match, Quantity, Test},
    filter::{Condition, Constant, Node, Subject},
    schema::{Activity, Reach},
    time::since,
    types::Comparable,
};

/// A condition for a `where`, in parentheses: SQL and values, in turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Sql(Vec<Piece>);

#[derive(Debug, Clone, PartialEq)]
pub enum Piece {
    Text(String),
    /// The place of a parameter with this value.
    Bind(Comparable),
}

impl Filter {
    /// The condition that a row's record fits at a moment.
    pub fn sql(&self, now: Timestamp) -> Sql {
        let mut sql = Sql(Vec::new());
        sql.node(&self.root, now);
        sql
    }
}

impl Sql {
    pub fn pieces(&self) -> &[Piece] {
        &self.0
    }

    fn text(&mut self, text: &str) -> &mut Self {
        match self.0.last_mut() {
            Some(Piece::Text(last)) => last.push_str(text),
            _ => self.0.push(Piece::Text(text.to_owned())),
        }
        self
    }

    fn bind(&mut self, value: Comparable) -> &mut Self {
        self.0.push(Piece::Bind(value));
        self
    }

    fn sql(&mut self, other: &Sql) -> &mut Self {
        for piece in &other.0 {
            match piece {
                Piece::Text(text) => self.text(text),
                Piece::Bind(value) => self.bind(value.clone()),
            };
        }
        self
    }

    fn node(&mut self, node: &Node, now: Timestamp) {
        match node {
            Node::All(nodes) => _ = self.joined(nodes, " and ", |sql, node| sql.node(node, now)),
            Node::Any(nodes) => _ = self.joined(nodes, " or ", |sql, node| sql.node(node, now)),
            Node::Not(node) => {
                self.text("(");
                self.node(node, now);
                self.text(" is not true)");
            }
            Node::Is(condition) => self.condition(condition, now),
        }
    }

    fn condition(&mut self, condition: &Condition, now: Timestamp) {
        self.text(if condition.negated { "((" } else { "(" });
        match &condition.subject {
            Subject::Field(field) => {
                let mut side = Sql(Vec::new());
                side.text(&expression(&field.reach, &field.kind));
                let keyed = matches!(field.reach, Reach::Key { .. });
                self.asked(&side, keyed, &condition.test, now);
            }
            Subject::Did { name, activity, within } => {
                let done = Done { name, activity, since: within.map(|within| since(now, within)) };
                self.behaviour(&done, &condition.test, now);
            }
        }
        self.text(if condition.negated { ") is not true)" } else { ")" });
    }

    /// What is asked of `side`, which is a key or has its type's own form.
    fn asked(&mut self, side: &Sql, keyed: bool, test: &Test<Constant>, now: Timestamp) {
        let value = |value: Cow<'_, Comparable>| if keyed { value.key().into_owned() } else { value.into_owned() };
        let low = |constant: &Constant| value(constant.low(now));
        let high = |constant: &Constant| value(constant.high(now));
        match test {
            Test::Known => self.sql(side).text(" is not null"),
            Test::Compare(Comparison::Equal, one) => match (low(one), high(one)) {
                (low, high) if low == high => self.sql(side).text(" = ").bind(low),
                (low, high) => self.sql(side).text(" between ").bind(low).text(" and ").bind(high),
            },
            Test::Compare(Comparison::Less, one) => self.sql(side).text(" < ").bind(low(one)),
            Test::Compare(Comparison::LessOrEqual, one) => self.sql(side).text(" <= ").bind(high(one)),
            Test::Compare(Comparison::Greater, one) => self.sql(side).text(" > ").bind(high(one)),
            Test::Compare(Comparison::GreaterOrEqual, one) => self.sql(side).text(" >= ").bind(low(one)),
            Test::In(all) => self.sql(side).text(" in ").joined(all, ", ", |sql, one| _ = sql.bind(low(one))),
            Test::Between([one, other]) => {
                self.sql(side).text(" between ").bind(low(one)).text(" and ").bind(high(other))
            }
            Test::Match(part, one) => self.sql(side).like(*part, low(one).text()),
            Test::Has(quantity, all) => {
                let word = if *quantity == Quantity::All { " and " } else { " or " };
                self.joined(all, word, |sql, one| _ = sql.sql(side).like(Match::Contains, low(one).text()))
            }
        };
    }

    /// Both engines compare the letters of `like` one by one; SQLite those of ASCII without case, of which a key has none.
    fn like(&mut self, part: Match, text: &str) -> &mut Self {
        let text = text.replace('\\', "\\\\").replace('%', "\\%").replace('_', "\\_");
        let pattern = match part {
            Match::Contains => format!("%{text}%"),
            Match::Starts => format!("{text}%"),
            Match::Ends => format!("%{text}"),
        };
        self.text(" like ").bind(Comparable::Text(pattern)).text(" escape '\\'")
    }

    fn behaviour(&mut self, done: &Done<'_>, test: &Test<Constant>, now: Timestamp) {
        let whether = match test {
            Test::Compare(comparison, constant) => whether(*comparison, &constant.low(now)),
            _ => None,
        };
        match whether {
            // The first event decides, the others need not be counted.
            Some(true) => _ = self.text("exists (select 1 from ").rows(done).text(")"),
            Some(false) => _ = self.text("not exists (select 1 from ").rows(done).text(")"),
            None => {
                let mut count = Sql(Vec::new());
                count.text("(select count(*) from ").rows(done).text(")");
                self.asked(&count, false, test, now);
            }
        }
    }

    fn rows(&mut self, done: &Done<'_>) -> &mut Self {
        let Activity { rows, name, time } = done.activity;
        self.text(rows).text(" and ").text(name).text(" = ").bind(Comparable::Text(done.name.to_owned()));
        if let Some(since) = done.since {
            self.text(" and ").text(time).text(" >= ").bind(Comparable::Time(since));
        }
        self
    }

    fn joined<T>(&mut self, all: &[T], word: &str, mut one: impl FnMut(&mut Self, &T)) -> &mut Self {
        self.text("(");
        for (nth, each) in all.iter().enumerate() {
            if nth > 0 {
                self.text(word);
            }
            one(self, each);
        }
        self.text(")")
    }
}

/// What was done, and since when it counts.
struct Done<'a> {
    name: &'a str,
    activity: &'a Activity,
    since: Option<Timestamp>,
}

/// Whether the test asks only if there is an event, and if there should be one.
fn whether(comparison: Comparison, than: &Comparable) -> Option<bool> {
    match (comparison, than) {
        (Comparison::GreaterOrEqual, Comparable::Integer(1)) | (Comparison::Greater, Comparable::Integer(0)) => {
            Some(true)
        }
        (Comparison::Less, Comparable::Integer(1))
        | (Comparison::LessOrEqual | Comparison::Equal, Comparable::Integer(0)) => Some(false),
        _ => None,
    }
}

/// The cast has the one name of the type that both engines take for a whole number.
fn expression(reach: &Reach, kind: &Type) -> String {
    match reach {
        Reach::Column(expression) => (*expression).to_owned(),
        Reach::Key { column, name } => match kind {
            Type::Text | Type::Choice(_) | Type::List => format!("({column} ->> '{name}')"),
            _ => format!("cast({column} ->> '{name}' as bigint)"),
        },
    }
}
