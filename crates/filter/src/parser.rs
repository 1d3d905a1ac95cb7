//! Tokens to a tree, by recursive descent; the grammar is in the README.

use crate::{
    MAX_CONDITIONS, MAX_DEPTH, MAX_LENGTH, MAX_LIST,
    ast::{At, Comparison, Condition, Literal, Match, Node, Period, Quantity, Span, Subject, Test, Unit},
    error::{ErrorKind, Fault},
    lexer::Token,
    tokens::Tokens,
};

/// Longer spans are taken for a slip, and would leave the calendar.
const MAX_MINUTES: u64 = 100 * 366 * 24 * 60;

pub(crate) fn parse(text: &str) -> Result<Node, Fault> {
    if let Some((start, _)) = text.char_indices().nth(MAX_LENGTH) {
        let message = format!("The filter is longer than {MAX_LENGTH} characters");
        return Err(Fault::new(ErrorKind::TooLong, Span { start, end: text.len() }, message));
    }
    let mut parser = Parser { tokens: Tokens::of(text)?, depth: 0, conditions: 0 };
    let node = parser.any()?;
    match parser.tokens.peek() {
        Token::End => Ok(node),
        _ => Err(parser.tokens.expected("`and`, `or` or the end")),
    }
}

struct Parser {
    tokens: Tokens,
    depth: usize,
    conditions: usize,
}

type Parsed<T> = Result<T, Fault>;

impl Parser {
    fn any(&mut self) -> Parsed<Node> {
        let mut nodes = vec![self.all()?];
        while self.tokens.word("or") {
            nodes.push(self.all()?);
        }
        Ok(group(nodes, Node::Any, |node| match node {
            Node::Any(nodes) => Ok(nodes),
            other => Err(other),
        }))
    }

    fn all(&mut self) -> Parsed<Node> {
        let mut nodes = vec![self.one()?];
        while self.tokens.word("and") {
            nodes.push(self.one()?);
        }
        Ok(group(nodes, Node::All, |node| match node {
            Node::All(nodes) => Ok(nodes),
            other => Err(other),
        }))
    }

    fn one(&mut self) -> Parsed<Node> {
        let span = self.tokens.span();
        if self.tokens.word("not") {
            self.deeper(span)?;
            let node = self.one()?;
            self.depth -= 1;
            return Ok(Node::Not(Box::new(node)));
        }
        if self.tokens.eat(&Token::Open) {
            self.deeper(span)?;
            let node = self.any()?;
            self.depth -= 1;
            self.tokens.close(span)?;
            return Ok(node);
        }
        Ok(Node::Is(Box::new(self.condition()?)))
    }

    fn deeper(&mut self, span: Span) -> Parsed<()> {
        self.depth += 1;
        if self.depth > MAX_DEPTH {
            let message = format!("Parentheses and `not` stand in each other more than {MAX_DEPTH} deep");
            return Err(Fault::new(ErrorKind::TooDeep, span, message));
        }
        Ok(())
    }

    fn condition(&mut self) -> Parsed<Condition> {
        let start = self.tokens.span();
        self.conditions += 1;
        if self.conditions > MAX_CONDITIONS {
            let message = format!("The filter has more than {MAX_CONDITIONS} conditions");
            return Err(Fault::new(ErrorKind::TooMany, start, message));
        }
        let subject = self.subject()?;
        let operator = self.tokens.span();
        if matches!(subject, Subject::Did { .. }) && !self.begins_test() {
            let span = start.to(self.tokens.before());
            return Ok(Condition { subject, negated: false, test: At { span, it: once(span) } });
        }
        let (negated, it) = self.test()?;
        let test = At { span: operator.to(self.tokens.before()), it };
        Ok(Condition { subject, negated, test })
    }

    fn subject(&mut self) -> Parsed<Subject> {
        let Token::Word(word) = self.tokens.peek().clone() else {
            return Err(self.tokens.expected("a condition, as in `country = \"DE\"`"));
        };
        let word = word.to_ascii_lowercase();
        if is_keyword(&word) {
            return Err(self.tokens.expected("the name of a field"));
        }
        let span = self.tokens.take();
        let open = self.tokens.span();
        if word != "did" || !self.tokens.eat(&Token::Open) {
            return Ok(Subject::Field(At { span, it: word }));
        }
        let name = self.quoted("the name of what was done, as in `did(\"email.opened\")`")?;
        let within = if self.tokens.eat(&Token::Comma) {
            self.tokens.must("within", "`within`, as in `within 30 days`")?;
            Some(self.period()?)
        } else {
            None
        };
        self.tokens.close(open)?;
        Ok(Subject::Did { name, within })
    }

    fn begins_test(&self) -> bool {
        match self.tokens.peek() {
            Token::Compare { .. } => true,
            Token::Word(word) => TEST_WORDS.contains(&word.to_ascii_lowercase().as_str()),
            _ => false,
        }
    }

