//! Where a supergraph comes from, read again when it may have changed.

use std::{path::PathBuf, time::SystemTime};

use reqwest::{
    StatusCode,
    header::{ETAG, HeaderValue, IF_NONE_MATCH},
};
use sha2::{Digest, Sha256};
use thiserror::Error;

/// A file or an http(s) URL, with what is known of the text that was read last.
#[derive(Debug)]
pub struct Source {
    place: Place,
    read: Option<[u8; 32]>,
}

#[derive(Debug)]
enum Place {
    File { path: PathBuf, modified: Option<SystemTime> },
    Url { url: String, client: reqwest::Client, tag: Option<HeaderValue> },
}

#[derive(Debug, Error)]
#[error("cannot read the supergraph from {place}")]
pub struct SourceError {
    place: String,
    source: Box<dyn std::error::Error + Send + Sync>,
}

impl Source {
    pub fn new(place: &str, client: reqwest::Client) -> Self {
        let place = if place.starts_with("http://") || place.starts_with("https://") {
            Place::Url { url: place.to_owned(), client, tag: None }
        } else {
            Place::File { path: place.into(), modified: None }
        };
        Self { place, read: None }
    }

    /// The text, if it is another than the one read last. A file that looks untouched is not read, a URL is
    /// asked with the entity tag it gave.
    pub async fn changed(&mut self) -> Result<Option<String>, SourceError> {
        let text = match &mut self.place {
            Place::File { path, modified } => read_file(path, modified).await,
            Place::Url { url, client, tag } => read_url(url, client, tag).await,
        };
        let text = text.map_err(|source| SourceError { place: self.to_string(), source })?;
        Ok(text.filter(|text| {
            let hash = Sha256::digest(text.as_bytes()).into();
            self.read.replace(hash) != Some(hash)
        }))
    }

    /// As [`changed`](Self::changed), but looks at the text itself whatever the signs say.
    pub async fn read_again(&mut self) -> Result<Option<String>, SourceError> {
        match &mut self.place {
            Place::File { modified, .. } => *modified = None,
            Place::Url { tag, .. } => *tag = None,
        }
        self.changed().await
    }
}

impl std::fmt::Display for Source {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match &self.place {
            Place::File { path, .. } => write!(f, "{}", path.display()),
            Place::Url { url, .. } => f.write_str(url),
        }
    }
}

type Read = Result<Option<String>, Box<dyn std::error::Error + Send + Sync>>;

async fn read_file(path: &PathBuf, modified: &mut Option<SystemTime>) -> Read {
    let touched = tokio::fs::metadata(path).await?.modified().ok();
    if touched.is_some() && touched == *modified {
        return Ok(None);
    }
    let text = tokio::fs::read_to_string(path).await?;
    // Only now: a file that could not be read is tried again.
    *modified = touched;
    Ok(Some(text))
}

async fn read_url(url: &str, client: &reqwest::Client, tag: &mut Option<HeaderValue>) -> Read {
    let request = client.get(url);
    let request = match &*tag {
        Some(tag) => request.header(IF_NONE_MATCH, tag),
        None => request,
    };
    let response = request.send().await?;
    if response.status() == StatusCode::NOT_MODIFIED {
        return Ok(None);
    }
    let response = response.error_for_status()?;
    let given = response.headers().get(ETAG).cloned();
    let text = response.text().await?;
    *tag = given;
    Ok(Some(text))
}
