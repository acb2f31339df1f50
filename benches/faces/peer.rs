//! InsightFace in a Python of its own, which lives as long as the measurement and works when it is told to.

use super::{Outcome, PICTURES};
use serde_json::Value;
use std::io::{BufRead, BufReader, Write};
use std::path::{Path, PathBuf};
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};

pub(crate) struct Peer {
    models: PathBuf,
    process: Child,
    orders: ChildStdin,
    answers: BufReader<ChildStdout>,
}

impl Peer {
    /// `None` without `SONIC_PEER_PYTHON`. It has found as many faces as are expected then.
    pub(crate) fn start(assets: &Path, threads: usize) -> Outcome<Option<Self>> {
        let Ok(python) = std::env::var("SONIC_PEER_PYTHON") else { return Ok(None) };
        let models = std::env::temp_dir().join(format!("sonic-bench-faces-{}", std::process::id()));
        std::fs::create_dir_all(&models)?;
        // The names that InsightFace expects.
        for (file, name) in
            [("det_500m.onnx", "det_500m.onnx"), ("w600k_mbf_dequant_fp32.onnx", "w600k_mbf.onnx")]
        {
            std::fs::copy(assets.join("models").join(file), models.join(name))?;
        }
        let mut process = Command::new(python)
            .arg(Path::new(env!("CARGO_MANIFEST_DIR")).join("benches/faces/peer.py"))
            .arg(&models)
            .arg(threads.to_string())
            .args(PICTURES.map(|(path, _)| assets.join(path)))
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()?;
        let orders = process.stdin.take().ok_or("the peer has no input")?;
        let answers = BufReader::new(process.stdout.take().ok_or("the peer has no output")?);
        let mut peer = Self { models, process, orders, answers };
        let faces = peer.answer("faces")?;
        assert_eq!(faces, PICTURES.map(|(_, faces)| faces as f64));
        Ok(Some(peer))
    }

    /// Milliseconds of some runs on one of the pictures, decoded before or each time.
    pub(crate) fn measure(&mut self, picture: usize, decode: bool, runs: usize) -> Outcome<Vec<f64>> {
        writeln!(self.orders, "{picture} {} {runs}", u8::from(decode))?;
        self.orders.flush()?;
        self.answer("ms")
    }

    /// The numbers of the next line that is one of ours.
    fn answer(&mut self, key: &str) -> Outcome<Vec<f64>> {
        let mut line = String::new();
        while !line.starts_with('{') {
            line.clear();
            if self.answers.read_line(&mut line)? == 0 {
                return Err(
                    "the peer has ended: does its Python have insightface, onnxruntime and cv2?".into()
                );
            }
        }
        let line: Value = serde_json::from_str(&line)?;
        let numbers = line[key].as_array().ok_or("no such figures")?;
        Ok(numbers.iter().filter_map(Value::as_f64).collect())
    }
}

impl Drop for Peer {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.models);
    }
}
