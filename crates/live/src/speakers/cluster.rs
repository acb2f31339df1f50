//! Windows of like voices put together: agglomerative clustering with average linkage (Sokal and Michener, 1958).

/// Puts unit vectors together while the mean cosine between two clusters is above `least`; gives the cluster of each, largest
/// first.
pub(super) fn clusters(vectors: &[Vec<f32>], least: f32) -> Vec<Vec<usize>> {
    let mut clusters: Vec<Vec<usize>> = (0..vectors.len()).map(|i| vec![i]).collect();
    // Sums of cosines between the members of two clusters; the mean is what counts.
    let dot = |a: &[f32], b: &[f32]| a.iter().zip(b).map(|(a, b)| a * b).sum::<f32>();
    let mut sums: Vec<Vec<f32>> =
        vectors.iter().map(|a| vectors.iter().map(|b| dot(a, b)).collect()).collect();
    while let Some((first, second)) = nearest(&clusters, &sums, least) {
        let (members, row) = (clusters.swap_remove(second), sums.swap_remove(second));
        let mut row = row;
        for sums in sums.iter_mut().chain([&mut row]) {
            sums.swap_remove(second);
        }
        clusters[first].extend(members);
        for (other, sum) in row.into_iter().enumerate() {
            sums[first][other] += sum;
            if other != first {
                sums[other][first] += sum;
            }
        }
    }
    clusters.iter_mut().for_each(|cluster| cluster.sort_unstable());
    clusters.sort_by(|a, b| b.len().cmp(&a.len()).then(a[0].cmp(&b[0])));
    clusters
}

/// The two clusters with the largest mean cosine, the earlier first; `None` if none is above `least`.
fn nearest(clusters: &[Vec<usize>], sums: &[Vec<f32>], least: f32) -> Option<(usize, usize)> {
    let mut best = (least, None);
    for (i, row) in sums.iter().enumerate() {
        for (j, sum) in row.iter().enumerate().skip(i + 1) {
            let mean = sum / (clusters[i].len() * clusters[j].len()) as f32;
            if mean > best.0 {
                best = (mean, Some((i, j)));
            }
        }
    }
    best.1
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn like_vectors_come_together() {
        let at = |degrees: f32| vec![degrees.to_radians().cos(), degrees.to_radians().sin()];
        let vectors: Vec<Vec<f32>> = [0.0, 90.0, 5.0, 95.0, 180.0, 2.0, 88.0].into_iter().map(at).collect();
        assert_eq!(clusters(&vectors, 0.8), [vec![0, 2, 5], vec![1, 3, 6], vec![4]]);
        assert_eq!(clusters(&vectors, -1.1).len(), 1);
        assert!(clusters(&[], 0.5).is_empty());
    }
}
