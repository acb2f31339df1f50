"""What calls give back: plain, frozen, comparable."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Match:
    """A recording that a clip, or a stretch of it, may come from."""

    id: str
    """The recording's id."""
    offset_ms: int
    """Where in the recording the clip's first sample lies; negative if the clip starts before the recording."""
    score: float
    """Log-odds that the match is right; comparable between clips and stores."""
    aligned: int
    """Landmarks of the recording that are found in the clip."""
    probability: float
    """Probability that the match is right, 0 to 1."""
    time_scale: float
    """Seconds of recording per second of clip: above 1 if the clip was sped up."""
    pitch_semitones: float
    """Semitones by which the clip is higher than the recording."""
    query_start_ms: int
    """Start of the stretch of the clip that matches."""
    query_end_ms: int
    """Its end."""
    coverage: float
    """Share of the clip that the match explains, 0 to 1; gaps between joined stretches do not count."""
    imported: bool
    """True if it was found by hashes that were imported without the recording's sound, and not by landmarks."""


@dataclass(frozen=True, slots=True)
class Answer:
    """What a clip is. True if it was recognised; iterating gives the matches, likeliest first."""

    decision: Literal["match", "unknown"]
    """"match" if the best match is right with a probability of at least 0.75; otherwise matches are guesses."""
    matches: tuple[Match, ...]
    """Matches, likeliest first. A clip put together from several recordings has one for each piece."""
    duration_ms: int
    """Length of the clip."""
    truncated: bool
    """True if the clip ended early."""
    damaged_ms: int
    """How much of the clip's sound could not be decoded."""
    postings_read: int
    """Postings of the index that were read."""
    postings_skipped: int
    """Postings of very common hashes that were passed over, so that the time of a search is bounded."""
    scales_tried: int
    """Changes of speed, tempo and pitch that were tried, none included."""
    elapsed_ms: Mapping[str, float] = field(default_factory=dict, compare=False, repr=False)
    """Milliseconds that the stages took: decode, fingerprint, search."""

    @property
    def best(self) -> Match | None:
        """The likeliest match, recognised or not; None if there is none."""
        return self.matches[0] if self.matches else None

    def __bool__(self) -> bool:
        return self.decision == "match"

    def __len__(self) -> int:
        return len(self.matches)

    def __iter__(self) -> Iterator[Match]:
        return iter(self.matches)

    def __getitem__(self, index: int) -> Match:
        return self.matches[index]


@dataclass(frozen=True, slots=True)
class Recording:
    """What a store knows about a recording beside its landmarks."""

    id: str
    """The name by which matches report it; unique in the store."""
    title: str | None
    """A title for people."""
    source: str | None
    """Where it came from: a path or an address."""
    source_hash: str | None
    """xxh3-128 of the source's bytes in hexadecimal; None if it was added as a clip or fingerprint."""
    duration_ms: int
    """Length in milliseconds."""
    landmarks: int
    """Number of landmarks kept."""
    frames: int
    """Length in frames of the fingerprint."""
    truncated: bool
    """True if the source ended early."""
    damaged_ms: int
    """How much of the source's sound could not be decoded."""
    codec: str
    """Short name of the source's codec, such as "opus"."""
    sample_rate: int
    """Samples per second of the source."""
    channels: int
    """Channels of the source."""
    user_id: str | None
    """The user it belongs to."""
    mode: str | None
    """What it was recorded for; free text."""
    created_at_ms: int
    """When it was added, in milliseconds since 1970 UTC."""
    metadata: Any
    """Whatever else was kept with it: anything that JSON can hold."""


@dataclass(frozen=True, slots=True)
class RecordingPage:
    """Some recordings, in the order in which they were added."""

    recordings: tuple[Recording, ...]
    """The recordings; none after the last."""
    next: int | None
    """The place to go on after; None when there are no more."""


@dataclass(frozen=True, slots=True)
class Added:
    """What became of a recording."""

    status: Literal["added", "replaced", "duplicate"]
    """"added"; "replaced" if it took the place of other bytes; "duplicate" if the same bytes were there already."""
    id: str
    """Its id; the earlier one's if it is a duplicate."""
    recording: Recording
    """Its row in the store."""


