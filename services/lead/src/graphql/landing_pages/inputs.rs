use async_graphql::{InputObject, MaybeUndefined};
use kernel::{Code, FormId, LandingPageId};
use platform::graphql::{Long, needed_if_given};

use super::LandingPageBlockKind;
use crate::{
    app::{CreateLandingPage, UpdateLandingPage},
    domain::landing_page::{Block, PageContent, Variant},
    error::Error,
    graphql::captures::needed,
};

/// One way in which a page can look.
#[derive(InputObject)]
pub struct LandingPageVariantInput {
    /// Unique on the page: up to 40 letters, digits, `-` and `_`.
    pub name: String,
    /// Its part of the visitors, among the weights of all variants; between 1 and 1000.
    #[graphql(default = 1)]
    pub weight: u32,
    /// Up to 40, one form among them.
    pub blocks: Vec<LandingPageBlockInput>,
}

/// A part of a page; its kind says what it needs.
#[derive(InputObject)]
pub struct LandingPageBlockInput {
    pub kind: LandingPageBlockKind,
    /// Of a hero.
    pub heading: Option<String>,
    /// Of a hero, a heading, a text or a quote; an empty line begins a paragraph.
    pub text: Option<String>,
    /// Of a list.
    pub items: Option<Vec<String>>,
    /// Of a quote: whose it is.
    pub by: Option<String>,
    /// Of a form.
    pub form_id: Option<FormId>,
}

/// A page with its variants.
#[derive(InputObject)]
pub struct CreateLandingPageInput {
    /// The last part of its address, unique on this platform: between 3 and 80 of `a-z`, `0-9` and `-`.
    pub slug: String,
    pub title: String,
    /// BCP 47, of its texts.
    #[graphql(default_with = "\"en\".to_owned()")]
    pub language: String,
    /// Whether visitors reach it.
    #[graphql(default)]
    pub published: bool,
    /// Up to 6; with one, nothing is tried.
    pub variants: Vec<LandingPageVariantInput>,
    /// Any text you choose, a UUID say: the same key and input again give the first answer.
    pub idempotency_key: Option<String>,
}

/// What is left out stays as it is; nothing of it may be null.
#[derive(InputObject)]
pub struct UpdateLandingPageInput {
    pub id: LandingPageId,
    /// The version you read; the update is refused if the page has changed since.
    pub version: Option<Long>,
    pub slug: MaybeUndefined<String>,
    pub title: MaybeUndefined<String>,
    pub language: MaybeUndefined<String>,
    pub published: MaybeUndefined<bool>,
    /// All of them. With other weights, visitors may see another variant than before.
    pub variants: MaybeUndefined<Vec<LandingPageVariantInput>>,
}

/// Which landing page to delete.
#[derive(InputObject)]
pub struct DeleteLandingPageInput {
    pub id: LandingPageId,
}

impl TryFrom<CreateLandingPageInput> for CreateLandingPage {
    type Error = Error;
    fn try_from(input: CreateLandingPageInput) -> Result<Self, Error> {
        let CreateLandingPageInput { slug, title, language, published, variants: given, idempotency_key } = input;
        let content = PageContent { title: needed("title", title)?, language, variants: variants(given)? };
        Ok(Self { slug, published, content, idempotency_key })
    }
}

impl TryFrom<UpdateLandingPageInput> for UpdateLandingPage {
    type Error = Error;
    fn try_from(input: UpdateLandingPageInput) -> Result<Self, Error> {
        Ok(Self {
            id: input.id,
            version: input.version.map(|version| version.0),
            slug: needed_if_given("slug", input.slug)?,
            published: needed_if_given("published", input.published)?,
            title: needed_if_given("title", input.title)?.map(|title| needed("title", title)).transpose()?,
            language: needed_if_given("language", input.language)?,
            variants: needed_if_given("variants", input.variants)?.map(variants).transpose()?,
        })
    }
}

fn variants(given: Vec<LandingPageVariantInput>) -> Result<Vec<Variant>, Error> {
    let variant = |LandingPageVariantInput { name, weight, blocks }| {
        Ok(Variant { name, weight, blocks: blocks.into_iter().map(block).collect::<Result<_, _>>()? })
    };
    given.into_iter().map(variant).collect()
}

fn block(given: LandingPageBlockInput) -> Result<Block, Error> {
    let LandingPageBlockInput { kind, heading, text, items, by, form_id } = given;
    let text = || long(text);
    Ok(match kind {
        LandingPageBlockKind::Hero => Block::Hero { heading: long(heading)?, text: text()? },
        LandingPageBlockKind::Heading => Block::Heading { text: text()? },
        LandingPageBlockKind::Text => Block::Text { text: text()? },
        LandingPageBlockKind::List => {
            let items = items.filter(|items| !items.is_empty()).ok_or_else(incomplete)?;
            Block::List { items: items.into_iter().map(|item| long(Some(item))).collect::<Result<_, _>>()? }
        }
        LandingPageBlockKind::Quote => Block::Quote { text: text()?, by: by.map(|by| long(Some(by))).transpose()? },
        LandingPageBlockKind::Form => Block::Form { form: form_id.ok_or_else(incomplete)? },
    })
}

/// How long it may be, all texts of the page say together.
fn long(value: Option<String>) -> Result<String, Error> {
    let value = value.unwrap_or_default().trim().replace('\0', "");
    if value.is_empty() { Err(incomplete()) } else { Ok(value) }
}

fn incomplete() -> Error {
    let reason = "a block lacks what its kind needs".to_owned();
    Error::Invalid { code: Code::Required, field: "variants", reason }
}
