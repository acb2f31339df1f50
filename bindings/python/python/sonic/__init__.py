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

    analyzer = sonic.FaceAnalyzer()
    for face in analyzer.analyze("party.jpg"):
        print(face.bbox, face.score)

A `FaceAnalyzer` finds the faces in pictures and turns each into a vector; the `Faces` of a store keep them by event,
and `store.people(event)` says who is who. `cluster` and `HDBSCAN` find out which vectors belong together.
"""

from typing import TYPE_CHECKING, Any

from . import models, snapshots
from ._errors import (
    BusyError,
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
from ._face_results import (
    AddedPhoto,
    AddedPhotoFile,
    ArchivedEvent,
    ClusterReport,
    ClusterSummary,
    Detection,
    Event,
    Face,
    FaceQuality,
    FaceStats,
    Forgotten,
    ForgottenFaces,
    MergedPeople,
    Person,
    Photo,
    SimilarFace,
    StoredFace,
    Tag,
)
from ._native import (
    Adding,
    Airings,
    AllPeople,
    AnalyzedVoice,
    Clip,
    EventPhotos,
    FaceAnalyzer,
    Faces,
    Fingerprint,
    Fingerprinter,
    Follower,
    Imported,
    LiveSession,
    Monitor,
    People,
    PeopleTable,
    PushDecoder,
    RecordingQuery,
    Recordings,
    Score,
    Store,
    Table,
    Voicebank,
    VoiceEmbedder,
    Voices,
    __version__,
    align,
    cluster,
    decode,
    decode_image,
    explain,
    fingerprint,
    speech_spans,
    thumbnail,
    voice_quality,
)
from ._results import (
    Added,
    AddedFile,
    Answer,
    ImportedFile,
    ImportedRecording,
    Match,
    Recording,
    RecordingPage,
    Salvaged,
    Stats,
    ValidatedFile,
)
from ._sound_results import Airing, Chunk, PushCounts
from ._voice_results import (
    Calibration,
    Enrolled,
    ForgottenVoices,
    Observed,
    RecordedVoice,
    Sample,
    SimilarVoice,
    SimilarVoiceprint,
    Span,
    Speaker,
    Verification,
    Voice,
    VoiceAnswer,
    VoiceMatch,
    Voiceprint,
    VoiceQuality,
    VoiceStats,
)

if TYPE_CHECKING:
    from ._hdbscan import HDBSCAN

__all__ = [
    "HDBSCAN",
    "Added",
    "AddedFile",
    "AddedPhoto",
    "AddedPhotoFile",
    "Adding",
    "Airing",
    "Airings",
    "AllPeople",
    "AnalyzedVoice",
    "Answer",
    "ArchivedEvent",
    "BusyError",
    "Calibration",
    "Chunk",
    "Clip",
    "ClosedError",
    "ClusterReport",
    "ClusterSummary",
    "Detection",
    "Enrolled",
    "Event",
    "EventPhotos",
    "Face",
    "FaceAnalyzer",
    "FaceQuality",
    "FaceStats",
    "Faces",
    "Fingerprint",
    "Fingerprinter",
    "Follower",
    "Forgotten",
    "ForgottenFaces",
    "ForgottenVoices",
    "Imported",
    "ImportedFile",
    "ImportedRecording",
    "InternalError",
    "InvalidArgumentError",
    "IoError",
    "LimitError",
    "LiveSession",
    "MalformedError",
    "Match",
    "MergedPeople",
    "MismatchError",
    "ModelError",
    "Monitor",
    "NotFoundError",
    "Observed",
    "People",
    "PeopleTable",
    "Person",
    "Photo",
    "PushCounts",
    "PushDecoder",
    "RecordedVoice",
    "Recording",
    "RecordingPage",
    "RecordingQuery",
    "Recordings",
    "Salvaged",
    "Sample",
    "Score",
    "SimilarFace",
    "SimilarVoice",
    "SimilarVoiceprint",
    "SonicError",
    "Span",
    "Speaker",
    "Stats",
    "Store",
    "StoredFace",
    "Table",
    "Tag",
    "UnsupportedError",
    "ValidatedFile",
    "Verification",
    "Voice",
    "VoiceAnswer",
    "VoiceEmbedder",
    "VoiceMatch",
    "VoiceQuality",
    "VoiceStats",
    "Voicebank",
    "Voiceprint",
    "Voices",
    "__version__",
    "align",
    "cluster",
    "decode",
    "decode_image",
    "explain",
    "fingerprint",
    "models",
    "snapshots",
    "speech_spans",
    "thumbnail",
    "voice_quality",
]


def __getattr__(name: str) -> Any:
    # Its base classes are scikit-learn's, which takes longer to import than all of this: not before somebody wants it.
    if name == "HDBSCAN":
        from ._hdbscan import HDBSCAN

        globals()[name] = HDBSCAN
        return HDBSCAN
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
