//! The robust mean of a few embeddings.

use sonic_core::vector::{cosine, normalise};

const ROUNDS: usize = 100;
/// Distances are taken to be at least this, so that a vector on the mean does not count without bound.
const LEAST_DISTANCE: f64 = 1e-3;

/// The direction that best stands for `vectors`, which have length 1: the point with the least sum of distances to
/// them (the spatial median, by Weiszfeld's iteration; Weiszfeld 1937, Vardi and Zhang 2000), scaled to length 1.
///
/// A sample of another voice among three or more moves it little, where it would pull a mean a third of the way. Of
/// one or two vectors it is the mean. `None` if there are none, or if they point nowhere together.
pub(crate) fn robust_mean(vectors: &[Vec<f32>]) -> Option<Vec<f32>> {
    let mut centre = mean(vectors.iter().map(|v| (v, 1.0)))?;
    if vectors.len() > 2 {
        for _ in 0..ROUNDS {
            let weighed = vectors.iter().map(|v| (v, 1.0 / distance(v, &centre).max(LEAST_DISTANCE)));
            let next = mean(weighed)?;
            let moved: f64 = next.iter().zip(&centre).map(|(a, b)| (a - b) * (a - b)).sum();
            centre = next;
            if moved < 1e-16 {
                break;
            }
        }
    }
    let mut centre: Vec<f32> = centre.into_iter().map(|x| x as f32).collect();
    normalise(&mut centre).then_some(centre)
}

/// How well each of `vectors` agrees with `centre`: their cosines.
pub(crate) fn agreement(vectors: &[Vec<f32>], centre: &[f32]) -> Vec<f32> {
    vectors.iter().map(|v| cosine(v, centre)).collect()
}

fn mean<'a>(weighed: impl Iterator<Item = (&'a Vec<f32>, f64)>) -> Option<Vec<f64>> {
    let (mut sum, mut weights) = (Vec::new(), 0.0);
    for (vector, weight) in weighed {
        sum.resize(vector.len(), 0.0);
        sum.iter_mut().zip(vector).for_each(|(s, x)| *s += weight * f64::from(*x));
        weights += weight;
    }
    (weights > 0.0).then(|| sum.into_iter().map(|s| s / weights).collect())
}

fn distance(vector: &[f32], centre: &[f64]) -> f64 {
    vector.iter().zip(centre).map(|(x, c)| (f64::from(*x) - c).powi(2)).sum::<f64>().sqrt()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn unit(numbers: &[f32]) -> Vec<f32> {
        let mut vector = numbers.to_vec();
        assert!(normalise(&mut vector));
        vector
    }

    #[test]
    fn one_and_two_have_their_mean() {
        let (a, b) = (unit(&[1.0, 0.2, 0.0]), unit(&[0.2, 1.0, 0.0]));
        assert_eq!(robust_mean(std::slice::from_ref(&a)).unwrap(), a);
        let mean = robust_mean(&[a, b]).unwrap();
        assert!(cosine(&mean, &[1.0, 1.0, 0.0]) > 0.9999);
        assert_eq!(robust_mean(&[]), None);
        assert_eq!(robust_mean(&[vec![1.0, 0.0], vec![-1.0, 0.0]]), None);
    }

    #[test]
    fn a_wrong_sample_moves_it_little() {
        let own: Vec<Vec<f32>> =
            [[1.0, 0.2, 0.0], [1.0, 0.0, 0.2], [1.0, -0.1, 0.1], [1.0, 0.1, -0.1]].map(|v| unit(&v)).to_vec();
        let clean = robust_mean(&own).unwrap();
        let mut spoiled = own.clone();
        spoiled[3] = unit(&[-0.1, 0.1, 1.0]);
        let robust = robust_mean(&spoiled).unwrap();
        let plain: Vec<f32> = (0..3).map(|i| spoiled.iter().map(|v| v[i]).sum()).collect();
        assert!(cosine(&robust, &clean) > 0.98, "{robust:?}");
        assert!(cosine(&plain, &clean) < 0.96);
        let agreement = agreement(&spoiled, &robust);
        assert!(agreement[3] < 0.4 && agreement[..3].iter().all(|a| *a > 0.95), "{agreement:?}");
    }

    #[test]
    fn the_order_of_samples_does_not_matter() {
        let vectors: Vec<Vec<f32>> = (0..5u8)
            .map(|i| unit(&[1.0, f32::from(i * i) * 0.1, 0.3 - f32::from(i) * 0.1, f32::from(i % 2)]))
            .collect();
        let mut turned = vectors.clone();
        turned.rotate_left(2);
        assert!(cosine(&robust_mean(&vectors).unwrap(), &robust_mean(&turned).unwrap()) > 0.999_999);
    }
}
