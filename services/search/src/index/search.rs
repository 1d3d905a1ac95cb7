use kernel::{
    Action, Actor,
    access::{Attribute, Part, Rows},
};
use serde::Deserialize;
use tantivy::{
    TantivyDocument, Term,
    collector::{
        Count, TopDocs,
        sort_key::{SortBySimilarityScore, SortByStaticFastValue},
    },
    query::{
        BooleanQuery, ConstScoreQuery, DisjunctionMaxQuery, FuzzyTermQuery, Occur, Query, TermQuery, TermSetQuery,
    },
    schema::{Field as IndexField, IndexRecordOption, Value},
};
use uuid::Uuid;

use super::{
    IndexError, SearchIndex,
    fields::{Fields, ID_HIGH, ID_LOW},
    workspace_term,
};
use crate::domain::{
    document::{Field, Kind, Texts},
    query::{Match, SearchQuery, Word, typos},
    window::Page,
};

/// Added when the name is exactly the query.
const WHOLE_NAME: f32 = 2.0;
/// Added when the name is nearly the query.
const NEAR_NAME: f32 = 0.25;
/// Added for an account: of several things with one name the company comes first.
const ACCOUNT: f32 = 0.125;

/// A document that was found. No `Debug`: it holds personal data.
#[derive(Clone)]
pub struct Hit {
    pub kind: Kind,
    pub id: Uuid,
    pub score: f32,
    pub texts: Texts,
}

#[derive(Deserialize)]
struct Stored {
    kind: Kind,
    id: Uuid,
    texts: Texts,
}

impl SearchIndex {
    /// The best hits first, equal ones newest first; one more than the page if there are more.
    pub fn search(&self, actor: &Actor, query: &SearchQuery, page: Page) -> Result<Vec<Hit>, IndexError> {
        if page.limit == 0 {
            return Ok(Vec::new());
        }
        let searcher = self.reader.searcher();
        let by_score = (
            SortBySimilarityScore,
            SortByStaticFastValue::<u64>::for_field(ID_HIGH),
            SortByStaticFastValue::<u64>::for_field(ID_LOW),
        );
        let top = TopDocs::with_limit(page.limit + 1).and_offset(page.offset).order_by(by_score);
        let found = searcher.search(&to_index(&self.fields, actor, query), &top)?;
        let mut hits = Vec::with_capacity(found.len());
        for ((score, ..), address) in found {
            let document: TantivyDocument = searcher.doc(address)?;
            let stored = document.get_first(self.fields.stored).and_then(|value| value.as_str()).unwrap_or_default();
            let Stored { kind, id, texts } = serde_json::from_str(stored).map_err(IndexError::Stored)?;
            let texts = texts.only(&kind.visible(&actor.access));
            hits.push(Hit { kind, id, score, texts });
        }
        Ok(hits)
    }

    /// How many documents match, in and beyond the window.
    pub fn count(&self, actor: &Actor, query: &SearchQuery) -> Result<usize, IndexError> {
        Ok(self.reader.searcher().search(&to_index(&self.fields, actor, query), &Count)?)
    }
}

/// The workspace and every word must match, in what the actor may see. Scores are constants of [`Match`] and
/// [`Field`]: how rare a word is says little about names, and would differ between two indexes of the same documents.
fn to_index(fields: &Fields, actor: &Actor, query: &SearchQuery) -> BooleanQuery {
    let asked = if query.kinds.is_empty() { &Kind::ALL[..] } else { &query.kinds };
    // Kinds of which all is seen share one clause; there is a search for each of the others.
    let (mut whole, mut parts) = (Vec::new(), Vec::new());
    for &kind in asked {
        let (rows, visible) = (actor.access.rows(kind.object(), Action::Read), kind.visible(&actor.access));
        if rows == Rows::All && visible.len() == Field::ALL.len() {
            whole.push(kind);
        } else {
            parts.push((Occur::Should, of_kinds(fields, &[kind], &rows, &visible, query)));
        }
    }
    if !whole.is_empty() {
        parts.push((Occur::Should, of_kinds(fields, &whole, &Rows::All, &Field::ALL, query)));
    }
    BooleanQuery::new(vec![
        (Occur::Must, constant(term(fields.workspace, &workspace_term(actor.workspace)), 0.0)),
        (Occur::Must, Box::new(BooleanQuery::new(parts))),
    ])
}

