//! A minimum spanning forest, and how far apart two points are within it.

use super::hierarchy::{Edge, Sets};

/// The link of a point that stands for its whole tree.
const NONE: u32 = u32::MAX;

/// Edges of the best forest known, in order.
pub(super) struct Forest {
    edges: Vec<Edge>,
    /// Each point hangs on another one, by the edge that joined their trees; edges come in order on the way up.
    links: Vec<(u32, u32)>,
}

impl Forest {
    /// The minimum spanning forest of `edges`, which are in order (Kruskal 1956).
    pub(super) fn new(count: usize, edges: impl IntoIterator<Item = Edge>) -> Self {
        let mut sets = Sets::new(count);
        let mut sizes = vec![1u32; count];
        let mut forest = Self { edges: Vec::with_capacity(count), links: vec![(NONE, NONE); count] };
        for edge in edges {
            let [a, b] = edge.ends.map(|end| sets.find(end));
            if a == b {
                continue;
            }
            let (from, into) = if sizes[a as usize] < sizes[b as usize] { (a, b) } else { (b, a) };
            sets.join(from, into);
            sizes[into as usize] += sizes[from as usize];
            forest.links[from as usize] = (into, forest.edges.len() as u32);
            forest.edges.push(edge);
        }
        forest
    }

    /// The forest of these edges and of more, in any order.
    pub(super) fn with(&self, mut more: Vec<Edge>) -> Self {
        more.sort_unstable_by(Edge::order);
        let (mut old, mut new) = (self.edges.iter().copied().peekable(), more.into_iter().peekable());
        let merged = std::iter::from_fn(|| match (old.peek(), new.peek()) {
            (Some(a), Some(b)) if a.order(b).is_gt() => new.next(),
            (None, _) => new.next(),
            _ => old.next(),
        });
        Self::new(self.links.len(), merged)
    }

    /// The last of the edges on the way from one point to another; `None` if there is no way.
    pub(super) fn widest(&self, from: u32, to: u32) -> Option<&Edge> {
        let (mut from, mut to, mut last) = (from, to, 0);
        while from != to {
            let ((above, link), (other_above, other_link)) =
                (self.links[from as usize], self.links[to as usize]);
            // Of the two the one goes up whose tree was joined earlier.
            if link <= other_link {
                (from, last) = (above, link);
            } else {
                (to, last) = (other_above, other_link);
            }
            if last == NONE {
                return None;
            }
        }
        self.edges.get(last as usize)
    }

    pub(super) fn into_edges(self) -> Vec<Edge> {
        self.edges
    }

    /// All points, in such an order that every tree of edges below any length is a row of neighbours.
    pub(super) fn layout(&self) -> Vec<u32> {
        let count = self.links.len();
        let mut sets = Sets::new(count);
        // Of each row of neighbours the last one, kept where the first one is, and who follows whom.
        let mut lasts: Vec<u32> = (0..count as u32).collect();
        let mut next = vec![NONE; count];
        for edge in &self.edges {
            let [a, b] = edge.ends.map(|end| sets.find(end));
            next[lasts[a as usize] as usize] = b;
            lasts[a as usize] = lasts[b as usize];
            sets.join(b, a);
        }
        let mut order = Vec::with_capacity(count);
        for first in 0..count as u32 {
            if sets.find(first) != first {
                continue;
            }
            let mut point = first;
            while point != NONE {
                order.push(point);
                point = next[point as usize];
            }
        }
        order
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_widest_edge_is_that_of_the_way() {
        let edge = |length: f64, ends| Edge { length, squared: length, ends };
        let edges = [edge(1.0, [0, 1]), edge(2.0, [2, 3]), edge(3.0, [1, 3]), edge(4.0, [0, 2])];
        let forest = Forest::new(5, edges).with(vec![edge(2.5, [0, 3])]);
        assert_eq!(forest.widest(0, 1).map(|e| e.length), Some(1.0));
        assert_eq!(forest.widest(1, 2).map(|e| e.length), Some(2.5));
        assert_eq!(forest.widest(2, 4).map(|e| e.length), None);
        let order = forest.layout();
        assert_eq!(order.len(), 5);
        let place = |point: u32| order.iter().position(|p| *p == point).map_or(0, |at| at as i32);
        assert_eq!((place(0) - place(1)).abs(), 1);
        assert_eq!((place(2) - place(3)).abs(), 1);
        assert_eq!(forest.into_edges().len(), 3);
    }
}
