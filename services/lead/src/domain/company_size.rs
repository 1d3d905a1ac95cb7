//! How large a company is, by bands of its head count that a workspace sets.

use events::lead::{self as published, RegionThresholds, SizeCause, SizeClaim, SizeSegment, SizeThresholds};
use kernel::{Timestamp, headcount};
use serde::{Deserialize, Serialize};
use thiserror::Error;

use super::account::Account;

/// Regions that bands may have.
const MAX_REGIONS: usize = 50;
/// Countries that a region may have.
const MAX_COUNTRIES: usize = 300;
const MAX_MARGIN: i64 = 50;
const FIELD: &str = "employees";
/// The provider that repeats what accounts say themselves: no account learns its size from it.
const OWN_WORD: &str = "account_base";
/// The provider that repeats what leads say themselves.
const LEADS_WORD: &str = "form";

/// Whether this provider repeats what the lead says: no account learns its size from what a visitor says.
pub fn repeats_lead(provider: &str) -> bool {
    provider == LEADS_WORD
}

/// From how many employees on an account is of which size.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Bands {
    #[serde(flatten)]
    pub thresholds: SizeThresholds,
    /// By how many per cent a head count must pass a threshold for an account to move.
    pub margin_percent: i64,
    /// Other thresholds for accounts of these countries.
    pub regions: Vec<RegionThresholds>,
}

/// What holds where a workspace has set none: the middle is 100 to 999 employees.
impl Default for Bands {
    fn default() -> Self {
        let thresholds = SizeThresholds { mid_market_from: 100, enterprise_from: 1_000 };
        Self { thresholds, margin_percent: 10, regions: Vec::new() }
    }
}

/// Bands with their version.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct VersionedBands {
    pub version: i64,
    pub bands: Bands,
    /// Whether every account has been looked at under this version.
    pub ready: bool,
    /// `None` for those that nobody has set.
    pub created_at: Option<Timestamp>,
}

/// Why bands make no sense.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Error)]
pub enum BandsError {
    #[error("thresholds are 1 or more, and enterprise begins above mid-market")]
    Thresholds(&'static str),
    #[error("a margin is 0 to {MAX_MARGIN} per cent")]
    Margin,
    #[error("at most {MAX_REGIONS} regions of 1 to {MAX_COUNTRIES} countries, each country in one of them")]
    Regions,
}

/// Those that hold where nobody has set any.
impl Default for VersionedBands {
    fn default() -> Self {
        Self { version: 1, bands: Bands::default(), ready: true, created_at: None }
    }
}

impl VersionedBands {
    pub fn published(&self) -> published::SegmentBands {
        let Bands { thresholds, margin_percent, regions } = self.bands.clone();
        published::SegmentBands { version: self.version, thresholds, margin_percent, regions }
    }
}

impl Bands {
    pub fn check(&self) -> Result<(), BandsError> {
        let rising = |thresholds: &SizeThresholds| {
            thresholds.mid_market_from >= 1 && thresholds.enterprise_from > thresholds.mid_market_from
        };
        if !rising(&self.thresholds) {
            let low = self.thresholds.mid_market_from < 1;
            return Err(BandsError::Thresholds(if low { "midMarketFrom" } else { "enterpriseFrom" }));
        }
        if !self.regions.iter().all(|region| rising(&region.thresholds)) {
            return Err(BandsError::Thresholds("regions"));
        }
        if !(0..=MAX_MARGIN).contains(&self.margin_percent) {
            return Err(BandsError::Margin);
        }
        let mut countries: Vec<String> =
            self.regions.iter().flat_map(|region| &region.countries).map(|c| folded(c)).collect();
        let all = countries.len();
        countries.sort_unstable();
        countries.dedup();
        let sized = |region: &RegionThresholds| (1..=MAX_COUNTRIES).contains(&region.countries.len());
        let sound = self.regions.len() <= MAX_REGIONS && self.regions.iter().all(sized) && countries.len() == all;
        if sound && !countries.iter().any(String::is_empty) { Ok(()) } else { Err(BandsError::Regions) }
    }

    /// The segment of a head count. An account that is in one already leaves it only where the head count passes the
    /// threshold by the margin: what wavers around a threshold stays where it is.
    pub fn settle(&self, country: Option<&str>, head_count: i64, held: Option<SizeSegment>) -> SizeSegment {
        let thresholds = self.thresholds_in(country);
        let at = |percent: i64| of(thresholds, head_count, percent);
        let (least, most) = (at(100 + self.margin_percent), at(100 - self.margin_percent));
        held.map_or_else(|| at(100), |held| held.clamp(least, most))
    }

    fn thresholds_in(&self, country: Option<&str>) -> &SizeThresholds {
        let region = country.map(folded).and_then(|country| {
            self.regions.iter().find(|region| region.countries.iter().any(|one| folded(one) == country))
        });
        region.map_or(&self.thresholds, |region| &region.thresholds)
    }
}

/// The segment of a head count if thresholds were so many per cent of what they are.
fn of(thresholds: &SizeThresholds, head_count: i64, percent: i64) -> SizeSegment {
    let passes = |from: i64| i128::from(head_count) * 100 >= i128::from(from) * i128::from(percent);
    if passes(thresholds.enterprise_from) {
        SizeSegment::Enterprise
    } else if passes(thresholds.mid_market_from) {
        SizeSegment::MidMarket
    } else {
        SizeSegment::Smb
    }
}

fn folded(country: &str) -> String {
    country.trim().to_lowercase()
}

/// What is known of an account's size.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Size {
    pub segment: Option<SizeSegment>,
    /// Since when, and what made it so.
    pub since: Option<Timestamp>,
    pub because: Option<SizeCause>,
    /// What enrichment says of an account that says nothing itself.
    pub claim: Option<SizeClaim>,
}