fn of_kinds(
    fields: &Fields,
    kinds: &[Kind],
    rows: &Rows<'_>,
    visible: &[Field],
    query: &SearchQuery,
) -> Box<dyn Query> {
    let kinds = kinds.iter().map(|kind| Term::from_field_text(fields.kind, kind.as_str()));
    let mut clauses = vec![(Occur::Must, constant(Box::new(TermSetQuery::new(kinds)), 0.0))];
    if let Rows::Any(parts) = rows {
        let parts = parts.iter().map(|part| (Occur::Should, allowed(fields, part))).collect();
        clauses.push((Occur::Must, constant(Box::new(BooleanQuery::new(parts)), 0.0)));
    }
    clauses.extend(query.words.iter().map(|word| (Occur::Must, of_word(fields, visible, word))));
    if visible.contains(&Field::Name) {
        clauses.push((Occur::Should, constant(term(fields.whole, &query.whole), WHOLE_NAME)));
        if typos(&query.whole) > 0 {
            clauses.push((Occur::Should, constant(near(fields.whole, &query.whole), NEAR_NAME)));
        }
    }
    clauses.push((Occur::Should, constant(term(fields.kind, Kind::Account.as_str()), ACCOUNT)));
    Box::new(BooleanQuery::new(clauses))
}

/// What one part of a permission holds for. Nothing is required of a part that asks for nothing.
fn allowed(fields: &Fields, part: &Part<'_>) -> Box<dyn Query> {
    let mut clauses: Vec<(Occur, Box<dyn Query>)> = Vec::new();
    let mut one_of = |field, values: Vec<String>| {
        let terms = values.into_iter().map(|value| Term::from_field_text(field, &value));
        clauses.push((Occur::Must, Box::new(TermSetQuery::new(terms)) as Box<dyn Query>));
    };
    if let Some(owners) = part.owners {
        one_of(fields.owner, owners.iter().map(ToString::to_string).collect());
    }
    for condition in part.conditions {
        let field = match condition.attribute {
            Attribute::Country => fields.country,
            Attribute::Source => fields.source,
            Attribute::Industry => fields.industry,
        };
        one_of(field, condition.any_of.clone());
    }
    Box::new(BooleanQuery::new(clauses))
}

/// The best of the fields and ways in which a word is found.
fn of_word(fields: &Fields, visible: &[Field], word: &Word) -> Box<dyn Query> {
    let mut choices: Vec<Box<dyn Query>> = Vec::new();
    for &field in visible.iter().filter(|&&field| word.looks_in(field)) {
        for &way in word.ways() {
            let words = fields.words(field);
            let query = match way {
                Match::Exact => term(words, &word.text),
                Match::Prefix => {
                    Box::new(FuzzyTermQuery::new_prefix(Term::from_field_text(words, &word.text), 0, true))
                }
                Match::Typo => near(words, &word.text),
            };
            choices.push(constant(query, way.weight() * field.weight()));
        }
    }
    Box::new(DisjunctionMaxQuery::new(choices))
}

fn constant(query: Box<dyn Query>, score: f32) -> Box<dyn Query> {
    Box::new(ConstScoreQuery::new(query, score))
}

fn term(field: IndexField, text: &str) -> Box<dyn Query> {
    Box::new(TermQuery::new(Term::from_field_text(field, text), IndexRecordOption::Basic))
}

fn near(field: IndexField, text: &str) -> Box<dyn Query> {
    Box::new(FuzzyTermQuery::new(Term::from_field_text(field, text), typos(text), true))
}
