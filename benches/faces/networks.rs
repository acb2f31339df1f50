//! The networks of an analysis alone, without what is around them.

use super::Outcome;
use super::planes::other_planes;
use sonic::model::{Model, Network, RunMode, SessionOptions, TensorView};
use sonic::vision::Image;

/// Numbers of an aligned face of 112 x 112 pixels.
const FACE: usize = 3 * 112 * 112;

/// The two networks, loaded as the analyzer loads them: they share their weights with it.
pub(crate) struct Networks {
    detector: Network,
    embedder: Network,
    threads: usize,
}

impl Networks {
    pub(crate) fn load(detector: &Model, embedder: &Model, threads: usize) -> Outcome<Self> {
        let options = SessionOptions { threads, ..Default::default() };
        let detector = Network::load_for_any_size(detector, &options)?;
        Ok(Self { detector, embedder: Network::load(embedder, &options)?, threads })
    }

    /// What the detector is fed with.
    pub(crate) fn input(&self, image: &Image) -> Outcome<Vec<f32>> {
        other_planes(image)
    }

    /// One run of the detector, and as many of the embedder as there are faces: as many as go on all threads side by
    /// side, the rest one after the other, as the analyzer does it.
    pub(crate) fn run(&self, input: &[f32], faces: usize) -> Outcome<()> {
        self.detect(input)?;
        let side_by_side = if self.threads > 1 { faces / self.threads * self.threads } else { 0 };
        let rounds = std::thread::scope(|scope| {
            let share = side_by_side / self.threads;
            let embed = move || (0..share).try_for_each(|_| self.embed(RunMode::Batch));
            let workers: Vec<_> = (1..self.threads).map(|_| scope.spawn(embed)).collect();
            let ours = embed();
            workers.into_iter().fold(ours, |done, worker| done.and(worker.join().unwrap_or(Ok(()))))
        });
        rounds?;
        (side_by_side..faces).try_for_each(|_| self.embed(RunMode::Single))?;
        Ok(())
    }

    /// One run of the detector.
    pub(crate) fn detect(&self, input: &[f32]) -> sonic::Result<()> {
        run(&self.detector, TensorView::new(vec![1, 3, 640, 640], input)?, RunMode::Single)
    }

    fn embed(&self, mode: RunMode) -> sonic::Result<()> {
        run(&self.embedder, TensorView::new(vec![1, 3, 112, 112], &[0.25; FACE])?, mode)
    }
}

fn run(network: &Network, input: TensorView<'_>, mode: RunMode) -> sonic::Result<()> {
    let name = network.inputs()[0].name.as_str();
    network.run(&[(name, input)], mode, |outputs| {
        std::hint::black_box(outputs.len());
        Ok(())
    })
}
