use async_graphql::{Enum, InputObject, SimpleObject};
use chrono::{DateTime, Utc};
use events::lead::{self as published, RegionThresholds, SizeThresholds};
use kernel::EnrichmentRunId;
use platform::graphql::Long;

use crate::{
    app::UpdateSegmentBands,
    domain::company_size::{Bands, Size, VersionedBands},
};

/// How large a company is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[graphql(remote = "published::SizeSegment")]
pub enum SizeSegment {
    /// Small.
    Smb,
    /// Neither small nor large.
    MidMarket,
    /// Large.
    Enterprise,
}

/// How large an account is, and why.
#[derive(SimpleObject)]
pub struct AccountSize {
    value: SizeSegment,
    /// Since when it is of this size.
    since: DateTime<Utc>,
    /// What made it so, as it was then; null if a lead's enrichment did, and there are leads that you may not read.
    because: Option<SizeCause>,
}

/// What made an account be of its size.
#[derive(SimpleObject)]
pub struct SizeCause {
    /// The field that says it: `employees`.
    field: String,
    /// As its source wrote it.
    value: String,
    /// The number of employees that it was read as: of a range the middle.
    head_count: Long,
    /// The version of `segmentBands` that decided.
    bands_version: Long,
    /// Whose claim it was; null if the account itself said it.
    claim: Option<SizeClaim>,
}

/// What a provider of enrichment said of a company, by way of one of its leads.
#[derive(SimpleObject)]
pub struct SizeClaim {
    provider: String,
    /// 0 to 1.
    confidence: f64,
    observed_at: DateTime<Utc>,
    /// The enrichment run that brought it.
    run_id: EnrichmentRunId,
}

impl AccountSize {
    /// `None` where nobody says how many employees there are. What a lead was said to be is told to who reads every lead.
    pub fn of(size: Size, reads_leads: bool) -> Option<Self> {
        let told = reads_leads || !size.is_claimed();
        let Size { segment: Some(segment), since: Some(since), because: Some(because), .. } = size else { return None };
        let claim = because.claim.map(|claim| SizeClaim {
            provider: claim.provider,
            confidence: claim.confidence,
            observed_at: claim.observed_at,
            run_id: claim.run,
        });
        let (head_count, bands_version) = (Long(because.head_count), Long(because.bands_version));
        let because = SizeCause { field: because.field, value: because.value, head_count, bands_version, claim };
        Some(Self { value: segment.into(), since, because: told.then_some(because) })
    }
}

/// From how many employees on an account is of which size. Fewer are `SMB`.
#[derive(SimpleObject)]
#[graphql(name = "SegmentBands")]
pub struct SegmentBandsObject {
    /// Grows by one with every change; give it to `updateSegmentBands` to refuse overwriting somebody else's.
    version: Long,
    /// `MID_MARKET` from here on.
    mid_market_from: Long,
    /// `ENTERPRISE` from here on.
    enterprise_from: Long,
    /// By how many per cent a head count must pass a threshold for an account to move: what wavers stays where it is. New
    /// bands decide without it.
    margin_percent: Long,
    /// Where other thresholds hold.
    regions: Vec<RegionBands>,
    /// False while accounts have yet to be looked at under this version.
    ready: bool,
    /// Null for the bands that hold where nobody has set any.
    created_at: Option<DateTime<Utc>>,
}

/// Other thresholds for the accounts of some countries.
#[derive(SimpleObject)]
pub struct RegionBands {
    /// As accounts have them, compared without case.
    countries: Vec<String>,
    mid_market_from: Long,
    enterprise_from: Long,
}

impl From<VersionedBands> for SegmentBandsObject {
    fn from(versioned: VersionedBands) -> Self {
        let VersionedBands { version, bands: Bands { thresholds, margin_percent, regions }, ready, created_at } =
            versioned;
        let region = |RegionThresholds { countries, thresholds }| RegionBands {
            countries,
            mid_market_from: Long(thresholds.mid_market_from),
            enterprise_from: Long(thresholds.enterprise_from),
        };
        Self {
            version: Long(version),
            mid_market_from: Long(thresholds.mid_market_from),
            enterprise_from: Long(thresholds.enterprise_from),
            margin_percent: Long(margin_percent),
            regions: regions.into_iter().map(region).collect(),
            ready,
            created_at,
        }
    }
}

/// The bands as they shall be, whole.
#[derive(InputObject)]
pub struct UpdateSegmentBandsInput {
    /// The version you read; the update is refused if there is a newer one.
    pub version: Option<Long>,
    /// `MID_MARKET` from here on; at least 1.
    pub mid_market_from: Long,
    /// `ENTERPRISE` from here on; more than `midMarketFrom`.
    pub enterprise_from: Long,
    /// By how many per cent a head count must pass a threshold for an account to move; 0 to 50.
    pub margin_percent: Long,
    /// Where other thresholds hold; each country in one of them.
    #[graphql(default)]
    pub regions: Vec<RegionBandsInput>,
}

/// Other thresholds for the accounts of some countries.
#[derive(InputObject)]
pub struct RegionBandsInput {
    /// As accounts have them, compared without case.
    pub countries: Vec<String>,
    /// `MID_MARKET` from here on; at least 1.
    pub mid_market_from: Long,
    /// `ENTERPRISE` from here on; more than `midMarketFrom`.
    pub enterprise_from: Long,
}

impl From<UpdateSegmentBandsInput> for UpdateSegmentBands {
    fn from(input: UpdateSegmentBandsInput) -> Self {
        let thresholds = |from: Long, to: Long| SizeThresholds { mid_market_from: from.0, enterprise_from: to.0 };
        let region = |region: RegionBandsInput| RegionThresholds {
            thresholds: thresholds(region.mid_market_from, region.enterprise_from),
            countries: region.countries.into_iter().map(|country| country.trim().replace('\0', "")).collect(),
        };
        let bands = Bands {
            thresholds: thresholds(input.mid_market_from, input.enterprise_from),
            margin_percent: input.margin_percent.0,
            regions: input.regions.into_iter().map(region).collect(),
        };
        Self { version: input.version.map(|version| version.0), bands }
    }
}
