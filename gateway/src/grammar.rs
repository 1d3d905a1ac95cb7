//! Where the parser keeps another grammar than the specification: it takes arguments without a value, and takes neither
//! a comma after `...` nor the descriptions of operations, fragments and variables that there are since September 2025.

use std::borrow::Cow;

use apollo_parser::{Lexer, Parser, SyntaxKind, TokenKind, cst::CstNode};

/// What may follow the description of an operation or a fragment.
const DEFINES: [&str; 4] = ["query", "mutation", "subscription", "fragment"];

/// The document with blanks for commas, which mean nothing, and for descriptions, which mean nothing to us: as many
/// characters, so that places stay what they are.
pub(crate) fn plain(text: &str) -> Cow<'_, str> {
    if !text.contains([',', '"']) {
        return text.into();
    }
    let mut blanks = Vec::new();
    let (mut braces, mut brackets, mut parentheses) = (0_usize, 0_usize, 0_usize);
    let mut before = TokenKind::Eof;
    let mut description = None;
    for token in Lexer::new(text) {
        // The parser says what is wrong.
        let Ok(token) = token else { return text.into() };
        let span = token.index()..token.index() + token.data().len();
        match token.kind() {
            TokenKind::Whitespace | TokenKind::Comment => continue,
            TokenKind::Comma => {
                blanks.push(span);
                continue;
            }
            _ => {}
        }
        let described = match token.kind() {
            TokenKind::Name => parentheses == 0 && DEFINES.contains(&token.data()),
            TokenKind::Dollar => parentheses == 1,
            _ => false,
        };
        blanks.extend(description.take().filter(|_| described));
        match token.kind() {
            TokenKind::LCurly => braces += 1,
            TokenKind::RCurly => braces = braces.saturating_sub(1),
            TokenKind::LBracket => brackets += 1,
            TokenKind::RBracket => brackets = brackets.saturating_sub(1),
            TokenKind::LParen => parentheses += 1,
            TokenKind::RParen => parentheses = parentheses.saturating_sub(1),
            // Within parentheses it may be the value of an argument, or what a variable is by default.
            TokenKind::StringValue if braces == 0 && brackets == 0 => {
                let value = matches!(before, TokenKind::Colon | TokenKind::Eq);
                description = (parentheses == 0 || (parentheses == 1 && !value)).then_some(span);
            }
            _ => {}
        }
        before = token.kind();
    }
    // A comma may stand between a description and what it describes.
    blanks.sort_unstable_by_key(|span| span.start);
    blanked(text, blanks)
}

fn blanked(text: &str, blanks: Vec<std::ops::Range<usize>>) -> Cow<'_, str> {
    if blanks.is_empty() {
        return text.into();
    }
    let mut plain = String::with_capacity(text.len());
    let mut rest = 0;
    for blank in blanks {
        plain.push_str(&text[rest..blank.start]);
        plain.extend(text[blank.clone()].chars().map(|char| if matches!(char, '\n' | '\r') { char } else { ' ' }));
        rest = blank.end;
    }
    plain.push_str(&text[rest..]);
    plain.into()
}

/// Where an argument, or a field of an input object, has no value. `text` parses.
pub(crate) fn without_value(text: &str) -> Option<usize> {
    let tree = Parser::new(text).parse();
    let document = tree.document();
    let bare = document.syntax().descendants().find(|node| {
        let named = matches!(node.kind(), SyntaxKind::ARGUMENT | SyntaxKind::OBJECT_FIELD);
        named && !node.children_with_tokens().any(|part| part.kind() == SyntaxKind::COLON)
    });
    Some(bare?.text_range().start().into())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn commas_and_descriptions_become_blanks_and_nothing_else_moves() {
        let cases = [
            ("{ a, b }", "{ a  b }"),
            ("{...,F} \"f\" fragment F on T { a }", "{... F}     fragment F on T { a }"),
            ("\"\"\"é\nb\"\"\" query A { a }", "    \n     query A { a }"),
            ("query(\"é,\" $a: Int) { a }", "query(     $a: Int) { a }"),
            ("\"d\", query { a }", "     query { a }"),
            ("{...F} \"d\",, fragment F on T { a }", "{...F}       fragment F on T { a }"),
            ("query(\"d\", $a: Int) { a }", "query(     $a: Int) { a }"),
        ];
        for (text, expected) in cases {
            let plain = plain(text);
            assert_eq!(plain, expected, "{text}");
            assert_eq!(plain.chars().count(), text.chars().count(), "{text}");
        }
        for text in [
            "query($a: [String] = [\"x\" \"y\"] $b: String = \"z\" $c: Int @d(e: \"f\")) @g(h: \"query\" i: $a) { a(b: \"c,d\") }",
            "{ a(b: {c: \"d\"}) } # \"query\" , query",
            "{ a(b: \"unterminated) }",
            "\"nothing\" { a }",
        ] {
            assert_eq!(plain(text), text);
        }
    }

    #[test]
    fn what_has_no_value_is_found() {
        for (text, place) in [
            ("{ a(b) }", Some(4)),
            ("{ a(b: 1) }", None),
            ("{ a(b: {c 1 d: 2}) }", Some(8)),
            ("query($a: Int = 1 @b(c)) { a }", Some(21)),
            ("query($a: T = {b}) { a }", Some(15)),
            ("{ a @include(if) }", Some(13)),
        ] {
            assert_eq!(without_value(text), place, "{text}");
        }
    }
}
