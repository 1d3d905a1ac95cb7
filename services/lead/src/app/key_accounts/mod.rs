//! Key accounts: what is planned with them, and whether they are neglected.

mod plan;
mod read;
mod rules;
mod touch;
mod watch;

pub use plan::SetAccountPlan;
pub(super) use plan::close_alerts;
pub use rules::UpdateKeyAccountRules;
pub use touch::RecordTouch;
