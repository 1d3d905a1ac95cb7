//! Two records, field by field: how much each agreement and each difference says, and what all of it together does.
//!
//! The model is Fellegi and Sunter's ("A Theory for Record Linkage", JASA 64, 1969). A field's outcome has a
//! probability `m` among pairs of records of one person and `u` among pairs of two; its weight is `log2(m / u)` bits.
//! The weights are added to the weight of the prior; the sum is the logarithm of the odds.

mod company;
mod names;
mod person;
mod population;
mod similar;
mod weights;

pub use company::compare_companies;
pub(crate) use company::{companies_identified_apart, judge_companies};
pub use person::compare_people;
pub(crate) use person::{judge_people, people_identified_apart};
pub use population::Population;

/// What of a record was compared.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Field {
    GivenName,
    FamilyName,
    Generation,
    Email,
    Phone,
    Company,
    Domain,
    Address,
    Country,
}

/// How far a field agrees. A field that one of the two lacks is left out: it says nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Level {
    /// Equal in normal form.
    Exact,
    /// E-mail only: one mailbox, save for a tag or for dots that its provider ignores.
    SameMailbox,
    /// Given names: short, pet or another tongue's form.
    Nickname,
    /// A slip of the keyboard apart.
    Close,
    /// Spelt otherwise, heard alike.
    Sounds,
    /// A part agrees: one of two names, a house without its postcode, a parent company.
    Partial,
    /// One is the other's first letter.
    Initial,
    /// Different mailboxes at one company's domain: people have one.
    SameHouse,
    Differs,
}

/// Why two records are, or are not, of one.
#[derive(Debug, Clone, PartialEq)]
pub struct Reason {
    pub field: Field,
    pub level: Level,
    /// Bits for (or, negative, against) a match.
    pub weight: f64,
    /// What was compared, in normal form.
    pub left: String,
    pub right: String,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Verdict {
    /// One and the same.
    Match,
    /// A person should look.
    Possible,
    Different,
}

/// What no agreement elsewhere outweighs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Conflict {
    /// Two different given names: spouses, siblings, colleagues behind one number.
    GivenNames,
    /// Senior and junior.
    Generations,
    /// Subsidiaries of two countries.
    Places,
}

#[derive(Debug, Clone, PartialEq)]
pub struct Comparison {
    /// That the two are one, before the rules: a conflict lowers the verdict and leaves this.
    pub probability: f64,
    pub verdict: Verdict,
    pub conflict: Option<Conflict>,
    /// In the order of the fields.
    pub reasons: Vec<Reason>,
    /// A match of which at most one side is identified, or both by the same address. Any other is for a person to
    /// decide: two identified people are never merged unasked.
    pub may_merge_unasked: bool,
}

/// From this probability on a pair is a match, if no rule forbids it.
pub const MATCH: f64 = 0.95;
/// From this probability on somebody should look: it is as likely as not.
pub const POSSIBLE: f64 = 0.5;

/// A comparison without its words, for the many that nobody reads.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Judgement {
    /// Logarithm of the odds.
    pub bits: f64,
    pub conflict: Option<Conflict>,
    pub verdict: Verdict,
    evidence: [Option<(Field, Level, f64)>; 8],
}

impl Judgement {
    fn new(prior: f64) -> Self {
        Self { bits: prior, conflict: None, verdict: Verdict::Different, evidence: [None; 8] }
    }

    fn add(&mut self, field: Field, level: Level, weight: f64) {
        self.bits += weight;
        if let Some(place) = self.evidence.iter_mut().find(|place| place.is_none()) {
            *place = Some((field, level, weight));
        }
    }

    fn level(&self, field: Field) -> Option<Level> {
        self.evidence.iter().flatten().find(|(found, ..)| *found == field).map(|(_, level, _)| *level)
    }

    /// Whether `field` agrees in full, or as good as that.
    fn agrees(&self, field: Field) -> bool {
        matches!(self.level(field), Some(Level::Exact | Level::SameMailbox))
    }

    pub fn probability(&self) -> f64 {
        1.0 / (1.0 + (-self.bits).exp2())
    }

    /// What the number alone says.
    fn weighed(&self) -> Verdict {
        match self.probability() {
            probability if probability >= MATCH => Verdict::Match,
            probability if probability >= POSSIBLE => Verdict::Possible,
            _ => Verdict::Different,
        }
    }

    fn explain(&self, may_merge_unasked: bool, texts: impl Fn(Field) -> (String, String)) -> Comparison {
        let reason = |(field, level, weight)| {
            let (left, right) = texts(field);
            Reason { field, level, weight, left, right }
        };
        let mut reasons: Vec<Reason> = self.evidence.iter().flatten().copied().map(reason).collect();
        reasons.sort_by_key(|reason| reason.field);
        Comparison {
            probability: self.probability(),
            verdict: self.verdict,
            conflict: self.conflict,
            reasons,
            may_merge_unasked: may_merge_unasked && self.verdict == Verdict::Match,
        }
    }
}
