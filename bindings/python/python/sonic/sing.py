"""Singing: scores in MusicXML, and voicebanks in the DiffSinger format of OpenUtau that sing them.

score, bank = sonic.Score("song.musicxml"), sonic.Voicebank("singer")
for start_seconds, samples in bank.render(score):
    play(start_seconds, samples, bank.sample_rate)
bank.save(score, "song.flac")
"""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from ._native import Score, Singing, Voicebank, mix, write_sound

if TYPE_CHECKING:
    import numpy as np
    import numpy.typing as npt

__all__ = [
    "Finding",
    "Lyric",
    "Part",
    "RenderProgress",
    "RenderWarning",
    "Score",
    "ScoreWarning",
    "Singing",
    "SungNote",
    "Tempo",
    "Track",
    "Voice",
    "VoiceVerse",
    "Voicebank",
    "mix",
    "write_sound",
]


@dataclass(frozen=True, slots=True)
class Tempo:
    """A tempo, and from where on it holds."""

    offset_beats: float
    """Quarter notes from the start of the performance."""
    seconds: float
    """Seconds from the start of the performance."""
    bpm: float
    """Quarter notes a minute, above 0."""


@dataclass(frozen=True, slots=True)
class Lyric:
    """A syllable under a note."""

    text: str | None
    """The text without white space around it, never empty; elided syllables are joined by their elision sign."""
    syllabic: Literal["single", "begin", "middle", "end"] | None
    """The place of the syllable in its word; None without text."""
    extend: Literal["start", "stop", "continue"] | None
    """The line that shows that a syllable lasts on."""
    elision: bool
    """True for two or more syllables on one note."""
    name: str | None
    """What the file calls this line of text, such as "Chorus"."""
    humming: bool
    """True if the note is hummed."""
    laughing: bool
    """True if the note is laughed."""


@dataclass(frozen=True, slots=True)
class SungNote:
    """A note that is sung: all written notes that ties join to one."""

    offset_beats: float
    """Quarter notes from the start of the performance."""
    duration_beats: float
    """Quarter notes that it lasts."""
    onset_s: float
    """Seconds from the start of the performance."""
    duration_s: float
    """Seconds that it lasts."""
    measure_index: int
    """The written measure in which it starts, counted from 0."""
    measure_number: str
    """The number of that measure as the file prints it."""
    pass_: int
    """How often that measure has been played so far, from 1."""
    voice: str
    """The voice within the part, as the file names it."""
    staff: int
    """The staff, from 1."""
    written_midi: float
    """The pitch as written, in MIDI numbers (60 is the middle C), with fractions for microtones."""
    pitch_midi: float
    """The pitch as it sounds, after transposition, in MIDI numbers."""
    chord: int
    """0 for the first note of a chord as written, which carries the words; 1 and on for the others."""
    lyrics: Mapping[str, Lyric]
    """The syllable of each verse, by the number of the verse as the file writes it."""
    tied: int
    """How many written notes were joined."""
    melisma: tuple[str, ...]
    """The verses whose syllable this note carries on."""


@dataclass(frozen=True, slots=True)
class VoiceVerse:
    """The words of a voice in one verse."""

    verse: str
    """The number of the verse as the file writes it."""
    syllables: int
    """Syllables that are sung of it, repeats counted."""


@dataclass(frozen=True, slots=True)
class Voice:
    """One voice of a part."""

    voice: str
    """As the file names it."""
    notes: int
    """Notes that it sings, without the further notes of chords."""
    lowest_midi: float
    """Its lowest sounding pitch, in MIDI numbers."""
    highest_midi: float
    """Its highest sounding pitch, in MIDI numbers."""
    verses: tuple[VoiceVerse, ...]
    """The verses that it has words of, sorted as texts."""


@dataclass(frozen=True, slots=True)
class Part:
    """One part of a score: a singer, several on one staff, or an instrument."""

    part_id: str
    """Its id, by which the file refers to it."""
    part_name: str
    """Its name for people; may be empty."""
    voices: tuple[Voice, ...]
    """Its voices, in the order in which they enter."""
    sung: tuple[SungNote, ...]
    """The notes by onset, those of all voices; grace notes, cue notes and notes without a pitch are left out."""


@dataclass(frozen=True, slots=True)
class ScoreWarning:
    """Something unusual in a score, and what was made of it."""

    code: str
    """A fixed name for programs, such as "tempo_ignored"."""
    part_id: str | None
    """The id of the part; None if it concerns the whole score."""
    measure_number: str | None
    """The number of the first measure that it concerns, as the file prints it."""
    message: str
    """What is unusual and how it was read."""
    count: int
    """How often it occurs."""


@dataclass(frozen=True, slots=True)
class Finding:
    """One fault of a voicebank."""

    code: str
    """What kind of fault, one of a fixed list of names, such as "missing_file"."""
    severity: Literal["warning", "error"]
    """How bad it is: with an error the bank does not sing, or not every song."""
    stage: Literal["bank", "acoustic", "duration", "pitch", "variance", "vocoder"]
    """The part of the bank it belongs to."""
    file: str
    """The file, from the bank's folder, with "/" between folders."""
    line: int | None
    """The line in the file, from 1, where that is known."""
    message: str
    """What is wrong and what to do."""


@dataclass(frozen=True, slots=True)
class RenderWarning:
    """Something in a score that is not sung as it is written."""

    code: str
    """A fixed name for programs, such as "unknown_word"."""
    measure: str
    """The number of the measure, as printed; empty if it concerns the whole part."""
    verse: str
    """The verse; empty if it concerns all."""
    message: str
    """What is not as it is written, and what was sung instead."""


@dataclass(frozen=True, slots=True)
class RenderProgress:
    """How far a song has come."""

    done_seconds: float
    """Seconds of the song up to the end of the last phrase that is ready."""
    total_seconds: float
    """Seconds of the song up to the end of its last word."""
    rendered: int
    """Phrases that were rendered."""
    from_cache: int
    """Phrases that came from the cache."""


@dataclass(frozen=True, slots=True)
class Track:
    """A voice of a mix."""

    samples: "npt.NDArray[np.float32]"
    """The sound from the start of the song, one channel."""
    volume: float = 1.0
    """How loud, 0 to 4; 1 changes nothing."""
    pan: float = 0.0
    """Where it stands, -1 (left) to 1 (right)."""
    mute: bool = False
    """True if it does not sound."""
    solo: bool = False
    """True if only it, and others like it, sound, whatever is muted."""
