//! The team a new workspace starts with, as the configuration writes it.

use kernel::{EmailAddress, EmailError, PersonName};
use thiserror::Error;

/// One person of the team.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct TeamMember {
    pub name: PersonName,
    pub email: EmailAddress,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum TeamMemberError {
    #[error("a team member is written `Name <address>`")]
    Shape,
    #[error(transparent)]
    Email(#[from] EmailError),
}

impl TeamMember {
    /// Reads `Name <address>`.
    pub fn parse(text: &str) -> Result<Self, TeamMemberError> {
        let (name, rest) = text.split_once('<').ok_or(TeamMemberError::Shape)?;
        let email = rest.trim_end().strip_suffix('>').ok_or(TeamMemberError::Shape)?;
        let name = name.trim();
        if name.is_empty() {
            return Err(TeamMemberError::Shape);
        }
        Ok(Self { name: PersonName::new(name), email: EmailAddress::parse(email)? })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_member_is_a_name_and_an_address() {
        let member = TeamMember::parse(" Lucía Fernández <Lucia@Example.com> ").unwrap();
        assert_eq!((member.name.as_str(), member.email.as_str()), ("Lucía Fernández", "lucia@example.com"));
    }

    #[test]
    fn what_is_not_a_member_says_why() {
        for text in
            ["", "lucia@example.com", "<lucia@example.com>", "Lucía <lucia@example.com", "Lucía <lucia@example.com> x"]
        {
            assert_eq!(TeamMember::parse(text), Err(TeamMemberError::Shape), "{text}");
        }
        assert!(matches!(TeamMember::parse("Lucía <lucia>"), Err(TeamMemberError::Email(_))));
    }
}
