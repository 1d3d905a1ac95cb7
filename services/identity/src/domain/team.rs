//! Teams: a tree of people who work together, each person in one of them at most.

use events::identity as published;
use kernel::{TeamId, Timestamp, UserId, WorkspaceId};
use thiserror::Error;

/// How many teams may stand above each other.
pub const MAX_DEPTH: usize = 12;

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Team {
    pub id: TeamId,
    pub workspace: WorkspaceId,
    pub version: i64,
    pub name: String,
    /// From the root of the tree to the team itself.
    pub path: Vec<TeamId>,
    /// Leads it, without having to be a member.
    pub manager: Option<UserId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// A team as it was and as it is now.
#[derive(Debug, Clone)]
pub struct TeamChange {
    pub previous: Team,
    pub current: Team,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum MoveError {
    #[error("a team cannot stand below itself")]
    Cycle,
    #[error("at most {MAX_DEPTH} teams stand above each other")]
    TooDeep,
}

impl Team {
    pub fn parent(&self) -> Option<TeamId> {
        self.path.len().checked_sub(2).map(|place| self.path[place])
    }

    /// The path of a team below `parent`.
    pub fn path_below(parent: Option<&Team>, id: TeamId) -> Result<Vec<TeamId>, MoveError> {
        let above = parent.map_or(&[][..], |parent| &parent.path);
        if above.len() >= MAX_DEPTH {
            return Err(MoveError::TooDeep);
        }
        Ok(above.iter().copied().chain([id]).collect())
    }

    /// The change `edit` makes, or `None` if it makes none.
    pub fn change(&self, now: Timestamp, edit: impl FnOnce(&mut Self)) -> Option<TeamChange> {
        let mut current = self.clone();
        edit(&mut current);
        if current == *self {
            return None;
        }
        current.version += 1;
        current.updated_at = now;
        Some(TeamChange { previous: self.clone(), current })
    }

    pub fn published(&self) -> published::Team {
        published::Team {
            id: self.id,
            version: self.version,
            name: self.name.clone(),
            path: self.path.clone(),
            manager: self.manager,
        }
    }
}

/// Moves `team` below `parent`, or to the root, with all of `tree`: itself and every team below it.
pub fn relocate(
    team: &Team,
    tree: &[Team],
    parent: Option<&Team>,
    now: Timestamp,
) -> Result<Vec<TeamChange>, MoveError> {
    if parent.is_some_and(|parent| parent.path.contains(&team.id)) {
        return Err(MoveError::Cycle);
    }
    let path = Team::path_below(parent, team.id)?;
    let above = team.path.len();
    let deepest = tree.iter().map(|below| below.path.len() - above).max().unwrap_or_default();
    if path.len() + deepest > MAX_DEPTH {
        return Err(MoveError::TooDeep);
    }
    let moved =
        |below: &Team| below.change(now, |below| below.path.splice(..above, path.iter().copied()).for_each(drop));
    Ok(tree.iter().filter_map(moved).collect())
}

impl TeamChange {
    pub fn changed(&self) -> published::TeamChanged {
        published::TeamChanged {
            team: self.current.id,
            previous: Some(self.previous.published()),
            current: Some(self.current.published()),
        }
    }
}

#[cfg(test)]
mod tests {
    use kernel::Clock;

    use super::*;

    fn team(clock: &Clock, parent: Option<&Team>) -> Team {
        let id = clock.id();
        Team {
            id,
            workspace: WorkspaceId::from(uuid::Uuid::nil()),
            version: 1,
            name: "team".into(),
            path: Team::path_below(parent, id).unwrap(),
            manager: None,
            created_at: clock.now(),
            updated_at: clock.now(),
        }
    }

    #[test]
    fn a_team_moves_with_all_below_it() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let (a, b) = (team(&clock, None), team(&clock, None));
        let child = team(&clock, Some(&a));
        let grandchild = team(&clock, Some(&child));
        let tree = [child.clone(), grandchild.clone()];
        let changes = relocate(&child, &tree, Some(&b), clock.now()).unwrap();
        assert_eq!(changes[0].current.path, [b.id, child.id]);
        assert_eq!(changes[1].current.path, [b.id, child.id, grandchild.id]);
        assert_eq!(changes[1].current.parent(), Some(child.id));
        let changes = relocate(&child, &tree, None, clock.now()).unwrap();
        assert_eq!((changes[0].current.parent(), &changes[0].current.path[..]), (None, &[child.id][..]));
        assert!(relocate(&child, &tree, Some(&a), clock.now()).unwrap().is_empty(), "where it stands already");
    }

    #[test]
    fn a_team_cannot_stand_below_itself() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let a = team(&clock, None);
        let child = team(&clock, Some(&a));
        let tree = [a.clone(), child.clone()];
        for parent in [&a, &child] {
            assert_eq!(relocate(&a, &tree, Some(parent), clock.now()).unwrap_err(), MoveError::Cycle);
        }
    }

    #[test]
    fn the_tree_does_not_grow_without_end() {
        let clock = Clock::fixed(Timestamp::UNIX_EPOCH, 1);
        let mut line = vec![team(&clock, None)];
        while line.len() < MAX_DEPTH {
            line.push(team(&clock, line.last()));
        }
        assert_eq!(Team::path_below(line.last(), clock.id()), Err(MoveError::TooDeep));
        let (above, pair) = (team(&clock, None), [team(&clock, None)]);
        let below = team(&clock, Some(&pair[0]));
        let tree = [pair[0].clone(), below];
        assert!(relocate(&pair[0], &tree, Some(&above), clock.now()).is_ok());
        assert_eq!(relocate(&pair[0], &tree, Some(&line[MAX_DEPTH - 2]), clock.now()).unwrap_err(), MoveError::TooDeep);
        assert!(relocate(&pair[0], &tree, Some(&line[MAX_DEPTH - 3]), clock.now()).is_ok());
    }
}
