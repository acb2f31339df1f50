//! YuNet: W. Wu, H. Peng, S. Yu, "YuNet: A Tiny Millisecond-level Face Detector", Machine Intelligence Research 20,
//! 2023.
//!
//! At strides 8, 16 and 32 each cell of a grid has two scores, a box as its centre from the cell and the logarithms of
//! its sides, and five points from the cell, all in strides. The score is the geometric mean of the two.

use super::Detection;
use sonic_core::Result;
use sonic_model::{Network, TensorView};

/// Least score if no other is asked for.
pub(super) const THRESHOLD: f32 = 0.6;
/// Least score of what may be a small face: it is looked at from near.
pub(super) const SUSPICION: f32 = 0.1;
/// Most overlap if no other is asked for.
pub(super) const OVERLAP: f32 = 0.3;

const STRIDES: [u32; 3] = [8, 16, 32];
/// What there is for each stride, and numbers a cell.
const KINDS: [(&str, usize); 4] = [("cls", 1), ("obj", 1), ("bbox", 4), ("kps", 10)];

/// The places of the outputs, by stride and kind.
pub(super) struct Outputs([[usize; 4]; 3]);

impl Outputs {
    /// Finds the outputs by their names.
    pub(super) fn find(network: &Network) -> Result<Self> {
        let mut places = [[0; 4]; 3];
        for (places, stride) in places.iter_mut().zip(STRIDES) {
            for (place, (kind, _)) in places.iter_mut().zip(KINDS) {
                let name = format!("{kind}_{stride}");
                let missing = || network.refuse(format!("it has no output `{name}`, which YuNet has"));
                *place = network.output(&name).ok_or_else(missing)?;
            }
        }
        Ok(Self(places))
    }

    /// Appends the faces in `outputs` for an input of this width and height. Errors say what is wrong with them.
    pub(super) fn read(
        &self,
        outputs: &[TensorView<'_>],
        canvas: (u32, u32),
        threshold: f32,
        to: &mut Vec<Detection>,
    ) -> std::result::Result<(), String> {
        for (places, stride) in self.0.iter().zip(STRIDES) {
            let (columns, rows) = ((canvas.0 / stride) as usize, (canvas.1 / stride) as usize);
            let mut numbers: [&[f32]; 4] = [&[]; 4];
            for ((numbers, &place), (kind, values)) in numbers.iter_mut().zip(places).zip(KINDS) {
                *numbers =
                    outputs.get(place).and_then(|tensor| tensor.as_slice::<f32>().ok()).unwrap_or_default();
                let (got, expected) = (numbers.len(), columns * rows * values);
                if got != expected {
                    let cells = format!("{columns} x {rows} cells");
                    return Err(format!(
                        "its output `{kind}_{stride}` has {got} numbers, not {expected} for {cells}"
                    ));
                }
            }
            level(numbers, columns, stride as f32, threshold, to);
        }
        Ok(())
    }
}

/// Appends the faces of one stride.
fn level(numbers: [&[f32]; 4], columns: usize, stride: f32, threshold: f32, to: &mut Vec<Detection>) {
    let [class, object, boxes, points] = numbers;
    for (i, (class, object)) in class.iter().zip(object).enumerate() {
        let score = (class.clamp(0.0, 1.0) * object.clamp(0.0, 1.0)).sqrt();
        if score.is_nan() || score < threshold {
            continue;
        }
        let cell = [(i % columns) as f32, (i / columns) as f32];
        let number = |k: usize| boxes[i * 4 + k];
        let centre = [0, 1].map(|axis| (cell[axis] + number(axis)) * stride);
        let half = [2, 3].map(|k| number(k).exp() * stride / 2.0);
        let bbox = [centre[0] - half[0], centre[1] - half[1], centre[0] + half[0], centre[1] + half[1]];
        let point = |k: usize| [0, 1].map(|axis| (cell[axis] + points[i * 10 + 2 * k + axis]) * stride);
        to.push(Detection { bbox, score, landmarks: [0, 1, 2, 3, 4].map(point) });
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use sonic_model::Tensor;

    const PLACES: Outputs = Outputs([[0, 1, 2, 3], [4, 5, 6, 7], [8, 9, 10, 11]]);

    /// Outputs for 64 x 32 pixels, all zero.
    fn outputs() -> Vec<Tensor> {
        let tensor =
            |cells: usize, values: usize| Tensor::f32([1, cells, values], vec![0.0; cells * values]).unwrap();
        [32, 8, 2].into_iter().flat_map(|cells| KINDS.map(|(_, values)| tensor(cells, values))).collect()
    }

    fn views(outputs: &[Tensor]) -> Vec<TensorView<'_>> {
        outputs.iter().map(Tensor::view).collect()
    }

    #[test]
    fn a_face_lies_around_its_cell() {
        let mut outputs = outputs();
        // Stride 16, 4 x 2 cells: column 1 of row 1 is number 5.
        for (place, at, numbers) in [
            (4, 5, &[0.81][..]),
            (5, 5, &[2.0]),
            (6, 20, &[0.5, 0.0, 0.0, 2f32.ln()]),
            (7, 50, &[0.0, 0.0, 1.0, 0.0, 0.5, 0.5, 0.0, 1.0, 1.0, 1.0]),
        ] {
            outputs[place].as_mut_slice::<f32>().unwrap()[at..][..numbers.len()].copy_from_slice(numbers);
        }
        let mut faces = Vec::new();
        PLACES.read(&views(&outputs), (64, 32), 0.6, &mut faces).unwrap();
        assert_eq!(faces.len(), 1);
        assert!((faces[0].score - 0.9).abs() < 1e-6);
        assert_eq!(faces[0].bbox, [16.0, 0.0, 32.0, 32.0]);
        let landmarks = [[16.0, 16.0], [32.0, 16.0], [24.0, 24.0], [16.0, 32.0], [32.0, 32.0]];
        assert_eq!(faces[0].landmarks, landmarks);
    }

    #[test]
    fn outputs_of_another_size_are_refused() {
        let error = PLACES.read(&views(&outputs()), (64, 64), 0.6, &mut Vec::new()).unwrap_err();
        assert_eq!(error, "its output `cls_8` has 32 numbers, not 64 for 8 x 8 cells");
        assert!(PLACES.read(&[], (64, 64), 0.6, &mut Vec::new()).is_err());
    }
}
