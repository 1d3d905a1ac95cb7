//! The tokens of a text, one after the other.

use crate::{
    ast::{At, Span},
    error::{ErrorKind, Fault},
    lexer::{Token, lex},
    suggest::nearest,
};

pub(crate) struct Tokens {
    /// Ends with [`Token::End`].
    tokens: Vec<At<Token>>,
    /// Never beyond the last.
    at: usize,
}

impl Tokens {
    pub(crate) fn of(text: &str) -> Result<Self, Fault> {
        Ok(Self { tokens: lex(text)?, at: 0 })
    }

    pub(crate) fn peek(&self) -> &Token {
        &self.tokens[self.at].it
    }

    pub(crate) fn span(&self) -> Span {
        self.tokens[self.at].span
    }

    /// The token before, or the first.
    pub(crate) fn before(&self) -> Span {
        self.tokens[self.at.saturating_sub(1)].span
    }

    pub(crate) fn take(&mut self) -> Span {
        let span = self.span();
        self.at = (self.at + 1).min(self.tokens.len() - 1);
        span
    }

    pub(crate) fn eat(&mut self, token: &Token) -> bool {
        let there = self.peek() == token;
        if there {
            self.take();
        }
        there
    }

    pub(crate) fn word(&mut self, word: &str) -> bool {
        let there = matches!(self.peek(), Token::Word(found) if found.eq_ignore_ascii_case(word));
        if there {
            self.take();
        }
        there
    }

    pub(crate) fn must(&mut self, word: &str, what: &str) -> Result<(), Fault> {
        if self.word(word) { Ok(()) } else { Err(self.expected(what)) }
    }

    pub(crate) fn close(&mut self, open: Span) -> Result<(), Fault> {
        if self.eat(&Token::Close) {
            return Ok(());
        }
        if *self.peek() == Token::End {
            return Err(Fault::new(ErrorKind::Syntax, open, "This parenthesis is never closed"));
        }
        Err(self.expected("`)`"))
    }

    pub(crate) fn expected(&self, what: &str) -> Fault {
        let found = match self.peek() {
            Token::Word(word) => format!("`{word}`"),
            Token::Text(_) => "a text".to_owned(),
            Token::Number(number) => format!("`{number}`"),
            Token::Compare { negated: true, .. } => "`!=`".to_owned(),
            Token::Compare { comparison, .. } => format!("`{}`", comparison.sign()),
            Token::Open => "`(`".to_owned(),
            Token::Close => "`)`".to_owned(),
            Token::Comma => "`,`".to_owned(),
            Token::End => "the end".to_owned(),
        };
        Fault::new(ErrorKind::Syntax, self.span(), format!("Here should be {what}, not {found}"))
    }

    pub(crate) fn unknown_word(&self, what: &str, words: &[&str]) -> Fault {
        let near = match self.peek() {
            Token::Word(word) => nearest(&word.to_ascii_lowercase(), words.iter().copied()),
            _ => None,
        };
        self.expected(what).suggest(near)
    }
}
