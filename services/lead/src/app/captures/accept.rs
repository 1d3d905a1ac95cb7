use events::lead::{CaptureConfirmationRequested, Consent, ConsentEvidence};
use kernel::{CaptureId, LandingPageId, Permission, inputs_hash};
use platform::idempotency::IdempotencyError;
use serde_json::json;

use super::visitor;
use crate::{
    app::App,
    domain::capture::{
        CONFIRM_WITHIN, Capture, CaptureState, FieldError, Form, Given, PageSeen, Submission, names, read, token_hash,
    },
    error::Error,
    store,
};

/// Longest idempotency key, and page that is kept, in characters.
const MAX_KEY: usize = 200;
const MAX_PAGE: usize = 500;

/// One submission of a form.
#[derive(Debug, Clone)]
pub struct Submitted {
    pub given: Given,
    /// What a program chose, so that it can send the same again.
    pub idempotency_key: Option<String>,
    /// Where the form stood, as the browser says.
    pub page_url: Option<String>,
}

/// Why a submission was not taken.
#[derive(Debug)]
pub enum Refused {
    Fields(Vec<FieldError>),
    Failed(Error),
}

impl From<Error> for Refused {
    fn from(error: Error) -> Self {
        Self::Failed(error)
    }
}

impl From<sqlx::Error> for Refused {
    fn from(error: sqlx::Error) -> Self {
        Self::Failed(error.into())
    }
}

impl App {
    /// Takes a submission: once it is kept it is answered, and what fails afterwards the job does again.
    pub async fn accept_capture(&self, form: &Form, submitted: Submitted) -> Result<CaptureId, Refused> {
        let id = self.keep_capture(form, submitted).await?;
        if let Err(error) = self.process_capture(form.workspace, id).await {
            tracing::warn!(capture = %id, error = &error as &dyn std::error::Error, "a capture waits");
        }
        Ok(id)
    }

    /// Makes a submission durable, and no lead of it yet. The same again finds the first.
    pub async fn keep_capture(&self, form: &Form, submitted: Submitted) -> Result<CaptureId, Refused> {
        let actor = visitor(form.workspace, false);
        actor.require(Permission::Write).map_err(Error::from)?;
        let submission = read(&form.content, &submitted.given).map_err(Refused::Fields)?;
        let seen = self.page_seen(form, &submitted.given).await?;
        let token = (form.content.double_opt_in && !submission.trapped).then(|| self.secret());
        let capture = self.capture_of(form, &submitted, submission, seen, token.as_deref())?;
        let mut tx = self.db.of(form.workspace).begin().await?;
        if !store::captures::insert(&mut tx, &capture).await? {
            let key = capture.once_key.as_deref().unwrap_or_default();
            let first = store::captures::by_once_key(&mut tx, form.workspace, form.id, key).await?;
            let first = first.ok_or(Error::Conflict)?;
            if first.given_hash != capture.given_hash {
                return Err(Error::Idempotency(IdempotencyError::Mismatch).into());
            }
            return Ok(first.id);
        }
        let mut events = self.outbox.events((&actor).into());
        if let Some((token, expires_at)) = token.zip(capture.confirm_by) {
            events.push(&CaptureConfirmationRequested {
                capture: capture.id,
                form: form.id,
                form_name: form.content.name.clone(),
                email: capture.draft.email.clone(),
                url: format!("{}/f/confirm/{token}", self.public_url),
                expires_at,
            });
        }
        events.save(&mut tx).await?;
        self.outbox.commit(tx).await?;
        Ok(capture.id)
    }

    /// The landing page that was named, if the form's workspace has it.
    async fn page_seen(&self, form: &Form, given: &Given) -> Result<Option<PageSeen>, Error> {
        let Ok(id) = given.get(names::PAGE).parse::<LandingPageId>() else { return Ok(None) };
        let page = store::landing_pages::by_ids(&self.db, form.workspace, &[id]).await?.pop();
        let variant = given.get(names::VARIANT);
        let known = page.filter(|page| page.has_variant(variant));
        Ok(known.map(|page| PageSeen { page: page.id, variant: variant.to_owned() }))
    }

    fn capture_of(
        &self,
        form: &Form,
        submitted: &Submitted,
        submission: Submission,
        seen: Option<PageSeen>,
        token: Option<&str>,
    ) -> Result<Capture, Error> {
        let (id, now) = (self.clock.id(), self.clock.now());
        let Submission { draft, answers, utm, consent, trapped } = submission;
        let given = submitted.given.storable();
        let given_hash = inputs_hash(&json!(given));
        let evidence = ConsentEvidence {
            given_at: now,
            page: submitted.page_url.as_deref().map(page_without_query),
            form: form.id,
            form_version: form.version,
            confirmed_at: None,
        };
        Ok(Capture {
            id,
            workspace: form.workspace,
            form: form.id,
            form_version: form.version,
            state: match (trapped, token) {
                (true, _) => CaptureState::Spam,
                (false, Some(_)) => CaptureState::Pending,
                (false, None) => CaptureState::Received,
            },
            draft,
            answers,
            utm,
            consent: consent.map(|c| Consent { purpose: c.purpose, text: c.text, version: c.version, evidence }),
            seen,
            once_key: once_key(submitted.idempotency_key.as_deref(), &given, &given_hash)?,
            given,
            given_hash,
            token_hash: token.map(token_hash),
            confirm_by: token.map(|_| now + CONFIRM_WITHIN),
            confirmed_at: None,
            lead: None,
            attempts: 0,
            due_at: now,
            received_at: now,
        })
    }
}

/// A program's key stands for one input. A page's nonce is there against a button that is pressed twice: who goes back and
/// mends something sends something else.
fn once_key(key: Option<&str>, given: &Given, given_hash: &str) -> Result<Option<String>, Error> {
    let nonce = given.get(names::NONCE);
    match key {
        Some(key) if key.trim().is_empty() || key.chars().count() > MAX_KEY || key.chars().any(char::is_control) => {
            Err(Error::Idempotency(IdempotencyError::Malformed))
        }
        Some(key) => Ok(Some(format!("key {key}"))),
        None if nonce.is_empty() || nonce.chars().count() > MAX_KEY => Ok(None),
        None => Ok(Some(format!("nonce {nonce} {given_hash}"))),
    }
}

/// What stands behind the path may be personal.
fn page_without_query(url: &str) -> String {
    url.split(['?', '#']).next().unwrap_or_default().chars().take(MAX_PAGE).collect()
}
