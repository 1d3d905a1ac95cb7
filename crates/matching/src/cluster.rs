//! Records that are one, gathered from pairs that are.

use std::collections::BTreeMap;

/// A pair that is a match.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) struct Link {
    pub one: u32,
    pub other: u32,
    /// Logarithm of the odds.
    pub bits: f64,
}

/// Records that are one, and what holds them together.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Group {
    /// In order.
    pub members: Vec<u32>,
    /// One fewer than members, the strongest that hold the group together; the strongest first.
    pub links: Vec<Link>,
}

/// Members beyond which a group takes no more: what looks like more records of one is a mistake in the data, and every
/// member is compared with every newcomer.
const LARGEST_GROUP: usize = 200;

/// The groups, and the links that would have joined two records in conflict, or too many.
///
/// Links are taken from the strongest to the weakest, as in Kruskal's spanning tree. A link that would put two
/// records in conflict into one group is refused, so that a chain of likenesses never joins what plainly differs. Of
/// links of equal strength the one between the lower numbers comes first.
pub(crate) fn groups(mut links: Vec<Link>, conflict: impl Fn(u32, u32) -> bool) -> (Vec<Group>, Vec<Link>) {
    links.sort_by(|a, b| b.bits.total_cmp(&a.bits).then((a.one, a.other).cmp(&(b.one, b.other))));
    let mut forest = Forest::default();
    let mut refused = Vec::new();
    for link in links {
        let (a, b) = (forest.root(link.one), forest.root(link.other));
        if a == b {
            continue;
        }
        let (ours, theirs) = (forest.members(a), forest.members(b));
        let clash = |one: &u32| theirs.iter().any(|other| conflict(*one, *other));
        if ours.len() + theirs.len() > LARGEST_GROUP || ours.iter().any(clash) {
            refused.push(link);
        } else {
            forest.join(a, b, link);
        }
    }
    (forest.groups(), refused)
}

/// Union-find that keeps the members of each root.
#[derive(Default)]
struct Forest {
    roots: BTreeMap<u32, u32>,
    groups: BTreeMap<u32, Group>,
}

impl Forest {
    /// The number of the group that a record is in; its own, if in none.
    fn root(&mut self, record: u32) -> u32 {
        let root = *self.roots.entry(record).or_insert(record);
        self.groups.entry(root).or_insert_with(|| Group { members: vec![record], links: Vec::new() });
        root
    }

    fn members(&self, root: u32) -> &[u32] {
        self.groups.get(&root).map_or(&[], |group| group.members.as_slice())
    }

    /// The smaller group goes into the larger.
    fn join(&mut self, a: u32, b: u32, link: Link) {
        let (from, into) = if self.members(a).len() < self.members(b).len() { (a, b) } else { (b, a) };
        let Some(small) = self.groups.remove(&from) else { return };
        let Some(large) = self.groups.get_mut(&into) else { return };
        for member in &small.members {
            self.roots.insert(*member, into);
        }
        large.members.extend(small.members);
        large.links.extend(small.links);
        large.links.push(link);
    }

    fn groups(self) -> Vec<Group> {
        let mut groups: Vec<Group> = self.groups.into_values().filter(|group| group.members.len() > 1).collect();
        for group in &mut groups {
            group.members.sort_unstable();
            group.links.sort_by(|a, b| b.bits.total_cmp(&a.bits).then((a.one, a.other).cmp(&(b.one, b.other))));
        }
        groups.sort_by(|a, b| a.members.cmp(&b.members));
        groups
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn link(one: u32, other: u32, bits: f64) -> Link {
        Link { one, other, bits }
    }

    fn members(links: &[Link], conflict: impl Fn(u32, u32) -> bool) -> Vec<Vec<u32>> {
        groups(links.to_vec(), conflict).0.into_iter().map(|group| group.members).collect()
    }

    #[test]
    fn what_is_linked_is_one_and_the_weakest_link_holds_it() {
        let links = [link(0, 1, 9.0), link(1, 2, 5.0), link(0, 2, 7.0), link(4, 5, 6.0)];
        let (groups, refused) = groups(links.to_vec(), |_, _| false);
        assert_eq!(groups.len(), 2);
        assert_eq!(groups[0].members, [0, 1, 2]);
        assert_eq!(groups[0].links, [links[0], links[2]], "the link of 5 bits is not needed");
        assert_eq!(refused, []);
    }

    #[test]
    fn a_chain_does_not_join_what_is_in_conflict() {
        // 1 is like both; 0 and 2 are two people.
        let links = [link(0, 1, 6.0), link(1, 2, 8.0)];
        let conflict = |one: u32, other: u32| (one.min(other), one.max(other)) == (0, 2);
        assert_eq!(members(&links, conflict), [vec![1, 2]], "it stays with the one it is more like");
        assert_eq!(groups(links.to_vec(), conflict).1, [links[0]]);
    }

    #[test]
    fn a_flood_of_likenesses_is_no_one() {
        let flood: Vec<Link> = (0..1_000).map(|at| link(at, at + 1, 6.0)).collect();
        let (groups, refused) = groups(flood, |_, _| false);
        assert_eq!(groups.iter().map(|group| group.members.len()).collect::<Vec<_>>(), [LARGEST_GROUP; 5]);
        assert_eq!(refused.len(), 5);
    }

    #[test]
    fn the_order_of_the_links_does_not_matter() {
        let links = [link(0, 1, 6.0), link(1, 2, 6.0), link(2, 3, 6.0), link(3, 4, 7.0), link(0, 4, 2.0)];
        let conflict = |one: u32, other: u32| one.abs_diff(other) > 2;
        let expected = members(&links, conflict);
        for turn in 0..links.len() {
            let mut turned = links;
            turned.rotate_left(turn);
            assert_eq!(members(&turned, conflict), expected);
            turned.reverse();
            assert_eq!(members(&turned, conflict), expected);
        }
    }
}
