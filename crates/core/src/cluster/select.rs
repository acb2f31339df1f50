//! Which clusters of a condensed hierarchy are given, and what is said about the rows.
//!
//! Clusters are chosen by excess of mass (Campello, Moulavi, Sander 2013), which favours what persists over a wide range
//! of densities, or as the leaves, which are all of fine grain (McInnes, Healy, Astels 2017). Those that only come to be
//! below a distance are joined as by Malzer, Baum, "A hybrid approach to hierarchical density-based cluster selection"
//! (MFI 2020). Outlier scores are GLOSH, which compares a point with the densest of its own cluster (Campello, Moulavi,
//! Zimek, Sander, "Hierarchical density estimates for data clustering, visualization, and outlier detection", TKDD 2015).

use super::hierarchy::Condensed;
use super::points::Points;
use super::{Clusters, HdbscanOptions, Selection};

/// For each cluster of the hierarchy whether it is given; no given cluster is part of another.
pub(super) fn choose(condensed: &Condensed, options: &HdbscanOptions) -> Vec<bool> {
    let all = condensed.leaving.len();
    if all < options.min_cluster_size {
        return vec![false; condensed.branches.len()];
    }
    let chosen = match options.selection {
        Selection::ExcessOfMass => most_mass(condensed, options),
        Selection::Leaf => leaves(condensed),
    };
    if options.epsilon > 0.0 && !chosen[0] { at_least_apart(condensed, &chosen, options) } else { chosen }
}

/// The clusters with the largest sum of stabilities (Campello et al. 2013).
fn most_mass(condensed: &Condensed, options: &HdbscanOptions) -> Vec<bool> {
    let branches = &condensed.branches;
    let lowest = usize::from(!options.allow_single_cluster);
    let most = options.max_cluster_size.unwrap_or(usize::MAX);
    let mut chosen = vec![false; branches.len()];
    // What is best below each cluster.
    let mut below = vec![0.0; branches.len()];
    for (index, branch) in branches.iter().enumerate().skip(lowest).rev() {
        chosen[index] = branch.stability >= below[index] && branch.size as usize <= most;
        let best = if chosen[index] { branch.stability } else { below[index] };
        if index > 0 {
            below[branch.parent as usize] += best;
        }
    }
    topmost(condensed, &chosen)
}

/// Of clusters that are part of one another the largest.
fn topmost(condensed: &Condensed, chosen: &[bool]) -> Vec<bool> {
    let mut covered = vec![false; chosen.len()];
    let mut top = vec![false; chosen.len()];
    for (index, branch) in condensed.branches.iter().enumerate() {
        let above = index > 0 && covered[branch.parent as usize];
        top[index] = chosen[index] && !above;
        covered[index] = above || chosen[index];
    }
    top
}

fn leaves(condensed: &Condensed) -> Vec<bool> {
    condensed.branches.iter().enumerate().map(|(index, branch)| index > 0 && !branch.parted).collect()
}

/// Clusters that came to be at less than `epsilon` are replaced by what they are part of (Malzer, Baum 2020).
fn at_least_apart(condensed: &Condensed, chosen: &[bool], options: &HdbscanOptions) -> Vec<bool> {
    let branches = &condensed.branches;
    let apart = |index: usize| branches[index].birth.recip();
    let mut wide = vec![false; chosen.len()];
    for index in (1..chosen.len()).filter(|index| chosen[*index]) {
        let mut index = index;
        while index > 0 && apart(index) < options.epsilon {
            let parent = branches[index].parent as usize;
            if parent == 0 && !options.allow_single_cluster {
                break;
            }
            index = parent;
            // The first that came to be at more than epsilon, or the one of all points.
            if index == 0 || apart(index) > options.epsilon {
                break;
            }
        }
        wide[index] = true;
    }
    topmost(condensed, &wide)
}

/// Labels and figures of all rows, and the labels of the clusters of the hierarchy.
pub(super) fn describe(
    points: &Points<'_>,
    condensed: &Condensed,
    chosen: &[bool],
    options: &HdbscanOptions,
) -> (Clusters, Vec<Option<i32>>) {
    let mut clusters = Clusters::nothing(points.total());
    let within = within(condensed, chosen);
    let deepest = deepest(condensed);
    let mut labels: Vec<Option<i32>> = vec![None; chosen.len()];
    for (point, &(branch, density)) in condensed.leaving.iter().enumerate() {
        let row = points.row_index(point);
        clusters.outlier_scores[row] = outlier_score(density, deepest[branch as usize]);
        let Some(cluster) =
            within[branch as usize].filter(|cluster| belongs(condensed, *cluster, density, options))
        else {
            continue;
        };
        let label = *labels[cluster].get_or_insert_with(|| {
            clusters.count += 1;
            clusters.count as i32 - 1
        });
        clusters.labels[row] = label;
        clusters.probabilities[row] = probability(density, condensed.branches[cluster].death);
    }
    (clusters, labels)
}

/// For each cluster of the hierarchy the given one that it is, or is part of.
fn within(condensed: &Condensed, chosen: &[bool]) -> Vec<Option<usize>> {
    let mut within: Vec<Option<usize>> = Vec::with_capacity(chosen.len());
    for (index, branch) in condensed.branches.iter().enumerate() {
        let above = if index > 0 { within[branch.parent as usize] } else { None };
        within.push(if chosen[index] { Some(index) } else { above });
    }
    within
}

/// Whether a point that leaves at `density` is in the given cluster: in that of all points only what is as dense as its
/// densest parts, or as `epsilon` says.
pub(super) fn belongs(condensed: &Condensed, cluster: usize, density: f64, options: &HdbscanOptions) -> bool {
    if cluster > 0 {
        return true;
    }
    let least = if options.epsilon > 0.0 { options.epsilon.recip() } else { condensed.branches[0].death };
    density >= least
}

/// The highest density in each cluster and its parts.
fn deepest(condensed: &Condensed) -> Vec<f64> {
    let mut deepest: Vec<f64> = condensed.branches.iter().map(|branch| branch.death).collect();
    for (index, branch) in condensed.branches.iter().enumerate().skip(1).rev() {
        let parent = branch.parent as usize;
        deepest[parent] = deepest[parent].max(deepest[index]);
    }
    deepest
}

/// How dense a point is when it leaves, as a part of the densest of its cluster.
pub(super) fn probability(density: f64, death: f64) -> f32 {
    if death == 0.0 || density.is_infinite() { 1.0 } else { (density.min(death) / death) as f32 }
}

/// GLOSH: how much less dense than the densest of its cluster a point is when it leaves (Campello et al. 2015).
fn outlier_score(density: f64, deepest: f64) -> f32 {
    if deepest == 0.0 || density.is_infinite() { 0.0 } else { (1.0 - density / deepest) as f32 }
}
