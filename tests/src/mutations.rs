//! Every mutation. One that stands in neither list fails a test; one that is listed and never tried, another.

/// What makes something: asked again under the same key, it finds what it made.
pub const CREATES: &[&str] = &[
    "captureLead",
    "convertLead",
    "createAccount",
    "createApiKey",
    "createContact",
    "createOpportunity",
    "createRole",
    "createSegment",
    "createServiceAccount",
    "createTeam",
    "createUser",
    "createWorkspace",
    "enrichLead",
    "enrollLead",
    "importAccounts",
    "importLeads",
    "inviteUser",
    "rotateApiKey",
    "routeLead",
    "suppress",
];

/// What brings something that there is into a state that the input names: asked again, it changes nothing more, or
/// says that the version has moved on.
pub const CHANGES: &[&str] = &[
    "addTeamMember",
    "deleteRole",
    "deleteSegment",
    "deleteTeam",
    "moveOpportunity",
    "moveTeam",
    "pauseEnrollment",
    "removeTeamMember",
    "resolveUncertainMessage",
    "resumeEnrollment",
    "revokeApiKey",
    "revokeSession",
    "setMailboxPaused",
    "stopEnrollment",
    "updateAccount",
    "updateContact",
    "updateLead",
    "updateOpportunity",
    "updateRep",
    "updateRole",
    "updateSegment",
    "updateTeam",
    "updateUser",
];
