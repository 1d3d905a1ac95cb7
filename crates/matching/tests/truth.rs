//! How well the duplicates of a generated world are found. The weights were set on other seeds than these.

use pipewright_matching::{
    Duplicates, PreparedPerson, duplicate_people,
    generate::{Known, Score, is_public, people},
};

fn prepare(known: &[Known]) -> Vec<(u32, PreparedPerson)> {
    (0..).zip(known).map(|(at, known)| (at, known.person.prepare(is_public))).collect()
}

#[test]
fn of_20_000_people_the_duplicates_are_found_and_hardly_anybody_else() {
    let known = people(20_000, 20_261_123);
    let found = duplicate_people(&prepare(&known));
    let score = Score::of(&known, &found.clusters);
    assert!(score.true_pairs > 10_000, "{score:?}");
    assert!(score.precision() >= 0.99, "precision {:.4} of {score:?}", score.precision());
    assert!(score.recall() >= 0.95, "recall {:.4} of {score:?}", score.recall());
    assert!(found.compared < 40 * known.len(), "{} pairs compared", found.compared);
}

#[test]
fn the_order_of_the_records_changes_nothing() {
    let known = people(3_000, 20_261_124);
    let mut records = prepare(&known);
    let found = duplicate_people(&records);
    records.reverse();
    assert_same(&found, &duplicate_people(&records));
    records.rotate_left(1_234);
    assert_same(&found, &duplicate_people(&records));
}

fn assert_same(one: &Duplicates<u32>, other: &Duplicates<u32>) {
    // Not `assert_eq!`, which would print thousands of pairs.
    assert!(one.clusters == other.clusters);
    assert!(one.possible == other.possible);
}
