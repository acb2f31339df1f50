//! SCRFD: J. Guo et al., "Sample and Computation Redistribution for Efficient Face Detection", ICLR 2022.
//!
//! At strides 8, 16 and 32 each cell of a grid has some anchors (two in all published networks), and each anchor a
//! score, the distances from its centre to the four sides of the box, and to the five points.

use super::Detection;
use sonic_model::TensorView;

/// Least score if no other is asked for.
pub(super) const THRESHOLD: f32 = 0.5;
/// Least score of what may be a small face: it is looked at from near.
pub(super) const SUSPICION: f32 = 0.03;
/// Most overlap if no other is asked for.
pub(super) const OVERLAP: f32 = 0.4;

const STRIDES: [u32; 3] = [8, 16, 32];

/// Appends the faces in `outputs` for an input of this width and height. Errors say what is wrong with the outputs.
pub(super) fn read(
    outputs: &[TensorView<'_>],
    canvas: (u32, u32),
    threshold: f32,
    to: &mut Vec<Detection>,
) -> Result<(), String> {
    let [scores, boxes, points] = [1, 4, 10].map(|values| by_size(outputs, values));
    let (scores, boxes, points) = (scores?, boxes?, points?);
    for (level, stride) in STRIDES.into_iter().enumerate() {
        let (columns, rows) = (canvas.0.div_ceil(stride) as usize, canvas.1.div_ceil(stride) as usize);
        let (scores, boxes, points) = (scores[level], boxes[level], points[level]);
        let anchors = scores.len() / (columns * rows);
        let expected = anchors * columns * rows;
        if anchors == 0
            || scores.len() != expected
            || boxes.len() != 4 * expected
            || points.len() != 10 * expected
        {
            return Err(format!(
                "its outputs have {}, {} and {} numbers at stride {stride}; SCRFD gives 1, 4 and 10 for each \
                 anchor of {columns} x {rows} cells",
                scores.len(),
                boxes.len(),
                points.len()
            ));
        }
        for (i, &score) in scores.iter().enumerate().filter(|(_, score)| **score >= threshold) {
            let (cell, stride) = (i / anchors, stride as f32);
            let centre = [(cell % columns) as f32 * stride, (cell / columns) as f32 * stride];
            let [x, y] = centre;
            let side = |k: usize| boxes[i * 4 + k] * stride;
            let bbox = [x - side(0), y - side(1), x + side(2), y + side(3)];
            let point = |k: usize| [0, 1].map(|axis| centre[axis] + points[i * 10 + 2 * k + axis] * stride);
            to.push(Detection { bbox, score, landmarks: [0, 1, 2, 3, 4].map(point) });
        }
    }
    Ok(())
}

/// The three outputs with this many numbers an anchor, that of the smallest stride first.
fn by_size<'a>(outputs: &[TensorView<'a>], values: usize) -> Result<[&'a [f32]; 3], String> {
    let mut found: Vec<&'a [f32]> = outputs
        .iter()
        .filter(|tensor| tensor.shape().last() == Some(&values))
        .filter_map(|tensor| tensor.as_slice::<f32>().ok())
        .collect();
    found.sort_by_key(|numbers| std::cmp::Reverse(numbers.len()));
    let count = found.len();
    found.try_into().map_err(|_| {
        format!(
            "it has {count} outputs of {values} numbers; SCRFD with five points has 3 each of 1, 4 and 10"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use sonic_model::Tensor;

    /// Outputs for 64 x 32 pixels in a mixed order, all zero.
    fn outputs() -> Vec<Tensor> {
        let mut all = Vec::new();
        for values in [10, 1, 4] {
            for cells in [2, 32, 8] {
                all.push(Tensor::f32([2 * cells, values], vec![0.0; 2 * cells * values]).unwrap());
            }
        }
        all
    }

    fn set(tensor: &mut Tensor, at: usize, numbers: &[f32]) {
        tensor.as_mut_slice::<f32>().unwrap()[at..][..numbers.len()].copy_from_slice(numbers);
    }

    fn views(outputs: &[Tensor]) -> Vec<TensorView<'_>> {
        outputs.iter().map(Tensor::view).collect()
    }

    #[test]
    fn a_face_lies_around_its_anchor() {
        let mut outputs = outputs();
        // Stride 16, 4 x 2 cells: the second anchor of the cell in column 1 of row 1 is number 11.
        set(&mut outputs[5], 11, &[0.75]);
        set(&mut outputs[8], 44, &[1.0, 0.5, 2.0, 0.25]);
        set(&mut outputs[2], 110, &[-1.0, 0.0, 1.0, 0.0, 0.0, 0.5, 0.0, 1.0, 0.5, 1.0]);
        let mut faces = Vec::new();
        read(&views(&outputs), (64, 32), 0.5, &mut faces).unwrap();
        assert_eq!(faces.len(), 1);
        assert_eq!((faces[0].bbox, faces[0].score), ([0.0, 8.0, 48.0, 20.0], 0.75));
        let landmarks = [[0.0, 16.0], [32.0, 16.0], [16.0, 24.0], [16.0, 32.0], [24.0, 32.0]];
        assert_eq!(faces[0].landmarks, landmarks);
    }

    #[test]
    fn outputs_of_another_network_are_refused() {
        let mut faces = Vec::new();
        let error = read(&views(&outputs())[..6], (64, 32), 0.5, &mut faces).unwrap_err();
        assert!(error.contains("0 outputs of 4 numbers"), "{error}");
        let error = read(&views(&outputs()), (64, 96), 0.5, &mut faces).unwrap_err();
        assert!(error.contains("8 x 12 cells"), "{error}");
        assert!(read(&[], (64, 64), 0.5, &mut faces).is_err());
    }
}
