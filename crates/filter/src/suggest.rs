//! What somebody probably meant.

/// The candidate that differs from `word` in the fewest letters, if in few enough to be a slip.
pub(crate) fn nearest<'a>(word: &str, candidates: impl IntoIterator<Item = &'a str>) -> Option<String> {
    // What is no word of ours is compared at its start only, or a long text would cost its square.
    let word: Vec<char> = word.chars().take(64).collect();
    let allowed = 1 + word.len() / 4;
    let near = candidates.into_iter().map(|candidate| (distance(&word, candidate), candidate));
    let best = near.filter(|(distance, _)| *distance <= allowed).min()?;
    Some(best.1.to_owned())
}

/// Letters added, left out, changed, or swapped with their neighbour.
fn distance(word: &[char], candidate: &str) -> usize {
    let other: Vec<char> = candidate.chars().collect();
    let mut before: Vec<usize> = Vec::new();
    let mut last: Vec<usize> = (0..=other.len()).collect();
    for (i, letter) in word.iter().enumerate() {
        let mut row = vec![i + 1];
        for (j, there) in other.iter().enumerate() {
            let mut cost = (last[j] + usize::from(letter != there)).min(last[j + 1] + 1).min(row[j] + 1);
            if i > 0 && j > 0 && *letter == other[j - 1] && word[i - 1] == *there {
                cost = cost.min(before[j - 1] + 1);
            }
            row.push(cost);
        }
        before = std::mem::replace(&mut last, row);
    }
    last[other.len()]
}

#[cfg(test)]
mod tests {
    use super::nearest;

    #[test]
    fn a_slip_is_mended_and_another_word_is_not() {
        let fields = ["country", "company", "created_at", "title"];
        let mended = |word| nearest(word, fields);
        assert_eq!(mended("contry").as_deref(), Some("country"));
        assert_eq!(mended("ocuntry").as_deref(), Some("country"), "two letters swapped");
        assert_eq!(mended("createdat").as_deref(), Some("created_at"));
        assert_eq!(mended("revenue"), None);
        assert_eq!(mended(""), None);
    }
}
