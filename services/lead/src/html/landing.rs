use std::collections::HashMap;

use kernel::FormId;

use super::{
    escape,
    form::{self, Filled},
    shell,
};
use crate::domain::{
    capture::{Form, names},
    landing_page::{Block, LandingPage, Variant},
};

/// A page in one of its variants. `hidden` goes along with its form, beside the page's own name.
pub fn page(
    page: &LandingPage,
    variant: &Variant,
    forms: &HashMap<FormId, Form>,
    hidden: &[(&'static str, String)],
) -> String {
    let mut along = vec![(names::PAGE, page.id.to_string()), (names::VARIANT, variant.name.clone())];
    along.extend(hidden.iter().cloned());
    // A page has one heading of the first rank: its hero's, or else its title.
    let has_hero = variant.blocks.iter().any(|block| matches!(block, Block::Hero { .. }));
    let title = if has_hero { String::new() } else { format!("<h1>{}</h1>", escape(&page.content.title)) };
    let blocks: String = variant.blocks.iter().map(|part| block(part, forms, &along)).collect();
    shell(&page.content.language, &page.content.title, &format!("{title}{blocks}"))
}

fn block(block: &Block, forms: &HashMap<FormId, Form>, hidden: &[(&'static str, String)]) -> String {
    match block {
        Block::Hero { heading, text } => {
            format!("<header><h1>{}</h1><p class=\"lead\">{}</p></header>", escape(heading), escape(text))
        }
        Block::Heading { text } => format!("<h2>{}</h2>", escape(text)),
        Block::Text { text } => paragraphs(text),
        Block::List { items } => {
            let items: String = items.iter().map(|item| format!("<li>{}</li>", escape(item))).collect();
            format!("<ul>{items}</ul>")
        }
        Block::Quote { text, by } => {
            let by = by.as_ref().map(|by| format!("<footer>— {}</footer>", escape(by))).unwrap_or_default();
            format!("<blockquote><p>{}</p>{by}</blockquote>", escape(text))
        }
        Block::Form { form: id } => match forms.get(id).filter(|form| form.content.active) {
            Some(found) => form::form(found, &format!("/f/{}", found.slug), &Filled { hidden, ..Filled::default() }),
            None => String::new(),
        },
    }
}

fn paragraphs(text: &str) -> String {
    let paragraphs = text.split("\n\n").filter(|paragraph| !paragraph.trim().is_empty());
    paragraphs.map(|paragraph| format!("<p>{}</p>", escape(paragraph.trim()))).collect()
}
