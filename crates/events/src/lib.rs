//! The published language: what services tell each other. One module per publishing service; a payload only
//! ever gains optional fields, and `schema/events/` keeps one golden example per type and version that must
//! parse for ever.

pub mod cadence;
pub mod enrichment;
mod envelope;
pub mod examples;
pub mod identity;
pub mod lead;
pub mod pipeline;
pub mod routing;

pub use envelope::{Envelope, Event, PayloadError};

/// Declares which payload travels under which type: `crm.<service>.<entity>.<verb>.v<version>`.
macro_rules! event {
    ($payload:ident, $type:literal, |$event:ident| $subject:expr) => {
        impl crate::Event for $payload {
            const TYPE: &'static str = $type;
            fn subject(&self) -> String {
                let $event = self;
                $subject.to_string()
            }
        }
    };
}
pub(crate) use event;
