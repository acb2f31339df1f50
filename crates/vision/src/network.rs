//! Face models in ONNX form, fed as their manifests say.

use crate::manifest::FaceInput;
use crate::resize::Normalise;
use sonic_core::{Result, RunMode, parallel};
use sonic_model::{Model, Network, SessionOptions, TensorView};
use std::ops::Deref;

/// A face model that is loaded.
pub(crate) struct FaceNetwork {
    network: Network,
    face: FaceInput,
    normalise: Normalise,
    input: String,
    /// The lengths of the input: pictures, planes, height, width; `None` where any will do.
    shape: [Option<usize>; 4],
}

impl FaceNetwork {
    /// Loads a model for `task`; with `any_size` a fixed height and width of its input are opened.
    pub(crate) fn load(model: &Model, task: &str, options: &SessionOptions, any_size: bool) -> Result<Self> {
        model.manifest.expect(task)?;
        let face = FaceInput::of(&model.manifest)?;
        let network = match any_size {
            true => Network::load_for_any_size(model, options)?,
            false => Network::load(model, options)?,
        };
        let (input, shape) = input_of(&network)?;
        Ok(Self { network, normalise: face.normalise(), face, input, shape })
    }

    pub(crate) fn face(&self) -> &FaceInput {
        &self.face
    }

    pub(crate) fn normalise(&self) -> &Normalise {
        &self.normalise
    }

    /// The lengths of the input: pictures, planes, height, width; `None` where any will do.
    pub(crate) fn input_shape(&self) -> [Option<usize>; 4] {
        self.shape
    }

    /// Runs the model on pictures; `read` gets the outputs.
    pub(crate) fn run<R>(
        &self,
        pictures: TensorView<'_>,
        mode: RunMode,
        read: impl FnOnce(&[TensorView<'_>]) -> Result<R>,
    ) -> Result<R> {
        self.network.run(&[(&self.input, pictures)], mode, read)
    }
}

impl Deref for FaceNetwork {
    type Target = Network;

    fn deref(&self) -> &Network {
        &self.network
    }
}

/// The input that is fed, and its lengths. It takes pictures in three planes.
fn input_of(network: &Network) -> Result<(String, [Option<usize>; 4])> {
    let port = network.only_input("for pictures")?;
    match port.shape.as_slice() {
        &[count, planes @ (Some(3) | None), height, width] => {
            Ok((port.name.clone(), [count, planes, height, width]))
        }
        _ => {
            let message =
                format!("its input `{}` takes {port}, which is no picture in three planes", port.name);
            Err(network.refuse(message))
        }
    }
}

/// Does `work` for each image, `at_once` at once, and gives the results in their order or the first error.
pub(crate) fn share<I: Sync, T: Send>(
    images: &[I],
    at_once: usize,
    work: impl Fn(&I, RunMode) -> Result<T> + Sync,
) -> Result<Vec<T>> {
    let mode = if at_once.min(images.len()) > 1 { RunMode::Batch } else { RunMode::Single };
    parallel::map(images, at_once.max(1), |image| work(image, mode)).into_iter().collect()
}
