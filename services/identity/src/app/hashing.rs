use std::sync::{
    Arc,
    atomic::{AtomicUsize, Ordering},
};

use tokio::sync::Semaphore;

use crate::{
    domain::password::{Password, PasswordHash},
    error::Error,
};

/// Hashed at once: each takes 19 MiB and a processor.
const AT_ONCE: usize = 2;
/// Waiting for their turn; more are sent away.
const WAITING: usize = 32;

/// Hashes passwords beside the threads that answer requests, few at a time.
#[derive(Debug, Clone)]
pub struct Hashing {
    turns: Arc<Semaphore>,
    here: Arc<AtomicUsize>,
}

/// Somebody who is waiting or at work.
struct Place(Arc<AtomicUsize>);

impl Drop for Place {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::Relaxed);
    }
}

impl Default for Hashing {
    fn default() -> Self {
        Self { turns: Arc::new(Semaphore::new(AT_ONCE)), here: Arc::default() }
    }
}

/// What a password is compared with where there is none, so that the answer takes as long. Nobody has its password.
const NOBODY: &str =
    "$argon2id$v=19$m=19456,t=2,p=1$AAAAAAAAAAAAAAAAAAAAAA$AAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAAA";

impl Hashing {
    pub async fn hash(&self, password: Password, salt: [u8; 16]) -> Result<PasswordHash, Error> {
        self.run(move || password.hash(salt)).await?.ok_or(Error::Hashing)
    }

    /// Whether the password is the one that was hashed. Without a hash it is not, and that takes as long to say.
    pub async fn matches(&self, password: Password, hash: Option<PasswordHash>) -> Result<bool, Error> {
        self.run(move || {
            let known = hash.is_some();
            let hash = hash.unwrap_or_else(|| PasswordHash::from_stored(NOBODY.to_owned()));
            password.matches(&hash) && known
        })
        .await
    }

    async fn run<T: Send + 'static>(&self, work: impl FnOnce() -> T + Send + 'static) -> Result<T, Error> {
        let place = Place(self.here.clone());
        if self.here.fetch_add(1, Ordering::Relaxed) >= AT_ONCE + WAITING {
            return Err(Error::Busy);
        }
        let turn = self.turns.clone().acquire_owned().await.map_err(|_| Error::Hashing)?;
        let done = tokio::task::spawn_blocking(move || {
            // Kept to the end, even if the client has gone.
            let _kept = (place, turn);
            work()
        });
        done.await.map_err(|_| Error::Hashing)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::mpsc;

    use super::*;

    #[test]
    fn nobodys_hash_costs_what_anybodys_does() {
        let anybody = Password::typed("anybody's password").unwrap().hash([0; 16]).unwrap();
        let cost = |hash: &str| hash.rsplitn(3, '$').last().unwrap().to_owned();
        assert_eq!(cost(NOBODY), cost(anybody.as_str()));
        assert_eq!(NOBODY.len(), anybody.as_str().len(), "and it can be read");
    }

    #[tokio::test]
    async fn who_finds_the_line_full_is_sent_away_at_once() {
        let hashing = Hashing::default();
        let (finish, wait) = mpsc::channel::<()>();
        let wait = Arc::new(std::sync::Mutex::new(wait));
        let mut line = Vec::new();
        for _ in 0..AT_ONCE + WAITING {
            let (hashing, wait) = (hashing.clone(), wait.clone());
            let mut standing = Box::pin(async move { hashing.run(move || wait.lock().unwrap().recv().unwrap()).await });
            // Polled once, it stands in the line.
            assert!(futures::poll!(&mut standing).is_pending());
            line.push(standing);
        }
        assert!(matches!(hashing.run(|| ()).await, Err(Error::Busy)));
        for _ in 0..line.len() {
            finish.send(()).unwrap();
        }
        assert!(futures::future::join_all(line).await.into_iter().all(|done| done.is_ok()));
        assert!(hashing.run(|| ()).await.is_ok());
    }
}