    fn test(&mut self) -> Parsed<(bool, Test<At<Literal>>)> {
        if let Token::Compare { comparison, negated } = *self.tokens.peek() {
            self.tokens.take();
            return Ok((negated, Test::Compare(comparison, self.literal()?)));
        }
        if self.tokens.word("is") {
            let negated = self.tokens.word("not");
            if self.tokens.word("known") {
                return Ok((negated, Test::Known));
            }
            self.tokens.must("unknown", "`known` or `unknown`")?;
            return Ok((!negated, Test::Known));
        }
        let negated = self.tokens.word("not");
        let test = if self.tokens.word("in") {
            Test::In(self.list()?)
        } else if self.tokens.word("between") {
            let low = self.literal()?;
            self.tokens.must("and", "`and`, as in `between 10 and 20`")?;
            Test::Between([low, self.literal()?])
        } else if self.tokens.word("contains") {
            Test::Match(Match::Contains, self.literal()?)
        } else if self.tokens.word("starts") {
            self.tokens.must("with", "`with`")?;
            Test::Match(Match::Starts, self.literal()?)
        } else if self.tokens.word("ends") {
            self.tokens.must("with", "`with`")?;
            Test::Match(Match::Ends, self.literal()?)
        } else if self.tokens.word("has") {
            let quantity = if self.tokens.word("any") { Quantity::Any } else { Quantity::All };
            if quantity == Quantity::All {
                self.tokens.must("all", "`any of` or `all of`")?;
            }
            self.tokens.must("of", "`of`")?;
            Test::Has(quantity, self.list()?)
        } else {
            let what =
                if negated { "`in`, `between`, `contains` or the like" } else { "an operator, such as `=` or `in`" };
            return Err(self.tokens.unknown_word(what, TEST_WORDS));
        };
        Ok((negated, test))
    }

    fn list(&mut self) -> Parsed<Vec<At<Literal>>> {
        let open = self.tokens.span();
        if !self.tokens.eat(&Token::Open) {
            return Err(self.tokens.expected("a list in parentheses, as in `(\"DE\", \"FR\")`"));
        }
        let mut values = vec![self.literal()?];
        while self.tokens.eat(&Token::Comma) {
            let span = self.tokens.span();
            if values.len() == MAX_LIST {
                return Err(Fault::new(ErrorKind::TooMany, span, format!("The list has more than {MAX_LIST} values")));
            }
            values.push(self.literal()?);
        }
        self.tokens.close(open)?;
        Ok(values)
    }

    fn literal(&mut self) -> Parsed<At<Literal>> {
        let span = self.tokens.span();
        let it = match self.tokens.peek().clone() {
            Token::Text(text) => Literal::Text(text),
            Token::Number(number) => Literal::Number(number),
            Token::Word(word) => match word.to_ascii_lowercase().as_str() {
                "true" => Literal::Boolean(true),
                "false" => Literal::Boolean(false),
                function @ ("now" | "ago" | "from_now") => return self.moment(function),
                _ => {
                    let message = format!("`{word}` is not a value; a text stands in quotes");
                    let quoted = Some(format!("\"{word}\""));
                    return Err(Fault::new(ErrorKind::Syntax, span, message).suggest(quoted));
                }
            },
            _ => {
                return Err(self
                    .tokens
                    .expected("a value: a text in quotes, a number, `true`, `false`, `now()` or `ago(…)`"));
            }
        };
        self.tokens.take();
        Ok(At { span, it })
    }

    /// `now()`, `ago(30 days)`, `from_now(30 days)`.
    fn moment(&mut self, word: &str) -> Parsed<At<Literal>> {
        let span = self.tokens.take();
        let open = self.tokens.span();
        if !self.tokens.eat(&Token::Open) {
            return Err(self.tokens.expected("`(`"));
        }
        let it = match word {
            "now" => Literal::Now,
            "ago" => Literal::Ago(self.period()?),
            _ => Literal::FromNow(self.period()?),
        };
        self.tokens.close(open)?;
        Ok(At { span: span.to(self.tokens.before()), it })
    }

    fn period(&mut self) -> Parsed<Period> {
        let span = self.tokens.span();
        let Token::Number(number) = self.tokens.peek().clone() else {
            return Err(self.tokens.expected("a span of time, as in `30 days`"));
        };
        self.tokens.take();
        let unit_span = self.tokens.span();
        let unit = match self.tokens.peek() {
            Token::Word(word) => Unit::of(word),
            _ => None,
        };
        let Some(unit) = unit else {
            let what = "`minutes`, `hours`, `days` or `weeks` (months and years are not all of one length)";
            return Err(self.tokens.unknown_word(what, &["minutes", "hours", "days", "weeks"]));
        };
        self.tokens.take();
        let whole = number.parse::<u32>().ok().filter(|amount| *amount > 0);
        whole
            .filter(|amount| u64::from(*amount) * u64::from(unit.minutes()) <= MAX_MINUTES)
            .map(|amount| Period { amount, unit })
            .ok_or_else(|| {
                let message = "A span of time is a whole number above 0, and at most a hundred years";
                Fault::new(ErrorKind::WrongValue, span.to(unit_span), message)
            })
    }

    fn quoted(&mut self, what: &str) -> Parsed<At<String>> {
        match self.tokens.peek().clone() {
            Token::Text(it) => Ok(At { span: self.tokens.take(), it }),
            _ => Err(self.tokens.expected(what)),
        }
    }
}

const TEST_WORDS: &[&str] = &["is", "not", "in", "between", "contains", "starts", "ends", "has"];

/// The first word of no field.
pub(crate) fn is_keyword(word: &str) -> bool {
    TEST_WORDS.contains(&word) || ["and", "or", "true", "false", "now", "ago", "from_now"].contains(&word)
}

/// What `did("email.opened")` asks alone.
fn once(span: Span) -> Test<At<Literal>> {
    let one = At { span, it: Literal::Number("1".to_owned()) };
    Test::Compare(Comparison::GreaterOrEqual, one)
}

/// One node is itself; what is already such a group joins, so that parentheses that say nothing leave no trace.
fn group(nodes: Vec<Node>, make: fn(Vec<Node>) -> Node, open: fn(Node) -> Result<Vec<Node>, Node>) -> Node {
    let mut all = Vec::with_capacity(nodes.len());
    for node in nodes {
        match open(node) {
            Ok(inner) => all.extend(inner),
            Err(node) => all.push(node),
        }
    }
    if all.len() == 1 { all.remove(0) } else { make(all) }
}
