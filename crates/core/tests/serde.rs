//! Results as JSON: the names of the fields, and a pipeline as the string that it is.

#![cfg(feature = "serde")]

use serde_json::{from_value, json, to_value};
use sonic_core::{Calibration, Embedding, Face, FaceQuality, Landmark, PipelineId, Span};

#[test]
fn plain_data_are_objects_of_their_fields() {
    let landmark = Landmark { frame: 7, frequency: 800, salience: 9 };
    assert_eq!(to_value(landmark).unwrap(), json!({"frame": 7, "frequency": 800, "salience": 9}));
    let span = json!({"start_ms": 10, "end_ms": 20});
    assert_eq!(from_value::<Span>(span).unwrap(), Span { start_ms: 10, end_ms: 20 });
    let calibration = json!({"slope": 20.0, "offset": -6.0, "trials": 0});
    assert_eq!(to_value(Calibration::default()).unwrap(), calibration);
}

#[test]
fn what_was_written_is_read_again() {
    let quality = FaceQuality {
        size: 80.0,
        sharpness: 120.5,
        yaw: -3.0,
        pitch: 2.0,
        roll: 0.5,
        brightness: 0.5,
        clipped: 0.0,
    };
    let embedding = Embedding { pipeline: PipelineId::new("face-1/test"), vector: vec![0.6, 0.8] };
    let face = Face { bbox: [1.0, 2.0, 3.0, 4.0], score: 0.9, landmarks: [[1.5; 2]; 5], quality, embedding };
    let written = to_value(&face).unwrap();
    assert_eq!(written["embedding"]["pipeline"], "face-1/test");
    assert_eq!(from_value::<Face>(written).unwrap(), face);
}
