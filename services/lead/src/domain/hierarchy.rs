//! Accounts above accounts: a tree, not too deep.

use kernel::AccountId;
use thiserror::Error;

/// Levels that a tree of accounts may have.
pub const MAX_LEVELS: usize = 20;

/// Why an account cannot stand below another.
#[derive(Debug, Clone, PartialEq, Eq, Error)]
pub enum LinkError {
    /// The account is above the other already, or is it: from the account down to the other.
    #[error("an account cannot stand below itself")]
    Cycle(Vec<AccountId>),
    #[error("a hierarchy has at most {MAX_LEVELS} levels")]
    TooDeep,
}

/// Whether `child`, with a tree of `levels` levels from it down, may stand below the first account of `line`, after which
/// come those above it, up to the top.
pub fn may_link(child: AccountId, levels: usize, line: &[AccountId]) -> Result<(), LinkError> {
    if let Some(place) = line.iter().position(|above| *above == child) {
        return Err(LinkError::Cycle(line[..=place].iter().rev().copied().collect()));
    }
    if line.len() + levels > MAX_LEVELS { Err(LinkError::TooDeep) } else { Ok(()) }
}

#[cfg(test)]
mod tests {
    use kernel::{Clock, Timestamp};

    use super::*;

    #[test]
    fn an_account_stands_below_another_but_not_below_itself() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let [top, middle, low] = [clock.id(), clock.id(), clock.id()];
        assert_eq!(may_link(low, 1, &[middle, top]), Ok(()));
        assert_eq!(may_link(top, 3, &[low, middle, top]), Err(LinkError::Cycle(vec![top, middle, low])));
        assert_eq!(may_link(top, 1, &[top]), Err(LinkError::Cycle(vec![top])));
    }

    #[test]
    fn a_tree_has_so_many_levels_and_no_more() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let line: Vec<AccountId> = (0..15).map(|_| clock.id()).collect();
        assert_eq!(may_link(clock.id(), 5, &line), Ok(()));
        assert_eq!(may_link(clock.id(), 6, &line), Err(LinkError::TooDeep));
    }
}
