//! Results about recordings.

use crate::results::{Stages, results};
use sonic::recordings::{AddedFile, Identified, Match, Recording, RecordingPage};
use sonic::store::{Salvaged, Stats};

/// What became of a recording that was given alone.
pub(crate) struct AddedRecording {
    pub(crate) status: &'static str,
    pub(crate) recording: Recording,
}

results! {
    Match from Match as m {
        id,
        offset_ms,
        score,
        aligned,
        probability,
        time_scale,
        pitch_semitones,
        query_start_ms,
        query_end_ms,
        coverage,
        imported,
    }

    Answer from Identified as found {
        decision: found.answer.decision,
        matches: found.answer.matches,
        duration_ms,
        truncated,
        damaged_ms,
        postings_read: found.answer.postings_read,
        postings_skipped: found.answer.postings_skipped,
        scales_tried: found.answer.scales_tried,
        elapsed_ms: Stages([
            ("decode", found.elapsed.decode),
            ("fingerprint", found.elapsed.fingerprint),
            ("search", found.elapsed.search),
        ]),
    }

    Recording from Recording as row {
        id,
        title,
        source,
        source_hash,
        duration_ms,
        landmarks,
        frames,
        truncated,
        damaged_ms,
        codec: row.format.codec,
        sample_rate: row.format.sample_rate,
        channels: row.format.channels,
        user_id,
        mode,
        created_at_ms,
        metadata,
    }

    RecordingPage from RecordingPage as page { recordings, next: page.next.map(|place| place.0) }

    Added from AddedRecording as added {
        status,
        id: added.recording.id,
        recording,
    }

    AddedFile from AddedFile as file {
        path,
        status,
        id,
        duration_ms,
        landmarks,
        truncated,
        damaged_ms,
        error,
    }

    Salvaged from Salvaged as saved {
        recordings,
        imported,
        voices,
        people,
        photos,
        faces,
        damaged_rows,
        damaged_pages,
        may_lack_last_change,
    }

    Stats from Stats as stats {
        recordings,
        duration_ms,
        landmarks,
        postings,
        postings_bytes,
        segments,
        file_bytes,
        format_version,
        pipeline,
        snapshot,
        follow_error,
    }
}
