use kernel::{Actor, PageArgs, Permission};

use super::App;
use crate::{
    domain::{
        document::Kind,
        query::SearchQuery,
        window::{Page, ResultCursor},
    },
    error::Error,
    index::Hit,
};

#[derive(Clone)]
pub struct Search {
    pub query: String,
    /// Empty for all.
    pub kinds: Vec<Kind>,
    pub first: Option<i32>,
    pub after: Option<String>,
}

/// One page of results. No `Debug`: it holds personal data.
pub struct Found {
    /// `None` if there was no word to look for.
    pub query: Option<SearchQuery>,
    pub hits: Vec<(ResultCursor, Hit)>,
    pub has_previous: bool,
    pub has_next: bool,
}

impl App {
    /// Every word of the query must be found in the object, the best matches first.
    pub async fn search(&self, actor: &Actor, input: Search) -> Result<Found, Error> {
        actor.require(Permission::Read)?;
        let first = PageArgs::parse(input.first, None)?.first;
        let Some(query) = SearchQuery::parse(&input.query, &input.kinds)? else {
            return Ok(Found { query: None, hits: Vec::new(), has_previous: false, has_next: false });
        };
        let fingerprint = query.fingerprint();
        let after = input.after.map(|after| ResultCursor::decode(&after, fingerprint)).transpose()?;
        let page = Page::new(first, after);
        let (asker, asked) = (actor.clone(), query.clone());
        let mut hits = self.on_index(move |index| index.search(&asker, &asked, page)).await?;
        let more = hits.len() > page.limit;
        hits.truncate(page.limit);
        let place = |at: usize| ResultCursor::new(page.offset + at + 1, fingerprint);
        Ok(Found {
            query: Some(query),
            hits: hits.into_iter().enumerate().map(|(at, hit)| (place(at), hit)).collect(),
            has_previous: page.offset > 0,
            has_next: more && !page.is_last_of_window(),
        })
    }

    /// How many objects a query finds, on all pages and beyond the last.
    pub async fn count(&self, actor: &Actor, query: &SearchQuery) -> Result<usize, Error> {
        actor.require(Permission::Read)?;
        let (asker, query) = (actor.clone(), query.clone());
        Ok(self.on_index(move |index| index.count(&asker, &query)).await?)
    }
}
