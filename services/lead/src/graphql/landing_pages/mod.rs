//! Landing pages and what visitors make of them.

mod inputs;
mod mutation;
mod query;

use async_graphql::{ComplexObject, Context, Enum, SimpleObject};
use chrono::{DateTime, Utc};
use kernel::{FormId, LandingPageId};
use platform::graphql::{Long, load};

use super::captures::FormObject;
use crate::{
    app::App,
    domain::{
        capture::Form,
        confidence,
        landing_page::{Block, LandingPage, Variant, VariantStats},
    },
    graphql::loaders::Loaders,
};

pub use mutation::LandingPageMutation;
pub use query::LandingPageQuery;

/// A page that visitors come to, served at `/p/{slug}` without scripts and under 50 kB.
#[derive(SimpleObject)]
#[graphql(complex, name = "LandingPage")]
pub struct LandingPageObject {
    id: LandingPageId,
    /// Grows by one with every change; give it to `updateLandingPage` to refuse overwriting somebody else's.
    version: Long,
    /// The last part of its address.
    slug: String,
    title: String,
    /// BCP 47, of its texts.
    language: String,
    /// Whether visitors reach it.
    published: bool,
    /// What is tried against each other; a visitor always sees the same one.
    variants: Vec<LandingPageVariant>,
    created_at: DateTime<Utc>,
    updated_at: DateTime<Utc>,
}

#[ComplexObject]
impl LandingPageObject {
    /// Where visitors reach it.
    async fn url(&self, ctx: &Context<'_>) -> String {
        let app: &App = ctx.data_unchecked();
        format!("{}/p/{}", app.public_url, self.slug)
    }
}

/// One way in which a page can look.
#[derive(SimpleObject)]
pub struct LandingPageVariant {
    /// Unique on the page.
    name: String,
    /// Its part of the visitors, among the weights of all variants.
    weight: u32,
    blocks: Vec<LandingPageBlock>,
}

/// A part of a page; which of its fields it has, its kind says.
#[derive(Default, SimpleObject)]
#[graphql(complex)]
pub struct LandingPageBlock {
    kind: LandingPageBlockKind,
    /// Of a hero.
    heading: Option<String>,
    /// Of a hero, a heading, a text or a quote; an empty line begins a paragraph.
    text: Option<String>,
    /// Of a list.
    items: Option<Vec<String>>,
    /// Of a quote: whose it is.
    by: Option<String>,
    #[graphql(skip)]
    form_id: Option<FormId>,
}

#[ComplexObject]
impl LandingPageBlock {
    /// Of a form; null when it was deleted since.
    async fn form(&self, ctx: &Context<'_>) -> async_graphql::Result<Option<FormObject>> {
        let Some(id) = self.form_id else { return Ok(None) };
        Ok(load::<Loaders, _, Form>(ctx, id).await?.map(FormObject::from))
    }
}

/// What a part of a page is.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq, Enum)]
pub enum LandingPageBlockKind {
    /// The heading of the page, with a text below.
    Hero,
    Heading,
    #[default]
    Text,
    List,
    Quote,
    Form,
}

/// What visitors made of one variant.
#[derive(SimpleObject)]
#[graphql(name = "PageVariantStats")]
pub struct StatsObject {
    variant: String,
    /// Visitors that saw it.
    views: Long,
    /// Addresses that were given over it.
    conversions: Long,
    /// Conversions a view; null while nobody saw it.
    rate: Option<f64>,
    /// Between which rates the true one lies, with a probability of 95 %, however often you look and whenever you stop.
    interval: RateInterval,
}

/// From `low` to `high`.
#[derive(SimpleObject)]
pub struct RateInterval {
    low: f64,
    high: f64,
}

impl From<LandingPage> for LandingPageObject {
    fn from(page: LandingPage) -> Self {
        Self {
            id: page.id,
            version: Long(page.version),
            slug: page.slug,
            title: page.content.title,
            language: page.content.language,
            published: page.published,
            variants: page.content.variants.into_iter().map(Into::into).collect(),
            created_at: page.created_at,
            updated_at: page.updated_at,
        }
    }
}

impl From<Variant> for LandingPageVariant {
    fn from(variant: Variant) -> Self {
        let Variant { name, weight, blocks } = variant;
        Self { name, weight, blocks: blocks.into_iter().map(Into::into).collect() }
    }
}

impl From<Block> for LandingPageBlock {
    fn from(block: Block) -> Self {
        let empty = Self::default();
        match block {
            Block::Hero { heading, text } => {
                Self { kind: LandingPageBlockKind::Hero, heading: Some(heading), text: Some(text), ..empty }
            }
            Block::Heading { text } => Self { kind: LandingPageBlockKind::Heading, text: Some(text), ..empty },
            Block::Text { text } => Self { kind: LandingPageBlockKind::Text, text: Some(text), ..empty },
            Block::List { items } => Self { kind: LandingPageBlockKind::List, items: Some(items), ..empty },
            Block::Quote { text, by } => Self { kind: LandingPageBlockKind::Quote, text: Some(text), by, ..empty },
            Block::Form { form } => Self { kind: LandingPageBlockKind::Form, form_id: Some(form), ..empty },
        }
    }
}

impl From<VariantStats> for StatsObject {
    fn from(stats: VariantStats) -> Self {
        let VariantStats { variant, views, conversions } = stats;
        // Who asked not to be followed may have looked ahead of time and come later: a rate is one at most.
        let seen = views.max(conversions);
        let [converted, trials] = [conversions, seen].map(|number| u64::try_from(number).unwrap_or_default());
        let (low, high) = confidence::interval(converted, trials);
        Self {
            variant,
            views: Long(views),
            conversions: Long(conversions),
            rate: confidence::rate(converted, trials),
            interval: RateInterval { low, high },
        }
    }
}
