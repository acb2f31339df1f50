//! Where in a recording a clip may lie.

use super::scale::Scale;

/// A place in a recording.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// Frame of the recording at which the clip starts.
    pub(crate) offset: f32,
    pub(crate) scale: Scale,
}

impl Place {
    /// The place of a clip that starts so many frames later.
    pub(crate) fn moved(self, frames: f32) -> Self {
        Self { offset: self.offset + frames * self.scale.time, ..self }
    }
}
