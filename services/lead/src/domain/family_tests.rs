use kernel::Clock;

use super::*;

const FIELDS: [&str; 3] = ["title", "phone", "country"];

/// A small generator: the same seed, the same family.
struct Random(u64);

impl Random {
    fn below(&mut self, bound: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        usize::try_from(self.0 >> 33).unwrap() % bound
    }

    fn shuffled<T: Clone>(&mut self, list: &[T]) -> Vec<T> {
        let mut list = list.to_vec();
        for at in (1..list.len()).rev() {
            list.swap(at, self.below(at + 1));
        }
        list
    }
}

/// Few values, so that records agree by chance too.
fn strangers(random: &mut Random) -> Family {
    family(|_| Some(random.below(4)).filter(|value| *value > 0).map(|value| value.to_string()))
}

/// No two say the same.
fn all_different(random: &mut Random) -> Family {
    family(|id| Some(id).filter(|_| random.below(4) > 0).map(|id| id.to_string()))
}

fn family(mut value: impl FnMut(u128) -> Option<String>) -> Family {
    let records = (1..8).map(|id| {
        let mut values = Values::default();
        for field in FIELDS {
            values.set(field, value(id));
        }
        (Uuid::from_u128(id), values)
    });
    Family { records: records.collect(), merges: Vec::new() }
}

/// Merges one or two others into a survivor, each field as chance has it.
fn merge_some(family: &mut Family, random: &mut Random, clock: &Clock) -> Option<MergeId> {
    let away = family.redirects();
    let live: Vec<Uuid> = family.records.keys().filter(|id| !away.contains_key(id)).copied().collect();
    let picked = random.shuffled(&live);
    let count = 1 + random.below(2);
    let (survivor, others) = (*picked.first()?, picked.get(1..=count)?);
    let before: BTreeMap<Uuid, Values> = picked[..=count].iter().map(|id| (*id, family.records[id].clone())).collect();
    let mut after = before[&survivor].clone();
    let mut from = BTreeMap::new();
    for field in FIELDS {
        let giver = picked[random.below(count + 1)];
        if let Some(value) = before[&giver].get(field) {
            after.set(field, Some(value.to_owned()));
            from.insert(field, giver);
        }
    }
    let steps = Merge::steps(&before[&survivor], &after, |field| from.get(field).copied());
    let id = clock.id();
    family.merge(Merge {
        id,
        workspace: clock.id(),
        kind: Kind::Contact,
        survivor,
        others: others.to_vec(),
        content: Content { before, after, steps },
        merged_at: clock.now(),
        undone_at: None,
    });
    Some(id)
}

/// What one can see of a family.
fn state(family: &Family) -> (BTreeMap<Uuid, Values>, BTreeMap<Uuid, Uuid>) {
    (family.records.clone(), family.redirects())
}

fn assert_same(one: &Family, other: &Family, seed: u64, what: &str) {
    assert!(state(one) == state(other), "seed {seed}: {what}");
}

#[test]
fn whatever_was_merged_is_as_it_was_when_all_of_it_is_undone_in_any_order() {
    for seed in 0..3_000 {
        let (mut random, clock) = (Random(seed), Clock::fixed(Timestamp::UNIX_EPOCH, seed));
        let strangers = strangers(&mut random);
        let mut family = strangers.clone();
        let merges: Vec<MergeId> = (0..5).filter_map(|_| merge_some(&mut family, &mut random, &clock)).collect();
        assert!(merges.len() > 1);
        for id in random.shuffled(&merges) {
            assert!(family.unmerge(id).unwrap().1.is_empty(), "seed {seed}: nobody has written anything since");
        }
        assert_same(&family, &strangers, seed, "all are themselves again");
    }
}

#[test]
fn the_last_merge_undone_leaves_no_trace() {
    for seed in 0..3_000 {
        let (mut random, clock) = (Random(seed), Clock::fixed(Timestamp::UNIX_EPOCH, seed));
        let mut family = strangers(&mut random);
        for _ in 0..random.below(5) {
            merge_some(&mut family, &mut random, &clock);
        }
        let before = family.clone();
        let Some(last) = merge_some(&mut family, &mut random, &clock) else { continue };
        family.unmerge(last).unwrap();
        assert!(family == before, "seed {seed}");
    }
}

