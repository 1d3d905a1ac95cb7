//! People with a known truth: who of them are one.
//!
//! After the manner of Febrl's generator (Christen 2005): a world of companies and people, from each person an original
//! record, from some of those duplicates with one to four things wrong. What makes it hard is real: spouses and twins
//! who share a house, a line or a mailbox, fathers and sons of one name, colleagues behind one switchboard, namesakes,
//! role mailboxes, names that two scripts spell by custom rather than letter by letter. All addresses end in
//! `.example`. The same seed gives the same people.

mod corrupt;
mod names;
mod number;
mod spelt;
mod world;

use std::collections::HashMap;

use rand::{Rng, SeedableRng, rngs::StdRng, seq::SliceRandom};

use self::world::World;
use crate::{find::Cluster, person::Person};

/// A record, and the number of the person it is of.
#[derive(Debug, Clone)]
pub struct Known {
    pub person: Person,
    pub truth: u32,
}

/// How often a person has how many records: of a hundred, how many have at most that many.
const RECORDS: [u32; 5] = [60, 84, 94, 98, 100];

/// `count` records, or a few more, in random order.
pub fn people(count: usize, seed: u64) -> Vec<Known> {
    let mut rng = StdRng::seed_from_u64(seed);
    // A person has 1.6 records.
    let world = World::new(count * 5 / 8, &mut rng);
    let mut known = Vec::with_capacity(count);
    for (truth, human) in (0..).zip(&world.humans) {
        let chance = rng.random_range(0..100);
        let extra = RECORDS.iter().position(|limit| chance < *limit).unwrap_or_default();
        let original = corrupt::original(human, &world, &mut rng);
        known.push(Known { person: original.write(&world, &mut rng), truth });
        for _ in 0..extra {
            let duplicate = corrupt::duplicate(&original, human, &world, &mut rng);
            known.push(Known { person: duplicate.write(&world, &mut rng), truth });
        }
    }
    known.shuffle(&mut rng);
    known
}

/// Whether the domain is one of the generated world's public mail providers.
pub fn is_public(domain: &str) -> bool {
    PROVIDERS.contains(&domain)
}

/// How well clusters of records, each named by its place in `known`, tell the truth, pair by pair.
#[derive(Debug, Clone, Copy)]
pub struct Score {
    /// Pairs of records of one person.
    pub true_pairs: usize,
    /// Pairs that the clusters say are one.
    pub found: usize,
    /// Those of them that are.
    pub right: usize,
}

impl Score {
    pub fn of(known: &[Known], clusters: &[Cluster<u32>]) -> Self {
        let pairs = |count: usize| count * count.saturating_sub(1) / 2;
        let true_pairs = by_truth(known.iter()).values().map(|count| pairs(*count)).sum();
        let (mut found, mut right) = (0, 0);
        for cluster in clusters {
            let members = cluster.members.iter().map(|member| &known[*member as usize]);
            found += pairs(members.len());
            right += by_truth(members).values().map(|count| pairs(*count)).sum::<usize>();
        }
        Self { true_pairs, found, right }
    }

    pub fn precision(&self) -> f64 {
        self.right as f64 / self.found.max(1) as f64
    }

    pub fn recall(&self) -> f64 {
        self.right as f64 / self.true_pairs.max(1) as f64
    }
}

fn by_truth<'a>(known: impl Iterator<Item = &'a Known>) -> HashMap<u32, usize> {
    let mut counts = HashMap::new();
    for record in known {
        *counts.entry(record.truth).or_default() += 1;
    }
    counts
}

const PROVIDERS: [&str; 4] = ["mail.example", "post.example", "webmail.example", "inbox.example"];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_seed_gives_one_world() {
        let [one, again, other] = [1, 1, 2].map(|seed| people(500, seed));
        let records =
            |known: &[Known]| known.iter().map(|known| (known.truth, known.person.clone())).collect::<Vec<_>>();
        assert!(records(&one) == records(&again));
        assert!(records(&one) != records(&other));
    }

    #[test]
    fn nobody_has_an_address_that_could_be_real() {
        for known in people(2_000, 3) {
            assert!(known.person.emails.iter().all(|email| email.ends_with(".example")));
        }
    }
}
