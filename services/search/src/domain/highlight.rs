//! Shows why a document was found.

use std::ops::Range;

use super::{
    document::{Field, Texts},
    query::SearchQuery,
    tokens::tokens,
};

/// The text of the field that matched best, as HTML: matched words between `<mark>` and `</mark>`, everything
/// else escaped.
pub fn highlight(texts: &Texts, query: &SearchQuery) -> String {
    let mut best: Option<(f32, Field, Vec<Range<usize>>)> = None;
    for field in Field::ALL {
        let (score, marks) = marks(texts, field, query);
        if score > best.as_ref().map_or(0.0, |(score, ..)| *score) {
            best = Some((score, field, marks));
        }
    }
    match best {
        Some((_, field, marks)) => render(texts.get(field), marks),
        // The document changed since it was indexed, perhaps.
        None => escape(if texts.name.is_empty() { &texts.email } else { &texts.name }),
    }
}

/// How well a field matches, and which stretches of it.
fn marks(texts: &Texts, field: Field, query: &SearchQuery) -> (f32, Vec<Range<usize>>) {
    let tokens = tokens(field, texts.get(field));
    let mut marks = Vec::new();
    let mut score = 0.0;
    for word in query.words.iter().filter(|word| word.looks_in(field)) {
        let found: Vec<_> = tokens.iter().filter_map(|token| Some((word.matches(&token.text)?, token))).collect();
        if let Some(way) = found.iter().map(|(way, _)| *way).max() {
            score += way.weight() * field.weight();
            // A worse match beside a better one would be noise.
            marks.extend(found.into_iter().filter(|(other, _)| *other == way).map(|(_, token)| token.range.clone()));
        }
    }
    (score, marks)
}

fn render(text: &str, mut marks: Vec<Range<usize>>) -> String {
    marks.sort_by_key(|mark| mark.start);
    let mut html = String::with_capacity(text.len() + 32);
    let mut at = 0;
    let mut marks = marks.into_iter().peekable();
    while let Some(mut mark) = marks.next() {
        while let Some(next) = marks.next_if(|next| next.start <= mark.end) {
            mark.end = mark.end.max(next.end);
        }
        html.push_str(&escape(&text[at..mark.start]));
        html.push_str("<mark>");
        html.push_str(&escape(&text[mark.clone()]));
        html.push_str("</mark>");
        at = mark.end;
    }
    html.push_str(&escape(&text[at..]));
    html
}

fn escape(text: &str) -> String {
    let mut html = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '&' => html.push_str("&amp;"),
            '<' => html.push_str("&lt;"),
            '>' => html.push_str("&gt;"),
            '"' => html.push_str("&quot;"),
            '\'' => html.push_str("&#39;"),
            _ => html.push(c),
        }
    }
    html
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(texts: &Texts, query: &str) -> String {
        highlight(texts, &SearchQuery::parse(query, &[]).unwrap().unwrap())
    }

    fn person(name: &str, email: &str, company: &str) -> Texts {
        Texts { name: name.into(), email: email.into(), company: company.into(), ..Texts::default() }
    }

    #[test]
    fn the_field_that_matched_best_is_shown() {
        let ada = person("Ada Lovelace", "ada@engines.example", "Analytical Engines");
        assert_eq!(shown(&ada, "lovelace ada"), "<mark>Ada</mark> <mark>Lovelace</mark>");
        assert_eq!(shown(&ada, "analyt"), "<mark>Analytical</mark> Engines");
        assert_eq!(shown(&ada, "ada@eng"), "<mark>ada@engines.example</mark>");
        assert_eq!(shown(&ada, "lovelcae"), "Ada <mark>Lovelace</mark>");
    }

    #[test]
    fn what_people_wrote_is_never_markup() {
        let name = "<script>alert(\"Ada & 'Bob'\")</script>";
        assert_eq!(
            shown(&person(name, "", ""), "ada"),
            "&lt;script&gt;alert(&quot;<mark>Ada</mark> &amp; &#39;Bob&#39;&quot;)&lt;/script&gt;"
        );
        assert_eq!(shown(&person("<b>", "", ""), "zzz"), "&lt;b&gt;");
        assert_eq!(shown(&person("", "<i>@x.example", ""), "zzz"), "&lt;i&gt;@x.example");
    }

    #[test]
    fn stretches_that_touch_are_one() {
        assert_eq!(shown(&person("田中翔太", "", ""), "中翔太"), "田<mark>中翔太</mark>");
        assert_eq!(shown(&person("Tim O'Reilly", "", ""), "oreilly"), "Tim <mark>O&#39;Reilly</mark>");
        assert_eq!(
            shown(&person("Jose\u{301} Müller", "", ""), "jose muller"),
            "<mark>Jose\u{301}</mark> <mark>Müller</mark>"
        );
    }
}
