use std::collections::HashMap;

use chrono::DateTime;
use kernel::Clock;
use uuid::Uuid;

use super::*;

/// Reps a, b, c … with these weights.
fn reps(weights: &[i64]) -> Vec<RepState> {
    let rep = |(number, &weight): (usize, &i64)| RepState {
        rep: RepId::from(Uuid::from_u128(number as u128 + 1)),
        name: char::from(b'a' + u8::try_from(number % 26).unwrap()).to_string(),
        weight,
        current: 0,
        active: true,
        taken_today: 0,
        daily_cap: None,
    };
    weights.iter().enumerate().map(rep).collect()
}

fn stamp(clock: &Clock) -> Stamp {
    Stamp { id: clock.id(), decided_at: clock.now() }
}

fn clock() -> Clock {
    Clock::fixed(DateTime::UNIX_EPOCH, 7)
}

/// Routes `leads` leads over `states`, which it moves, and returns the names of the chosen.
fn run(states: &mut [RepState], leads: usize) -> String {
    let clock = clock();
    let mut names = String::new();
    for _ in 0..leads {
        let inputs = RouteInputs { lead: clock.id(), previous: None, merged: false, candidates: states.to_vec() };
        let routed = route(&inputs, Rule::LATEST, stamp(&clock));
        assert_eq!(replay(&routed.decision), Ok(Some(routed.decision.clone())));
        for (rep, standing) in routed.standings {
            let state = states.iter_mut().find(|state| state.rep == rep).unwrap();
            state.current = standing;
            if routed.chosen == Some(rep) {
                names.push_str(&state.name);
                state.taken_today += 1;
            }
        }
    }
    names
}

#[test]
fn weights_five_one_one_interleave() {
    assert_eq!(run(&mut reps(&[5, 1, 1]), 7), "aabacaa");
}

#[test]
fn equal_weights_differ_by_at_most_one_lead_at_any_time() {
    for count in 1..=9 {
        let mut states = reps(&vec![1; count]);
        for _ in 0..50 {
            run(&mut states, 1);
            let taken = || states.iter().map(|state| state.taken_today);
            assert!(taken().max().unwrap() - taken().min().unwrap() <= 1);
        }
    }
}

#[test]
fn each_rep_gets_its_share_and_standings_return_to_zero() {
    let mut states = reps(&[7, 3, 2, 1]);
    let names = run(&mut states, 13 * 4);
    let mut counts = HashMap::new();
    names.chars().for_each(|name| *counts.entry(name).or_insert(0) += 1);
    assert_eq!(counts, HashMap::from([('a', 28), ('b', 12), ('c', 8), ('d', 4)]));
    assert!(states.iter().all(|state| state.current == 0));
}

#[test]
fn the_order_of_the_candidates_does_not_matter() {
    let clock = clock();
    let inputs = RouteInputs { lead: clock.id(), previous: None, merged: false, candidates: reps(&[1, 1, 1]) };
    let mut reversed = inputs.clone();
    reversed.candidates.reverse();
    let chosen = |inputs| route(inputs, Rule::LATEST, stamp(&clock)).chosen;
    assert_eq!(chosen(&inputs), chosen(&reversed));
}

#[test]
fn a_rep_who_cannot_take_the_lead_is_listed_with_the_reason() {
    let clock = clock();
    let mut candidates = reps(&[1, 1, 1]);
    candidates[0].active = false;
    (candidates[1].daily_cap, candidates[1].taken_today) = (Some(2), 2);
    let chosen = candidates[2].rep;
    let inputs = RouteInputs { lead: clock.id(), previous: None, merged: false, candidates };
    let routed = route(&inputs, Rule::LATEST, stamp(&clock));
    let reasons: Vec<_> = routed.decision.candidates.iter().map(|it| it.rejected_because.as_deref()).collect();
    assert_eq!(reasons, [Some("takes no leads at present"), Some("has taken 2 of 2 leads today"), None]);
    assert_eq!((routed.chosen, routed.decision.outcome.as_str()), (Some(chosen), ROUTED));
    assert_eq!(reason(&routed.decision), None);
}

#[test]
fn nobody_eligible_leaves_the_lead_unrouted_and_the_standings_alone() {
    let clock = clock();
    for candidates in [Vec::new(), vec![RepState { active: false, ..reps(&[1]).remove(0) }]] {
        let inputs = RouteInputs { lead: clock.id(), previous: None, merged: false, candidates };
        let routed = route(&inputs, Rule::LATEST, stamp(&clock));
        assert_eq!((routed.chosen, routed.decision.outcome.as_str()), (None, UNROUTED));
        assert!(routed.standings.is_empty() && reason(&routed.decision).is_some());
    }
}

#[test]
fn a_lead_goes_back_to_who_had_it_only_if_nobody_else_can() {
    let clock = clock();
    let mut candidates = reps(&[9, 1]);
    let (first, second) = (candidates[0].rep, candidates[1].rep);
    let again = |candidates: &[RepState]| {
        let lead = clock.id();
        let inputs = RouteInputs { lead, previous: Some(first), merged: false, candidates: candidates.to_vec() };
        route(&inputs, Rule::LATEST, stamp(&clock)).chosen
    };
    assert_eq!(again(&candidates), Some(second));
    candidates[1].active = false;
    assert_eq!(again(&candidates), Some(first));
}

#[test]
fn a_forged_decision_does_not_agree_with_its_replay() {
    let clock = clock();
    let inputs = RouteInputs { lead: clock.id(), previous: None, merged: false, candidates: reps(&[1, 1]) };
    let mut stored = route(&inputs, Rule::LATEST, stamp(&clock)).decision;
    stored.chosen = Some(inputs.candidates[1].rep.to_string());
    assert_ne!(replay(&stored), Ok(Some(stored.clone())));
    stored.rule_version = 2;
    assert_eq!(replay(&stored), Err(UnknownRule { version: 2 }));
}