@dataclass(frozen=True, slots=True)
class AddedFile:
    """What became of a file."""

    path: str
    """The file."""
    status: Literal["added", "replaced", "duplicate", "silent", "failed", "passed_over"]
    """"added" and "replaced" files are committed; "duplicate" ones were in the store already; "silent" ones hold
    nothing to be recognised by; "passed_over" is what a folder holds that was not taken; for "failed" see `error`."""
    id: str | None
    """Id of its recording: of the earlier one if it is a duplicate, the one it was to have if it failed; None if its
    path gives none."""
    duration_ms: int
    """Length of its sound; 0 unless it was added."""
    landmarks: int
    """Number of landmarks kept; 0 unless it was added."""
    truncated: bool
    """True if the file ended early."""
    damaged_ms: int
    """How much of its sound could not be decoded."""
    error: Exception | None = field(compare=False)
    """Why it was not added: a `SonicError`."""


@dataclass(frozen=True, slots=True)
class ImportedFile:
    """What became of a file that was to be imported."""

    path: str
    """The file."""
    status: Literal["imported", "duplicate", "failed"]
    """"duplicate": the same was imported before; for "failed" see `error`."""
    season: int | None
    """The season that it is of, if that is known."""
    recordings: int
    """Recordings that were imported."""
    left_out: int
    """Recordings that were left out, because the store has them with their sound."""
    hashes: int
    """Hashes of the file."""
    entries: int
    """Entries that were imported."""
    warnings: dict[str, int]
    """What is odd about it, by name, and how often: "unknown_hashes", "trailing_bytes" and others."""
    error: Exception | None = field(compare=False)
    """Why it was refused: a `SonicError`."""


@dataclass(frozen=True, slots=True)
class ValidatedFile:
    """A file that was compared with what was imported of it."""

    path: str
    """The file."""
    fine: bool
    """True if the store has what the file has."""
    season: int | None
    """The season that it is of, if that is known."""
    hashes: int
    """Hashes of the file, each of which was looked at."""
    unknown: int
    """Hashes that no pair of peaks has."""
    compared: int
    """Hashes whose frames were compared with those in the store."""
    different: int
    """Of those, hashes whose frames differ in some recording."""
    missing: int
    """Recordings of the file that were not imported, or were removed since."""
    with_sound: int
    """Recordings of the file that the store has with their sound by now."""
    warnings: dict[str, int]
    """What is odd about it, by name, and how often."""
    error: Exception | None = field(compare=False)
    """Why it could not be read: a `SonicError`."""


@dataclass(frozen=True, slots=True)
class ImportedRecording:
    """A recording that was imported without its sound."""

    id: str
    """The name by which matches report it."""
    season: int | None
    """The season of the file that it came from, if that is known."""
    source: str
    """The file that it came from."""
    entries: int
    """Hashes, with repetitions."""
    frames: int
    """Frames of 23.2 ms up to the last hash."""
    duration_ms: int
    """Milliseconds up to the last hash: a little less than the recording lasts."""
    created_at_ms: int
    """When it was imported, in milliseconds since 1970 UTC."""


@dataclass(frozen=True, slots=True)
class Salvaged:
    """What was saved of a damaged store."""

    recordings: int
    """Recordings with their landmarks."""
    imported: int
    """Recordings that were imported without their sound. Of their hashes some may be lost."""
    voices: int
    """Voices."""
    people: int
    """People with a voiceprint."""
    photos: int
    """Photos."""
    faces: int
    """Faces."""
    damaged_rows: int
    """Rows that were damaged."""
    damaged_pages: int
    """Pages that could not be made out; of what lay below them nothing may be missing."""
    may_lack_last_change: bool
    """True if one of the two pages is damaged that tell in turn of the last change: what was saved is perhaps what was
    there before it, and has what that change removed."""


@dataclass(frozen=True, slots=True)
class Stats:
    """Counts of a store."""

    recordings: int
    """Number of recordings."""
    duration_ms: int
    """Length of all recordings."""
    landmarks: int
    """Landmarks of all recordings."""
    postings: int
    """Pairs in the inverted index, those of removed recordings included until the next compaction."""
    postings_bytes: int
    """Bytes of the inverted index."""
    segments: int
    """Pieces that the inverted index consists of."""
    file_bytes: int
    """Bytes of the store on disk."""
    format_version: int
    """Version of the store's format."""
    pipeline: str | None
    """Pipeline of the fingerprints; None while there are none."""
    snapshot: int | None
    """Number of the snapshot that the store was pulled or pushed as last; None if it never was."""
    follow_error: str | None
    """Why the store cannot follow its snapshots just now, and what it has is older than the newest; None if it can, or
    nobody in this process follows."""