#[test]
fn what_is_undone_can_be_undone_in_any_order() {
    for seed in 0..3_000 {
        let (mut random, clock) = (Random(seed), Clock::fixed(Timestamp::UNIX_EPOCH, seed));
        let mut family = all_different(&mut random);
        let merges: Vec<MergeId> = (0..5).filter_map(|_| merge_some(&mut family, &mut random, &clock)).collect();
        let undone = random.shuffled(&merges)[..merges.len() - 1].to_vec();
        let (mut one, mut other) = (family.clone(), family);
        for id in random.shuffled(&undone) {
            one.unmerge(id).unwrap();
        }
        for id in random.shuffled(&undone) {
            other.unmerge(id).unwrap();
        }
        assert_same(&one, &other, seed, "the order does not matter");
    }
}

fn values(title: &str) -> Values {
    let mut values = Values::default();
    values.set("title", Some(title.to_owned()));
    values
}

/// Merges `other` into `survivor`, which takes its title.
fn take_title(family: &mut Family, clock: &Clock, survivor: Uuid, other: Uuid) -> MergeId {
    let (before, after) = (family.records[&survivor].clone(), family.records[&other].clone());
    let content = Content {
        before: [(survivor, before.clone()), (other, after.clone())].into(),
        steps: Merge::steps(&before, &after, |_| Some(other)),
        after,
    };
    let (id, workspace, merged_at) = (clock.id(), clock.id(), clock.now());
    let others = vec![other];
    family.merge(Merge { id, workspace, kind: Kind::Contact, survivor, others, content, merged_at, undone_at: None });
    id
}

fn three() -> (Family, Clock, [Uuid; 3]) {
    let ids = [1, 2, 3].map(Uuid::from_u128);
    let records = ids.iter().copied().zip(["a", "b", "c"].map(values)).collect();
    (Family { records, merges: Vec::new() }, Clock::fixed(Timestamp::UNIX_EPOCH, 1), ids)
}

#[test]
fn what_somebody_wrote_since_stays_and_is_named() {
    let (mut family, clock, [a, b, _]) = three();
    let merge = take_title(&mut family, &clock, a, b);
    family.records.insert(a, values("by hand"));
    let (_, changed) = family.unmerge(merge).unwrap();
    assert_eq!(family.records[&a].get("title"), Some("by hand"));
    let named: Vec<_> = changed.iter().map(|field| (field.field.as_str(), field.now.as_deref())).collect();
    assert_eq!(named, [("title", Some("by hand"))]);
}

#[test]
fn the_first_of_two_merges_undone_first_leaves_what_the_second_gave() {
    let (mut family, clock, [a, b, c]) = three();
    let (first, second) = (take_title(&mut family, &clock, a, b), take_title(&mut family, &clock, a, c));
    family.unmerge(first).unwrap();
    assert_eq!((family.records[&a].get("title"), family.shown(b), family.shown(c)), (Some("c"), b, a));
    family.unmerge(second).unwrap();
    assert_eq!((family.records[&a].get("title"), family.shown(c)), (Some("a"), c));
}

#[test]
fn what_went_on_with_a_later_merge_is_taken_back_there_too() {
    let (mut family, clock, [a, b, c]) = three();
    let first = take_title(&mut family, &clock, a, b);
    let second = take_title(&mut family, &clock, c, a);
    assert_eq!((family.records[&c].get("title"), family.shown(b)), (Some("b"), c));
    family.unmerge(first).unwrap();
    assert_eq!((family.records[&c].get("title"), family.shown(b), family.shown(a)), (Some("a"), b, c));
    family.unmerge(second).unwrap();
    assert_eq!((family.records[&c].get("title"), family.records[&a].get("title")), (Some("c"), Some("a")));
}
