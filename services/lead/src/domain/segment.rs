//! Leads that fit a definition.

use std::collections::HashSet;

use events::lead as published;
use filter::{Filter, FilterErrors};
use kernel::{Access, Action, Code, Coded, Denied, LeadId, Object, SegmentId, Timestamp, WorkspaceId};

use super::{lead::Lead, lead_filter};

/// Segments of one workspace: every lead that is saved is held against all of them.
pub const MAX_SEGMENTS: usize = 200;

#[derive(Debug, Clone, PartialEq)]
pub struct Segment {
    pub id: SegmentId,
    pub workspace: WorkspaceId,
    pub version: i64,
    /// Unique in the workspace.
    pub name: String,
    /// Canonical: as a filter prints itself.
    pub definition: String,
    /// False while leads from before the definition have yet to be looked at.
    pub ready: bool,
    /// The last lead that was looked at, in the order of their ids.
    pub filled_to: Option<LeadId>,
    pub created_at: Timestamp,
    pub updated_at: Timestamp,
}

/// What a person wrote, read and checked.
#[derive(Debug, Clone, PartialEq)]
pub struct Definition(Filter);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum DefinitionError {
    #[error(transparent)]
    Filter(#[from] FilterErrors),
    #[error("a segment cannot ask for time that passes (now(), ago(…), from_now(…), within …): write a day instead")]
    PassingTime,
}

impl Coded for DefinitionError {
    fn code(&self) -> Code {
        match self {
            Self::Filter(errors) => errors.code(),
            Self::PassingTime => Code::InvalidInput,
        }
    }

    fn field(&self) -> Option<&str> {
        Some("definition")
    }
}

impl Definition {
    pub fn parse(text: &str) -> Result<Self, DefinitionError> {
        let filter = Filter::parse(text, lead_filter::schema())?;
        // Nobody would notice that a lead has come in or gone out: membership follows changes of leads.
        if filter.depends_on_time() { Err(DefinitionError::PassingTime) } else { Ok(Self(filter)) }
    }

    pub fn filter(&self) -> &Filter {
        &self.0
    }

    /// Refuses an actor from whom a field is hidden that the definition asks for: who fits would tell of it. That a lead
    /// has an account is hidden from who may not read every account.
    pub fn require_shown(&self, access: &Access) -> Result<(), Denied> {
        lead_filter::asked(&self.0).try_for_each(|field| access.require_shown(Object::Lead, field))?;
        let asks = self.0.fields().contains(lead_filter::ACCOUNT);
        if asks { access.require_all(Object::Account, Action::Read) } else { Ok(()) }
    }
}

impl Segment {
    pub fn create(
        id: SegmentId,
        workspace: WorkspaceId,
        name: String,
        definition: &Definition,
        now: Timestamp,
    ) -> Self {
        let definition = definition.0.to_string();
        Self {
            id,
            workspace,
            version: 1,
            name,
            definition,
            ready: false,
            filled_to: None,
            created_at: now,
            updated_at: now,
        }
    }

    /// Takes another name or definition; `None` if that changes nothing. All leads are to be looked at again for another
    /// definition.
    pub fn change(&self, name: Option<String>, definition: Option<&Definition>, now: Timestamp) -> Option<Self> {
        let mut changed = self.clone();
        changed.name = name.unwrap_or(changed.name);
        if let Some(definition) = definition.map(|definition| definition.0.to_string())
            && definition != changed.definition
        {
            changed = Self { definition, ready: false, filled_to: None, ..changed };
        }
        if changed == *self {
            return None;
        }
        Some(Self { version: self.version + 1, updated_at: now, ..changed })
    }

    pub fn published(&self) -> published::Segment {
        let Self { id, version, name, definition, .. } = self.clone();
        published::Segment { id, version, name, definition }
    }
}

/// A lead in a segment.
pub type Member = (SegmentId, LeadId);

/// Who comes and who goes.
#[derive(Debug, Default, PartialEq, Eq)]
pub struct Moves {
    pub entered: Vec<Member>,
    pub exited: Vec<Member>,
}

/// What has to change so that of these leads those are members that fit. `members` are those of now.
pub fn moves(segments: &[Segment], leads: &[Lead], members: &HashSet<Member>, now: Timestamp) -> Moves {
    let mut moves = Moves::default();
    for segment in segments {
        // One that cannot be read any more keeps its members, and no lead is lost for it.
        let Ok(definition) = Definition::parse(&segment.definition) else { continue };
        for lead in leads {
            let member = (segment.id, lead.id);
            match (lead.merged_into.is_none() && definition.0.matches(lead, now), members.contains(&member)) {
                (true, false) => moves.entered.push(member),
                (false, true) => moves.exited.push(member),
                _ => {}
            }
        }
    }
    moves
}
