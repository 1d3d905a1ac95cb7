//! The stages that opportunities pass, in order.

use kernel::{Clock, PipelineId, StageId, Timestamp, WorkspaceId};

pub use events::pipeline::OpportunityState;

/// Name of the pipeline that every workspace has.
pub const DEFAULT_PIPELINE: &str = "New business";

const DEFAULT_STAGES: [(&str, i64, OpportunityState); 6] = [
    ("Discovery", 10, OpportunityState::Open),
    ("Qualification", 25, OpportunityState::Open),
    ("Proposal", 50, OpportunityState::Open),
    ("Negotiation", 75, OpportunityState::Open),
    ("Closed Won", 100, OpportunityState::Won),
    ("Closed Lost", 0, OpportunityState::Lost),
];

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Pipeline {
    pub id: PipelineId,
    pub workspace: WorkspaceId,
    pub name: String,
    /// By position; never empty.
    pub stages: Vec<Stage>,
    pub created_at: Timestamp,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Stage {
    pub id: StageId,
    pub workspace: WorkspaceId,
    pub pipeline: PipelineId,
    pub name: String,
    /// Counts from 1.
    pub position: i64,
    /// How likely an opportunity in it is won, in percent.
    pub probability: i64,
    /// What an opportunity becomes by entering it.
    pub state: OpportunityState,
}

impl Pipeline {
    /// The pipeline that a workspace starts with.
    pub fn new_business(workspace: WorkspaceId, clock: &Clock) -> Self {
        let id = clock.id();
        let stages = (1..).zip(DEFAULT_STAGES).map(|(position, (name, probability, state))| Stage {
            id: clock.id(),
            workspace,
            pipeline: id,
            name: name.to_owned(),
            position,
            probability,
            state,
        });
        Self { id, workspace, name: DEFAULT_PIPELINE.to_owned(), stages: stages.collect(), created_at: clock.now() }
    }

    /// Where an opportunity enters when nobody says where.
    pub fn first_stage(&self) -> Option<&Stage> {
        self.stages.first()
    }
}
