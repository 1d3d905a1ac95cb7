//! Pages that visitors come to, made of blocks, in variants that are tried against each other.

use std::collections::HashSet;

use events::lead as published;
use kernel::{Code, FormId, LandingPageId, Timestamp, WorkspaceId};
use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};

use super::capture::FormProblem;

const MAX_VARIANTS: usize = 6;
const MAX_BLOCKS: usize = 40;
/// Of the texts of one variant together.
const MAX_BYTES: usize = 20_000;

/// A part of a page. There are no pictures and no scripts: nothing is loaded but the page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "kind", rename_all = "snake_case")]
pub enum Block {
    Hero { heading: String, text: String },
    Heading { text: String },
    Text { text: String },
    List { items: Vec<String> },
    Quote { text: String, by: Option<String> },
    Form { form: FormId },
}

#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Variant {
    pub name: String,
    /// Its part of the visitors, among those of all variants.
    pub weight: u32,
    pub blocks: Vec<Block>,
}

/// What somebody decides about a page.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PageContent {
    pub title: String,
    /// BCP 47, of the texts.
    pub language: String,
    pub variants: Vec<Variant>,
}

#[derive(Debug, Clone, PartialEq)]
pub struct LandingPage {
    pub id: LandingPageId,
    pub workspace: WorkspaceId,
    pub version: i64,
    /// It is served at `/p/{slug}`.
    pub slug: String,
    pub published: bool,
    pub content: PageContent,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What visitors made of one variant.
#[derive(Debug, Clone, PartialEq)]
pub struct VariantStats {
    pub variant: String,
    pub views: i64,
    /// Addresses that were given.
    pub conversions: i64,
}

impl PageContent {
    pub fn check(&self) -> Result<(), FormProblem> {
        let fail = |field, reason: String| Err(FormProblem { code: Code::InvalidInput, field, reason });
        let letters = |c: char| c.is_ascii_alphanumeric() || c == '-';
        if self.language.is_empty() || self.language.len() > 35 || !self.language.chars().all(letters) {
            return fail("language", "not a language as BCP 47 writes it, for example en or de-AT".to_owned());
        }
        if self.variants.is_empty() || self.variants.len() > MAX_VARIANTS {
            return fail("variants", format!("a page has between 1 and {MAX_VARIANTS} variants"));
        }
        let mut names = HashSet::new();
        for variant in &self.variants {
            variant.check()?;
            if !names.insert(&variant.name) {
                return fail("variants", format!("two variants are called {}", variant.name));
            }
        }
        Ok(())
    }

    /// The forms that stand on it.
    pub fn forms(&self) -> HashSet<FormId> {
        let of_block = |block: &Block| if let Block::Form { form } = block { Some(*form) } else { None };
        self.variants.iter().flat_map(|variant| variant.blocks.iter().filter_map(of_block)).collect()
    }
}

impl Variant {
    fn check(&self) -> Result<(), FormProblem> {
        let fail = |reason: String| Err(FormProblem { code: Code::InvalidInput, field: "variants", reason });
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '_';
        if self.name.is_empty() || self.name.len() > 40 || !self.name.chars().all(plain) {
            return fail("a variant's name has up to 40 letters, digits, - and _".to_owned());
        }
        if !(1..=1_000).contains(&self.weight) {
            return fail(format!("{}: a weight is between 1 and 1000", self.name));
        }
        if self.blocks.is_empty() || self.blocks.len() > MAX_BLOCKS {
            return fail(format!("{}: a variant has between 1 and {MAX_BLOCKS} blocks", self.name));
        }
        if self.blocks.iter().map(Block::bytes).sum::<usize>() > MAX_BYTES {
            return fail(format!("{}: its texts have more than {MAX_BYTES} bytes together", self.name));
        }
        let forms = self.blocks.iter().filter(|block| matches!(block, Block::Form { .. })).count();
        if forms > 1 {
            return fail(format!("{}: one form a page", self.name));
        }
        Ok(())
    }
}

impl Block {
    fn bytes(&self) -> usize {
        match self {
            Self::Hero { heading, text } => heading.len() + text.len(),
            Self::Heading { text } | Self::Text { text } => text.len(),
            Self::List { items } => items.iter().map(String::len).sum(),
            Self::Quote { text, by } => text.len() + by.as_ref().map_or(0, String::len),
            Self::Form { .. } => 0,
        }
    }
}

impl LandingPage {
    /// Takes another state; `None` if that changes nothing.
    pub fn change(&self, slug: String, published: bool, content: PageContent, now: Timestamp) -> Option<Self> {
        let changed = Self { slug, published, content, ..self.clone() };
        if changed == *self {
            return None;
        }
        Some(Self { version: self.version + 1, updated_at: now, ..changed })
    }

    pub fn published(&self) -> published::LandingPage {
        let Self { id, version, slug, published, .. } = self.clone();
        published::LandingPage { id, version, slug, title: self.content.title.clone(), published }
    }

    /// The variant that this visitor sees, each time the same while the weights stay.
    pub fn variant_for(&self, visitor: &str) -> Option<&Variant> {
        let digest = Sha256::digest(format!("{} {visitor}", self.id).as_bytes());
        let number = digest.iter().take(8).fold(0_u64, |number, byte| number << 8 | u64::from(*byte));
        let total: u64 = self.content.variants.iter().map(|variant| u64::from(variant.weight)).sum();
        let mut place = number.checked_rem(total)?;
        self.content.variants.iter().find(|variant| {
            let weight = u64::from(variant.weight);
            let here = place < weight;
            place = place.saturating_sub(weight);
            here
        })
    }

    pub fn has_variant(&self, name: &str) -> bool {
        self.content.variants.iter().any(|variant| variant.name == name)
    }
}

/// Whether a text can be the last part of a page's address.
pub fn check_slug(slug: &str) -> Result<(), FormProblem> {
    let plain = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '-';
    if (3..=80).contains(&slug.len()) && slug.chars().all(plain) {
        return Ok(());
    }
    let reason = "the address has between 3 and 80 of a-z, 0-9 and -".to_owned();
    Err(FormProblem { code: Code::InvalidInput, field: "slug", reason })
}

#[cfg(test)]
mod tests {
    use kernel::Clock;

    use super::*;

    #[test]
    fn visitors_are_split_by_the_weights_and_each_stays_where_they_are() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let variant = |name: &str, weight| {
            let blocks = vec![Block::Heading { text: name.to_owned() }];
            Variant { name: name.to_owned(), weight, blocks }
        };
        let variants = vec![variant("a", 3), variant("b", 1)];
        let page = LandingPage {
            id: clock.id(),
            workspace: clock.id(),
            version: 1,
            slug: "engines".into(),
            published: true,
            content: PageContent { title: "Engines".into(), language: "en".into(), variants },
            created_at: clock.now(),
            updated_at: clock.now(),
        };
        let seen = |visitor: u32| page.variant_for(&visitor.to_string()).unwrap().name.clone();
        let first: Vec<String> = (0..4_000).map(seen).collect();
        assert_eq!(first, (0..4_000).map(seen).collect::<Vec<_>>());
        let of_a = first.iter().filter(|name| *name == "a").count();
        assert!((2_900..3_100).contains(&of_a), "{of_a} of 4000 for three quarters");
    }
}
