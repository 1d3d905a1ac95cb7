//! Characters to tokens.

use crate::{
    ast::{At, Comparison, Span},
    error::{ErrorKind, Fault},
};

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Token {
    /// A keyword or a name: `country`, `attr.tier`. Its case does not count.
    Word(String),
    Text(String),
    /// Digits, perhaps a sign and a point.
    Number(String),
    Compare {
        comparison: Comparison,
        negated: bool,
    },
    Open,
    Close,
    Comma,
    End,
}

/// All tokens, the last of which is [`Token::End`].
pub(crate) fn lex(text: &str) -> Result<Vec<At<Token>>, Fault> {
    let mut lexer = Lexer { text, at: 0 };
    let mut tokens = Vec::new();
    loop {
        let token = lexer.next()?;
        let end = token.it == Token::End;
        tokens.push(token);
        if end {
            return Ok(tokens);
        }
    }
}

struct Lexer<'a> {
    text: &'a str,
    /// A boundary between characters.
    at: usize,
}

impl<'a> Lexer<'a> {
    fn next(&mut self) -> Result<At<Token>, Fault> {
        self.skip_space();
        let start = self.at;
        let it = match self.rest().chars().next() {
            None => Token::End,
            Some('(') => self.sign(1, Token::Open),
            Some(')') => self.sign(1, Token::Close),
            Some(',') => self.sign(1, Token::Comma),
            Some(quote @ ('"' | '\'')) => self.quoted(quote)?,
            Some(c) if c.is_ascii_digit() || self.is_negative_number() => self.number(),
            Some(c) if c.is_ascii_alphabetic() || c == '_' => self.word(),
            Some(c) => self.comparison().ok_or_else(|| self.unknown(c))?,
        };
        Ok(At { span: Span { start, end: self.at }, it })
    }

    fn rest(&self) -> &'a str {
        &self.text[self.at..]
    }

    /// Spaces, and comments from `#` to the end of the line.
    fn skip_space(&mut self) {
        loop {
            let space = self.take(char::is_whitespace);
            let comment = if self.rest().starts_with('#') { self.take(|c| c != '\n') } else { "" };
            if space.is_empty() && comment.is_empty() {
                return;
            }
        }
    }

    fn take(&mut self, wanted: impl Fn(char) -> bool) -> &'a str {
        let rest = self.rest();
        let taken = rest.find(|c| !wanted(c)).map_or(rest, |end| &rest[..end]);
        self.at += taken.len();
        taken
    }

    fn sign(&mut self, length: usize, token: Token) -> Token {
        self.at += length;
        token
    }

    fn comparison(&mut self) -> Option<Token> {
        use Comparison::{Equal, Greater, GreaterOrEqual, Less, LessOrEqual};
        let signs = [
            ("!=", Equal, true),
            ("<=", LessOrEqual, false),
            (">=", GreaterOrEqual, false),
            ("=", Equal, false),
            ("<", Less, false),
            (">", Greater, false),
        ];
        // What other languages write, so that it is named as a whole.
        if ["==", "<>", "=<", "=>"].iter().any(|foreign| self.rest().starts_with(foreign)) {
            return None;
        }
        let (sign, comparison, negated) = signs.into_iter().find(|(sign, ..)| self.rest().starts_with(sign))?;
        Some(self.sign(sign.len(), Token::Compare { comparison, negated }))
    }

    fn is_negative_number(&self) -> bool {
        self.rest().strip_prefix('-').is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit()))
    }

    fn number(&mut self) -> Token {
        let start = self.at;
        self.at += usize::from(self.rest().starts_with('-'));
        self.take(|c| c.is_ascii_digit());
        let fraction = self.rest().strip_prefix('.');
        if fraction.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_digit())) {
            self.at += 1;
            self.take(|c| c.is_ascii_digit());
        }
        Token::Number(self.text[start..self.at].to_owned())
    }

    fn word(&mut self) -> Token {
        let start = self.at;
        loop {
            self.take(|c| c.is_ascii_alphanumeric() || c == '_');
            let next = self.rest().strip_prefix('.');
            if !next.is_some_and(|rest| rest.starts_with(|c: char| c.is_ascii_alphabetic() || c == '_')) {
                return Token::Word(self.text[start..self.at].to_owned());
            }
            self.at += 1;
        }
    }

    fn quoted(&mut self, quote: char) -> Result<Token, Fault> {
        let start = self.at;
        let mut text = String::new();
        let mut chars = self.rest().char_indices().skip(1);
        while let Some((at, c)) = chars.next() {
            let here = Span { start: start + at, end: start + at + c.len_utf8() };
            match c {
                '\\' => match chars.next() {
                    Some((_, escaped @ ('\\' | '"' | '\''))) => text.push(escaped),
                    _ => {
                        let message = "before a quote or another backslash only: write \\\\ for a backslash";
                        return Err(Fault::new(ErrorKind::Syntax, here, format!("A backslash stands {message}")));
                    }
                },
                '\n' => break,
                c if c == quote => {
                    self.at = here.end;
                    return Ok(Token::Text(text));
                }
                c if c.is_control() => {
                    return Err(Fault::new(ErrorKind::Syntax, here, "A text cannot have control characters in it"));
                }
                c => text.push(c),
            }
        }
        let end = start + self.rest().lines().next().unwrap_or_default().len();
        Err(Fault::new(
            ErrorKind::Syntax,
            Span { start, end },
            format!("This text has no end: a {quote} is missing on its line"),
        ))
    }

    fn unknown(&self, c: char) -> Fault {
        let rest = self.rest();
        let meant = [
            ("==", "="),
            ("<>", "!="),
            ("=<", "<="),
            ("=>", ">="),
            ("≠", "!="),
            ("≤", "<="),
            ("≥", ">="),
            ("&&", "and"),
            ("||", "or"),
            ("!", "not"),
            ("“", "\""),
            ("”", "\""),
            ("„", "\""),
            ("‘", "'"),
            ("’", "'"),
        ];
        let found = meant.iter().find(|(sign, _)| rest.starts_with(sign));
        let sign = found.map_or_else(|| c.to_string(), |(sign, _)| (*sign).to_owned());
        let span = Span { start: self.at, end: self.at + sign.len() };
        // Printed as it is, a character that nobody sees would say nothing.
        let shown = if c.is_control() { c.escape_unicode().to_string() } else { sign };
        Fault::new(ErrorKind::Syntax, span, format!("`{shown}` means nothing here"))
            .suggest(found.map(|(_, meant)| (*meant).to_owned()))
    }
}
