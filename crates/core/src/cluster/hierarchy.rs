//! From a spanning tree to the condensed hierarchy: which clusters of at least so many points there are at which
//! density, and where each point leaves the last of them. The hierarchy is that of Campello, Moulavi, Sander (2013), its
//! condensed form with densities as 1 / distance that of McInnes, Healy, "Accelerated hierarchical density based
//! clustering" (ICDMW 2017).

use std::cmp::Ordering;

/// An edge of the spanning tree.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Edge {
    /// Mutual reachability distance, in units of the metric once the tree is finished.
    pub(super) length: f64,
    /// Squared distance of the points, which decides between edges of equal length.
    pub(super) squared: f64,
    /// Points; the smaller number first.
    pub(super) ends: [u32; 2],
}

impl Edge {
    pub(super) fn order(&self, other: &Self) -> Ordering {
        let lengths = self.length.total_cmp(&other.length).then(self.squared.total_cmp(&other.squared));
        lengths.then_with(|| self.ends.cmp(&other.ends))
    }
}

/// Sets of points that grow together: union-find with path halving (Tarjan, van Leeuwen 1984).
pub(super) struct Sets {
    parents: Vec<u32>,
}

impl Sets {
    pub(super) fn new(count: usize) -> Self {
        Self { parents: (0..count as u32).collect() }
    }

    /// The member that stands for the set.
    pub(super) fn find(&mut self, member: u32) -> u32 {
        let mut member = member;
        while self.parents[member as usize] != member {
            let above = self.parents[self.parents[member as usize] as usize];
            self.parents[member as usize] = above;
            member = above;
        }
        member
    }

    /// Makes one set of two, given by the members that stand for them; `into` stands for both.
    pub(super) fn join(&mut self, from: u32, into: u32) {
        self.parents[from as usize] = into;
    }
}

/// A cluster of the condensed hierarchy.
#[derive(Debug, Clone, Copy)]
pub(super) struct Branch {
    /// The cluster it is part of; the first one is its own.
    pub(super) parent: u32,
    /// Density, 1 / distance, at which it came to be; 0 for the first one.
    pub(super) birth: f64,
    /// The highest density at which a point left it or it fell apart.
    pub(super) death: f64,
    /// Sum over its points of how long they were in it.
    pub(super) stability: f64,
    /// Points when it came to be.
    pub(super) size: u32,
    /// Whether it falls apart into others.
    pub(super) parted: bool,
}

/// The condensed hierarchy: parts come after what they are part of.
pub(super) struct Condensed {
    pub(super) branches: Vec<Branch>,
    /// For each point the cluster that it leaves last, and the density at which it does.
    pub(super) leaving: Vec<(u32, f64)>,
}

/// Two nodes that become one; points are nodes too, and come before all others.
struct Merge {
    length: f64,
    nodes: [u32; 2],
    size: u32,
}

impl Condensed {
    /// The hierarchy of `count` points, of the edges of a spanning tree in order.
    pub(super) fn new(count: usize, edges: &[Edge], min_cluster_size: usize) -> Self {
        let merges = merges(count, edges);
        let first =
            Branch { parent: 0, birth: 0.0, death: 0.0, stability: 0.0, size: count as u32, parted: false };
        let mut condensed = Self { branches: vec![first], leaving: vec![(0, 0.0); count] };
        if merges.is_empty() {
            return condensed;
        }
        // Breadth first: clusters are numbered from the top down.
        let mut open = std::collections::VecDeque::from([((count + merges.len() - 1) as u32, 0u32)]);
        while let Some((node, branch)) = open.pop_front() {
            condensed.follow(&merges, node, branch, min_cluster_size, &mut open);
        }
        condensed
    }

    /// Goes down from a node for as long as the cluster only loses points.
    fn follow(
        &mut self,
        merges: &[Merge],
        node: u32,
        branch: u32,
        min_cluster_size: usize,
        open: &mut std::collections::VecDeque<(u32, u32)>,
    ) {
        let count = self.leaving.len() as u32;
        let size_of = |node: u32| if node < count { 1 } else { merges[(node - count) as usize].size };
        let mut node = node;
        loop {
            let merge = &merges[(node - count) as usize];
            let density = merge.length.recip();
            let large = merge.nodes.map(|part| size_of(part) as usize >= min_cluster_size);
            if merge.length <= 0.0 {
                // Points at the same place.
                return self.drop_all(merges, node, branch, f64::INFINITY);
            }
            if large == [true, true] {
                for part in merge.nodes {
                    let number = self.part(branch, density, size_of(part));
                    open.push_back((part, number));
                }
                return;
            }
            for (part, large) in merge.nodes.into_iter().zip(large) {
                if !large {
                    self.drop_all(merges, part, branch, density);
                }
            }
            match large.iter().position(|large| *large) {
                Some(stays) => node = merge.nodes[stays],
                None => return,
            }
        }
    }

    /// A new cluster that another one falls apart into.
    fn part(&mut self, parent: u32, birth: f64, size: u32) -> u32 {
        self.leave(parent, birth, size);
        self.branches[parent as usize].parted = true;
        self.branches.push(Branch { parent, birth, death: 0.0, stability: 0.0, size, parted: false });
        self.branches.len() as u32 - 1
    }

    fn leave(&mut self, branch: u32, density: f64, size: u32) {
        let branch = &mut self.branches[branch as usize];
        branch.death = branch.death.max(density);
        branch.stability += (density - branch.birth) * f64::from(size);
    }

    /// All points below a node leave the cluster.
    fn drop_all(&mut self, merges: &[Merge], node: u32, branch: u32, density: f64) {
        let count = self.leaving.len() as u32;
        let mut open = vec![node];
        while let Some(node) = open.pop() {
            if node < count {
                self.leaving[node as usize] = (branch, density);
                self.leave(branch, density, 1);
            } else {
                open.extend(merges[(node - count) as usize].nodes);
            }
        }
    }
}

/// The single-linkage hierarchy; the last node holds all points.
fn merges(count: usize, edges: &[Edge]) -> Vec<Merge> {
    let mut sets = Sets::new(count);
    // Node and size of each set, kept where its standing member is.
    let mut nodes: Vec<(u32, u32)> = (0..count as u32).map(|point| (point, 1)).collect();
    let mut merges = Vec::with_capacity(edges.len());
    for edge in edges {
        let [a, b] = edge.ends.map(|point| sets.find(point));
        let ((left, left_size), (right, right_size)) = (nodes[a as usize], nodes[b as usize]);
        let (from, into) = if left_size < right_size { (a, b) } else { (b, a) };
        sets.join(from, into);
        let size = left_size + right_size;
        nodes[into as usize] = ((count + merges.len()) as u32, size);
        merges.push(Merge { length: edge.length, nodes: [left, right], size });
    }
    merges
}