impl Size {
    /// Whether it is what a provider said, and not the account itself.
    pub fn is_claimed(&self) -> bool {
        self.because.as_ref().is_some_and(|because| because.claim.is_some())
    }

    /// The size of the account as it stands now, if that is another one. The claim is the one that says most of those about
    /// it and about what was merged into it. With `afresh` nothing holds it where it is: bands that are new decide as if they
    /// had always been.
    pub fn change(
        &self,
        account: &Account,
        claim: Option<&SizeClaim>,
        bands: &VersionedBands,
        afresh: bool,
        now: Timestamp,
    ) -> Option<Self> {
        let own = account.details.employees.clone().and_then(|value| Some((headcount(&value)?, value, None)));
        let claimed = || {
            let claim = claim.cloned()?;
            Some((headcount(&claim.value)?, claim.value.clone(), Some(claim)))
        };
        let said = own.or_else(claimed).map(|(count, value, claim)| SizeCause {
            field: FIELD.to_owned(),
            value,
            head_count: i64::try_from(count).unwrap_or(i64::MAX),
            bands_version: bands.version,
            claim,
        });
        let held = self.segment.filter(|_| !afresh);
        let country = account.details.country.as_deref();
        let segment = said.as_ref().map(|said| bands.bands.settle(country, said.head_count, held));
        if segment == self.segment {
            return None;
        }
        Some(Self { segment, since: said.as_ref().map(|_| now), because: said, claim: self.claim.clone() })
    }

    /// Whether a claim says more than the one that is known.
    pub fn learns(&self, claim: &SizeClaim) -> bool {
        claim.provider != OWN_WORD && headcount(&claim.value).is_some() && says_more(claim, self.claim.as_ref())
    }
}

/// Whether a claim is surer than another, or as sure and later.
pub fn says_more(claim: &SizeClaim, than: Option<&SizeClaim>) -> bool {
    than.is_none_or(|known| {
        claim.confidence > known.confidence
            || (claim.confidence >= known.confidence && claim.observed_at > known.observed_at)
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use SizeSegment::{Enterprise, MidMarket, Smb};

    #[test]
    fn a_head_count_has_its_segment() {
        let bands = Bands::default();
        for (count, segment) in [(1, Smb), (99, Smb), (100, MidMarket), (999, MidMarket), (1_000, Enterprise)] {
            assert_eq!(bands.settle(None, count, None), segment, "{count}");
        }
    }

    #[test]
    fn what_wavers_around_a_threshold_stays_where_it_is() {
        let bands = Bands::default();
        for (held, count, segment) in [
            (Smb, 109, Smb),
            (Smb, 110, MidMarket),
            (MidMarket, 90, MidMarket),
            (MidMarket, 89, Smb),
            (MidMarket, 1_099, MidMarket),
            (Enterprise, 900, Enterprise),
            (Enterprise, 899, MidMarket),
            // Further than one segment, the margin of the last threshold still counts.
            (Smb, 1_050, MidMarket),
            (Smb, 5_000, Enterprise),
            (Enterprise, 95, MidMarket),
            (Enterprise, 5, Smb),
        ] {
            assert_eq!(bands.settle(None, count, Some(held)), segment, "{held:?} at {count}");
        }
    }

    #[test]
    fn countries_may_have_their_own_thresholds() {
        let thresholds = SizeThresholds { mid_market_from: 50, enterprise_from: 250 };
        let regions = vec![RegionThresholds { countries: vec!["DE".into(), "Austria".into()], thresholds }];
        let bands = Bands { regions, ..Bands::default() };
        assert_eq!(bands.check(), Ok(()));
        assert_eq!(bands.settle(Some(" austria"), 60, None), MidMarket);
        assert_eq!(bands.settle(Some("FR"), 60, None), Smb);
        let twice = Bands { regions: [bands.regions.clone(), bands.regions].concat(), ..Bands::default() };
        assert_eq!(twice.check(), Err(BandsError::Regions));
    }

    #[test]
    fn bands_that_do_not_rise_are_refused() {
        let thresholds = SizeThresholds { mid_market_from: 100, enterprise_from: 100 };
        assert_eq!(Bands { thresholds, ..Bands::default() }.check(), Err(BandsError::Thresholds("enterpriseFrom")));
        let none = SizeThresholds { mid_market_from: 0, enterprise_from: 100 };
        assert_eq!(
            Bands { thresholds: none, ..Bands::default() }.check(),
            Err(BandsError::Thresholds("midMarketFrom"))
        );
        assert_eq!(Bands { margin_percent: 51, ..Bands::default() }.check(), Err(BandsError::Margin));
    }
}
