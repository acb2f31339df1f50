"""Embeddable media recognition: which recording is this clip, at which offset, how sure, or "unknown".

    import sonic

    with sonic.Store("episodes.sonic") as store:
        for file in store.add_many(["episodes/"]):
            print(file.status, file.id)
        answer = store.identify("clip.mp4")
        if answer:
            print(answer.best.id, "at", answer.best.offset_ms, "ms")
        else:
            print("unknown")

Sound comes from a path, from bytes or from a file object; `decode` turns it into a `Clip`, `fingerprint` a clip into
a `Fingerprint`, and a `Store` keeps and finds fingerprints. Every error is a `SonicError`.

    with sonic.Store("people.sonic") as store:
        store.voices.enroll("Anna", ["anna-1.wav", "anna-2.wav", "anna-3.wav"])
        answer = store.voices.identify("who.webm")
        print(answer.best.person if answer else "unknown")

A `VoiceEmbedder` turns somebody speaking into a vector, and the `Voices` of a store keep and find people.
"""

from ._errors import (
    ClosedError,
    InternalError,
    InvalidArgumentError,
    IoError,
    LimitError,
    MalformedError,
    MismatchError,
    ModelError,
    NotFoundError,
    SonicError,
    UnsupportedError,
)
from ._native import (
    Adding,
    Clip,
    Fingerprint,
    Fingerprinter,
    Recordings,
    Store,
    VoiceEmbedder,
    VoiceRecordings,
    Voices,
    __version__,
    decode,
    fingerprint,
    speech_spans,
    voice_quality,
)
from ._results import Added, AddedFile, Answer, Match, Recording, Stats
from ._voice_results import (
    Calibration,
    Enrolled,
    Forgotten,
    Observed,
    RecordedVoice,
    SimilarVoice,
    Span,
    Speaker,
    Verification,
    Voice,
    VoiceAnswer,
    VoiceMatch,
    Voiceprint,
    VoiceQuality,
    VoiceSample,
    VoiceStats,
)

__all__ = [
    "Added",
    "AddedFile",
    "Adding",
    "Answer",
    "Calibration",
    "Clip",
    "ClosedError",
    "Enrolled",
    "Fingerprint",
    "Fingerprinter",
    "Forgotten",
    "InternalError",
    "InvalidArgumentError",
    "IoError",
    "LimitError",
    "MalformedError",
    "Match",
    "MismatchError",
    "ModelError",
    "NotFoundError",
    "Observed",
    "RecordedVoice",
    "Recording",
    "Recordings",
    "SimilarVoice",
    "SonicError",
    "Span",
    "Speaker",
    "Stats",
    "Store",
    "UnsupportedError",
    "Verification",
    "Voice",
    "VoiceAnswer",
    "VoiceEmbedder",
    "VoiceMatch",
    "VoiceQuality",
    "VoiceRecordings",
    "VoiceSample",
    "VoiceStats",
    "Voiceprint",
    "Voices",
    "__version__",
    "decode",
    "fingerprint",
    "speech_spans",
    "voice_quality",
]
