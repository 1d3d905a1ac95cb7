//! What each outcome of each field says, in bits.
//!
//! `m` and `u` are shares of all pairs in which both records have the field, of one person and of two; those of a
//! field add up to about one. Where `u` depends on the value, as with names, the figure here is the average, and
//! [`Population`](super::Population) puts the value's own in its place.
//!
//! Where they come from. `u` of names: the chance that two Americans share a name, from the 2010 census' surnames
//! (about 1 in 1,000) and the Social Security Administration's given names (about 1 in 125); among other peoples it is larger,
//! which is what the population is for. `m` of names and phones: the ranges that record linkage reports for
//! administrative data (Winkler 2006, "Overview of Record Linkage"; Christen 2012, "Data Matching", ch. 6), less what
//! nicknames, transliteration and marriage take. `u` of mailboxes and numbers: what it takes for two strangers to
//! share one, by a reassigned address or a household's line. The rest are estimates for business contacts.

/// `log2(m / u)`.
pub fn bits(m: f64, u: f64) -> f64 {
    (m / u).log2()
}

/// Average share of a value, and `m` for full agreement on it; the outcomes short of that are pairs of `m` and `u`.
pub mod family {
    pub const EXACT: f64 = 0.86;
    pub const AVERAGE: f64 = 0.001;
    pub const CLOSE: (f64, f64) = (0.05, 0.0015);
    pub const SOUNDS: (f64, f64) = (0.02, 0.0015);
    pub const PARTIAL: (f64, f64) = (0.03, 0.002);
    pub const INITIAL: (f64, f64) = (0.02, 0.06);
    /// Marriage, and the wrong field.
    pub const DIFFERS: (f64, f64) = (0.04, 0.99);
}

pub mod given {
    pub const EXACT: f64 = 0.72;
    pub const AVERAGE: f64 = 0.008;
    pub const NICKNAME: (f64, f64) = (0.08, 0.004);
    pub const CLOSE: (f64, f64) = (0.05, 0.004);
    pub const SOUNDS: (f64, f64) = (0.03, 0.004);
    pub const PARTIAL: (f64, f64) = (0.02, 0.004);
    pub const INITIAL: (f64, f64) = (0.08, 0.06);
    pub const DIFFERS: (f64, f64) = (0.02, 0.98);
}

/// First and last name in each other's field.
pub const SWAPPED: (f64, f64) = (0.03, 0.5);

pub mod email {
    pub const EXACT: f64 = 0.50;
    pub const SAME_MAILBOX: f64 = 0.05;
    pub const AVERAGE: f64 = 1e-7;
    pub const CLOSE: (f64, f64) = (0.03, 0.001);
    /// Among pairs who share a company: nearly all colleagues, few of one person's records.
    pub const SAME_HOUSE: (f64, f64) = (0.10, 0.95);
    /// One at work, one at home, one at the last employer.
    pub const DIFFERS: (f64, f64) = (0.42, 0.999);
}

pub mod phone {
    pub const EXACT: f64 = 0.50;
    pub const AVERAGE: f64 = 1e-6;
    /// Desk and mobile.
    pub const DIFFERS: (f64, f64) = (0.50, 0.999);
    /// A number that more people than that have is a house's, not theirs.
    pub const HOUSEHOLD: u32 = 4;
}

pub mod company {
    pub const EXACT: f64 = 0.72;
    pub const AVERAGE: f64 = 0.0005;
    pub const CLOSE: (f64, f64) = (0.06, 0.001);
    pub const PARTIAL: (f64, f64) = (0.04, 0.001);
    pub const DIFFERS: (f64, f64) = (0.18, 0.998);
}

pub mod address {
    pub const EXACT: f64 = 0.60;
    pub const AVERAGE: f64 = 2e-5;
    /// The same street and number, in towns that are not both known.
    pub const PARTIAL: (f64, f64) = (0.15, 2e-4);
    pub const DIFFERS: (f64, f64) = (0.25, 0.999);
}

pub mod country {
    /// Half of those with like names live in one country.
    pub const EXACT: (f64, f64) = (0.97, 0.5);
    pub const DIFFERS: (f64, f64) = (0.03, 0.5);
}

/// Of two records of companies.
pub mod account {
    pub const NAME_EXACT: f64 = 0.75;
    pub const NAME_AVERAGE: f64 = 5e-5;
    pub const NAME_CLOSE: (f64, f64) = (0.08, 5e-4);
    pub const NAME_PARTIAL: (f64, f64) = (0.07, 0.001);
    pub const NAME_DIFFERS: (f64, f64) = (0.10, 0.999);
    pub const DOMAIN_EXACT: f64 = 0.75;
    pub const DOMAIN_AVERAGE: f64 = 1e-6;
    /// One name under two top-level domains.
    pub const DOMAIN_PARTIAL: (f64, f64) = (0.10, 2e-4);
    pub const DOMAIN_DIFFERS: (f64, f64) = (0.15, 0.999);
    pub const PHONE_EXACT: f64 = 0.60;
    pub const PHONE_AVERAGE: f64 = 1e-5;
    pub const PHONE_DIFFERS: (f64, f64) = (0.40, 0.999);
    pub const HOUSE_EXACT: f64 = 0.60;
    /// Many offices stand in one house.
    pub const HOUSE_AVERAGE: f64 = 1e-3;
    pub const HOUSE_DIFFERS: (f64, f64) = (0.40, 0.999);
}

/// The weight of one of the pairs above.
pub fn of((m, u): (f64, f64)) -> f64 {
    bits(m, u)
}
