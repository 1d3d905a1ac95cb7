//! Duplicates among many people, with a known truth.

use std::{hint::black_box, time::Instant};

use anyhow::Result;
use matching::{
    Population, PreparedPerson, compare_people, duplicate_people,
    generate::{Known, Score, is_public, people},
};

use crate::report::{Table, per_second, verdict, whole};

const PEOPLE: usize = 100_000;
/// Each of these is compared with the others, as if there were no keys.
const SAMPLE: usize = 1_500;
/// Other than those on which the weights were set.
const SEED: u64 = 20_261_125;

pub async fn run() -> Result<()> {
    let known = people(PEOPLE, SEED);
    println!("  {} generated records of people with a known truth, one thread", whole(known.len() as f64));
    let started = Instant::now();
    let prepared = prepare(&known);
    let preparing = started.elapsed();
    let started = Instant::now();
    let found = duplicate_people(&prepared);
    let finding = started.elapsed();
    let score = Score::of(&known, &found.clusters);

    let mut table = Table::new(["figure", "value", "target", ""]);
    let mut row = |figure: &str, value: String, target: &str, reached: Option<bool>| {
        table.row([figure.to_owned(), value, target.to_owned(), reached.map(verdict).unwrap_or_default()]);
    };
    row("precision", format!("{:.4}", score.precision()), ">= 0.99", Some(score.precision() >= 0.99));
    row("recall", format!("{:.4}", score.recall()), ">= 0.95", Some(score.recall() >= 0.95));
    row("pairs of one person", whole(score.true_pairs as f64), "", None);
    row("clusters", whole(found.clusters.len() as f64), "", None);
    row("pairs for a person to decide", whole(found.possible.len() as f64), "", None);
    row("candidates a record", format!("{:.1}", found.compared as f64 / known.len() as f64), "", None);
    row("prepared records/s", whole(per_second(known.len(), preparing)), "", None);
    row("all of it", format!("{:.1} s", finding.as_secs_f64()), "", None);
    let with_keys = per_second(found.compared, finding);
    row("pairs/s, keys and clusters included", whole(with_keys), "", None);
    let every_pair = every_pair_of_a_sample(&prepared);
    row("pairs/s, every pair of a sample, with reasons", whole(every_pair), "", None);
    // What comparing all with all would take, by the sample's rate.
    let all_pairs = known.len() as f64 * (known.len() as f64 - 1.0) / 2.0;
    let ratio = all_pairs / every_pair / finding.as_secs_f64();
    row("against every pair of all", format!("{} x", whole(ratio)), "", None);
    table.print();
    Ok(())
}

fn prepare(known: &[Known]) -> Vec<(u32, PreparedPerson)> {
    (0..).zip(known).map(|(at, known)| (at, known.person.prepare(is_public))).collect()
}

fn every_pair_of_a_sample(people: &[(u32, PreparedPerson)]) -> f64 {
    let sample = &people[..SAMPLE.min(people.len())];
    let population = Population::of_people(sample.iter().map(|(_, person)| person));
    let started = Instant::now();
    for (at, (_, one)) in sample.iter().enumerate() {
        for (_, other) in &sample[at + 1..] {
            black_box(compare_people(one, other, &population));
        }
    }
    per_second(sample.len() * (sample.len() - 1) / 2, started.elapsed())
}
