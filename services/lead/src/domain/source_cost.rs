//! What leads cost, by where they come from.

use std::collections::BTreeMap;

use kernel::{Money, SourceCostId, Timestamp, WorkspaceId};

/// Money that was spent on a source.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceCost {
    pub id: SourceCostId,
    pub workspace: WorkspaceId,
    pub source: String,
    pub amount: Money,
    pub spent_at: Timestamp,
    pub created_at: Timestamp,
}

/// How many leads came from a source, and how many of them were converted since.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceLeads {
    pub source: String,
    pub leads: i64,
    pub converted: i64,
}

/// A source with what it gave and what it cost, in each currency.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct SourceReport {
    pub source: String,
    pub leads: i64,
    pub converted: i64,
    pub cost: Vec<Money>,
}

impl SourceReport {
    /// Rounded to whole minor units, halves up; of no leads there is none.
    pub fn cost_per_lead(&self) -> Vec<Money> {
        let leads = i128::from(self.leads);
        let share = |money: &Money| {
            let minor = (2 * i128::from(money.minor) + leads).checked_div_euclid(2 * leads)?;
            Some(Money { minor: i64::try_from(minor).ok()?, currency: money.currency })
        };
        self.cost.iter().filter_map(share).collect()
    }
}

/// One report a source, those with the most leads first. What cost and gave nothing is among them.
pub fn report(leads: Vec<SourceLeads>, costs: Vec<(String, Money)>) -> Vec<SourceReport> {
    let mut reports: BTreeMap<String, SourceReport> = BTreeMap::new();
    let empty = |source: &str| SourceReport { source: source.to_owned(), leads: 0, converted: 0, cost: Vec::new() };
    for SourceLeads { source, leads, converted } in leads {
        let report = reports.entry(source.clone()).or_insert_with(|| empty(&source));
        (report.leads, report.converted) = (leads, converted);
    }
    for (source, amount) in costs {
        reports.entry(source.clone()).or_insert_with(|| empty(&source)).cost.push(amount);
    }
    let mut reports: Vec<_> = reports.into_values().collect();
    reports.sort_by_key(|report| std::cmp::Reverse(report.leads));
    reports
}

#[cfg(test)]
mod tests {
    use kernel::Currency;

    use super::*;

    #[test]
    fn a_cost_is_shared_among_the_leads_and_among_none_not_at_all() {
        let euros = |minor| Money { minor, currency: Currency::EUR };
        let fair = SourceLeads { source: "Fair".into(), leads: 3, converted: 1 };
        let reports = report(vec![fair], vec![("Fair".into(), euros(1_000)), ("Radio".into(), euros(500))]);
        assert_eq!(reports.iter().map(|report| report.source.as_str()).collect::<Vec<_>>(), ["Fair", "Radio"]);
        assert_eq!(reports[0].cost_per_lead(), [euros(333)]);
        assert_eq!((reports[1].cost.clone(), reports[1].cost_per_lead()), (vec![euros(500)], Vec::new()));
    }
}
