//! How sure a rate is, however often somebody looks.

/// How often, at most, a sequence of intervals misses the true rate at any time.
const ALPHA: f64 = 0.05;
/// Halvings of the unit interval: far below what anybody reads.
const STEPS: u32 = 50;

/// Between which rates the true one lies, of `successes` among `trials`. With a probability of 95 % it lies in all the
/// intervals of a growing number of trials at once: one may look after every visitor and stop when one likes, where an
/// interval for a fixed number of trials would be wrong sooner or later.
///
/// The rates `p` that a mixture of likelihood ratios over a uniform prior has not refuted: with `k` of `n`,
/// `B(k+1, n-k+1) / (p^k (1-p)^(n-k))` is a martingale under `p` that starts at 1, so that by Ville's inequality it
/// reaches `1/α` with a probability of at most `α` (H. Robbins, "Statistical Methods Related to the Law of the Iterated
/// Logarithm", 1970; S. R. Howard, A. Ramdas, J. McAuliffe, J. Sekhon, "Time-uniform, nonparametric, nonasymptotic
/// confidence sequences", 2021).
pub fn interval(successes: u64, trials: u64) -> (f64, f64) {
    let (k, n) = (count(successes.min(trials)), count(trials));
    if n == 0.0 {
        return (0.0, 1.0);
    }
    let mixed = ln_factorial(k) + ln_factorial(n - k) - ln_factorial(n + 1.0);
    let refuted = |p: f64| mixed - term(k, p) - term(n - k, 1.0 - p) >= -ALPHA.ln();
    let rate = k / n;
    let low = if refuted(0.0) { border(0.0, rate, &refuted) } else { 0.0 };
    let high = if refuted(1.0) { border(1.0, rate, &refuted) } else { 1.0 };
    (low, high)
}

/// Nothing is known of no trials.
pub fn rate(successes: u64, trials: u64) -> Option<f64> {
    (trials > 0).then(|| count(successes) / count(trials))
}

#[expect(clippy::cast_precision_loss, reason = "a count of visitors is far below 2^53")]
fn count(number: u64) -> f64 {
    number as f64
}

/// `times · ln p`, where nothing that never happened speaks against it.
fn term(times: f64, p: f64) -> f64 {
    if times == 0.0 { 0.0 } else { times * p.ln() }
}

/// Where being refuted ends between `outside` and `inside`.
fn border(mut outside: f64, mut inside: f64, refuted: &impl Fn(f64) -> bool) -> f64 {
    for _ in 0..STEPS {
        let middle = f64::midpoint(outside, inside);
        if refuted(middle) { outside = middle } else { inside = middle }
    }
    outside
}

/// Of a whole number: the first as they are, the others by Stirling's series (DLMF 5.11.1), exact to 10 digits.
fn ln_factorial(number: f64) -> f64 {
    if number < 16.0 {
        let (mut product, mut factor) = (1.0, 2.0);
        while factor <= number {
            product *= factor;
            factor += 1.0;
        }
        return product.ln();
    }
    let n = number;
    n * n.ln() - n + 0.5 * (2.0 * std::f64::consts::PI * n).ln() + 1.0 / (12.0 * n) - 1.0 / (360.0 * n.powi(3))
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Numbers between 0 and 1 that look random and are the same in every run (splitmix64).
    struct Numbers(u64);

    impl Numbers {
        fn next(&mut self) -> f64 {
            self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let mut z = self.0;
            z = (z ^ (z >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            z = (z ^ (z >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
            count((z ^ (z >> 31)) >> 11) / count(1 << 53)
        }
    }

    #[test]
    fn nothing_is_known_of_what_nobody_saw() {
        assert_eq!(interval(0, 0), (0.0, 1.0));
        let (low, high) = interval(0, 100);
        assert!(low == 0.0 && high > 0.05 && high < 0.12, "{high}");
        let (low, high) = interval(100, 100);
        assert!(high == 1.0 && low < 0.95 && low > 0.88, "{low}");
    }

    #[test]
    fn more_visitors_make_it_narrower_around_the_rate() {
        let width = |n: u64| {
            let (low, high) = interval(n / 10, n);
            assert!(low < 0.1 && high > 0.1, "{n}: {low} {high}");
            high - low
        };
        assert!(width(100) > width(1_000) && width(1_000) > width(100_000));
        assert!(width(100_000) < 0.01);
    }

    #[test]
    fn whoever_looks_after_every_visitor_is_misled_in_less_than_one_of_twenty_tests() {
        const RUNS: u32 = 300;
        let (mut missed, mut missed_once_fixed) = (0, 0);
        for run in 0..RUNS {
            let (rate, mut numbers, mut successes) = (0.1, Numbers(u64::from(run)), 0);
            let (mut out, mut out_fixed) = (false, false);
            for seen in 1..=1_000 {
                successes += u64::from(numbers.next() < rate);
                let (low, high) = interval(successes, seen);
                out |= !(low..=high).contains(&rate);
                // What one computes for a number of visitors that is fixed before.
                let share = count(successes) / count(seen);
                let half = 1.96 * (share * (1.0 - share) / count(seen)).sqrt();
                out_fixed |= seen >= 100 && (share - rate).abs() > half;
            }
            missed += u32::from(out);
            missed_once_fixed += u32::from(out_fixed);
        }
        assert!(missed * 20 <= RUNS, "{missed} of {RUNS}");
        assert!(missed_once_fixed * 10 > RUNS, "looking often misleads otherwise: {missed_once_fixed} of {RUNS}");
    }
}
