//! What somebody has signed in to.

use chrono::TimeDelta;
use kernel::{SessionId, Timestamp, UserId, WorkspaceId};

pub use events::identity::{Client, RevokedBecause, SignInMethod};

/// However often it is refreshed, then it is over.
pub const LIFETIME: TimeDelta = TimeDelta::days(30);
/// Not refreshed for so long, it is over sooner.
pub const IDLE: TimeDelta = TimeDelta::days(7);

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Session {
    pub id: SessionId,
    pub workspace: WorkspaceId,
    pub user: UserId,
    pub method: SignInMethod,
    /// Where it began.
    pub address: Option<String>,
    pub user_agent: Option<String>,
    pub created_at: Timestamp,
    /// When it was last refreshed.
    pub last_used_at: Timestamp,
    pub expires_at: Timestamp,
    pub revoked_at: Option<Timestamp>,
}

impl Session {
    pub fn is_active(&self, now: Timestamp) -> bool {
        self.revoked_at.is_none() && now < self.expires_at && now < self.last_used_at + IDLE
    }
}

/// The last characters of a program's description of itself add nothing.
pub fn cut(user_agent: &str) -> String {
    user_agent.chars().filter(|c| !c.is_control()).take(200).collect()
}

#[cfg(test)]
mod tests {
    use kernel::Clock;

    use super::*;

    #[test]
    fn a_session_ends_by_age_by_rest_and_by_hand() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let now = clock.now();
        let session = Session {
            id: clock.id(),
            workspace: clock.id(),
            user: clock.id(),
            method: SignInMethod::Password,
            address: None,
            user_agent: None,
            created_at: now,
            last_used_at: now,
            expires_at: now + LIFETIME,
            revoked_at: None,
        };
        assert!(session.is_active(now));
        assert!(!session.is_active(now + IDLE));
        let used = Session { last_used_at: now + IDLE, ..session.clone() };
        assert!(used.is_active(now + IDLE));
        assert!(!Session { last_used_at: now + LIFETIME, ..session.clone() }.is_active(now + LIFETIME));
        assert!(!Session { revoked_at: Some(now), ..session }.is_active(now));
    }
}
