"""The extension module; what is re-exported here lies in one file a part."""

from collections.abc import Sequence

from ._cluster import Clustering, cluster
from ._faces import EventPhotos, FaceAnalyzer, Faces, align, decode_image, thumbnail
from ._imported import Imported
from ._live import LiveSession, OpenAi, Recognizer, Spelling, Whisper
from ._models import list_models, pull_model, resolve_model, verify_model
from ._monitor import Airings, Monitor, RecordingQuery
from ._people import People
from ._push import PushDecoder
from ._recordings import Adding, Recordings, explain
from ._remote import Bucket
from ._sing import Score, Singing, Voicebank, mix, write_sound
from ._snapshots import (
    Follower,
    Writer,
    list_snapshots,
    prune_snapshots,
    pull_snapshot,
    push_snapshot,
    rollback_snapshot,
)
from ._sound import Clip, Fingerprint, Fingerprinter, decode, fingerprint, speech_spans, voice_quality
from ._store import Store
from ._tables import AllPeople, PeopleTable, Table
from ._voices import AnalyzedVoice, VoiceEmbedder, Voices

__version__: str
__all__ = [
    "Adding",
    "Airings",
    "AllPeople",
    "AnalyzedVoice",
    "Bucket",
    "Clip",
    "Clustering",
    "EventPhotos",
    "FaceAnalyzer",
    "Faces",
    "Fingerprint",
    "Fingerprinter",
    "Follower",
    "Imported",
    "LiveSession",
    "Monitor",
    "OpenAi",
    "People",
    "PeopleTable",
    "PushDecoder",
    "Recognizer",
    "RecordingQuery",
    "Recordings",
    "Score",
    "Singing",
    "Spelling",
    "Store",
    "Table",
    "VoiceEmbedder",
    "Voicebank",
    "Voices",
    "Whisper",
    "Writer",
    "__version__",
    "align",
    "cluster",
    "decode",
    "decode_image",
    "explain",
    "fingerprint",
    "list_models",
    "list_snapshots",
    "mix",
    "prune_snapshots",
    "pull_model",
    "pull_snapshot",
    "push_snapshot",
    "resolve_model",
    "rollback_snapshot",
    "run_command",
    "speech_spans",
    "thumbnail",
    "verify_model",
    "voice_quality",
    "write_sound",
]

def run_command(arguments: Sequence[str]) -> int:
    """Runs the `sonic` command; the first argument is the program's name. Gives the exit status."""
