//! The cadence service through GraphQL, events, its mail transports and its pages.

mod confirmations;
mod crash;
mod enrolling;
mod entities;
mod gate;
mod lists;
mod merging;
mod pages;
mod senders;
mod smtp;
mod tenants;
mod trail;
mod world;
