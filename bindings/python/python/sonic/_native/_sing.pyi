"""Scores, and voicebanks that sing them."""

from collections.abc import Callable, Iterable
from typing import Literal, final

import numpy as np
import numpy.typing as npt

from .. import sing
from ._types import AnyPath

@final
class Score:
    """A score in MusicXML as it is performed: repeats, endings and jumps expanded, ties joined.

    `source` is a path or bytes of .musicxml, .xml or .mxl. Raises `MalformedError` for what is no score, `LimitError` for one
    beyond 20 MiB or three hours, `UnsupportedError` for an encoding or a score that is not known.
    """

    def __new__(cls, source: AnyPath | bytes | bytearray) -> Score: ...
    @property
    def title(self) -> str | None:
        """The title of the work, or else of the movement; None without."""
    @property
    def tempos(self) -> list[sing.Tempo]:
        """Changes of tempo in the order of play, a list of `sonic.sing.Tempo`; the first stands at 0."""
    @property
    def total_beats(self) -> float:
        """Length in quarter notes."""
    @property
    def total_seconds(self) -> float:
        """Length in seconds."""
    @property
    def parts(self) -> list[sing.Part]:
        """The parts, in the order in which they appear: a list of `sonic.sing.Part`."""
    @property
    def warnings(self) -> list[sing.ScoreWarning]:
        """What is unusual in the file, and how it was read: a list of `sonic.sing.ScoreWarning`."""
    def __eq__(self, other: object, /) -> bool: ...

@final
class Voicebank:
    """A voicebank in the DiffSinger format of OpenUtau: the folder with its dsconfig.yaml.

    Its settings are read at once, its models when it first sings; faults in them are told by `check`. Vocoders that are
    installed elsewhere are looked for in `vocoders`, folders, and in a folder `_packages` beside the bank. `threads` is how many a
    model uses (0: as many as there are cores), `provider` what it runs on: "cpu", "cuda", or "auto". Raises `NotFoundError` if there is no
    such folder.
    """

    def __new__(
        cls,
        path: AnyPath,
        *,
        vocoders: AnyPath | Iterable[AnyPath] = (),
        threads: int = 0,
        provider: Literal["cpu", "cuda", "auto"] = "cpu",
    ) -> Voicebank: ...
    def check(self) -> list[sing.Finding]:
        """Every fault of the bank, the errors first: a list of `sonic.sing.Finding`. Settings are read against each other and against
        what the models declare; nothing is sung, and ONNX Runtime is not needed.
        """
    @property
    def name(self) -> str:
        """The singer's name."""
    @property
    def sample_rate(self) -> int:
        """Samples a second of what it sings."""
    @property
    def speakers(self) -> list[str]:
        """The names of its speakers (voice colours); empty for a single voice."""
    @property
    def languages(self) -> list[str]:
        """The languages that its models tell apart; empty if they tell none."""
    def render(
        self,
        score: Score,
        *,
        part: int | str = 0,
        voice: str | None = None,
        verse: str | None = None,
        language: str = "",
        voice_color: str = "",
        articulation: float = 0.0,
        airiness: float = 0.0,
        intensity: float = 0.0,
        tension: float = 0.0,
        clarity: float = 100.0,
        gender: float = 0.0,
        pitch_expression: float = 1.0,
        steps: int = 20,
        pitch_steps: int = 10,
        variance_steps: int = 20,
        depth: float = 1.0,
        strict: bool = False,
        silence_unknown: bool = False,
        cache: AnyPath | None = None,
        cache_bytes: int = 1000000000,
    ) -> Singing:
        """Sings a part of a score: a `Singing`, an iterator of (start_seconds, samples), phrase by phrase as they are ready. `samples` is a
        float32 array of one channel; phrases may overlap, and are added.

        `part` is its place in the score or its id; `voice` and `verse` are as the score names them, by default all voices, one note at
        a time, and the verse of each pass of a repeat. `language`, such as "en", chooses dictionary and spelling rules; `voice_color` a
        speaker. `articulation` is the speed of consonants, -1 to 1; `airiness` (breathiness), `intensity` (energy), `tension` and
        `gender` (formants) -100 to 100; `clarity` (voicing) 0 to 200; `pitch_expression` and `depth` 0 to 1; `steps`, `pitch_steps` and
        `variance_steps` of diffusion 1 to 1000. A word that cannot be spelled is hummed; with `silence_unknown` it is left out, with
        `strict` it raises `UnsupportedError`. `cache` is a folder that keeps phrases, at most about `cache_bytes`. Raises
        `InvalidArgumentError` for options out of range, `NotFoundError` for a part, voice or verse that the score has not, and
        `ModelError` for a bank that cannot sing.
        """
    def save(
        self,
        score: Score,
        path: AnyPath,
        *,
        progress: Callable[[float], object] | None = None,
        part: int | str = 0,
        voice: str | None = None,
        verse: str | None = None,
        language: str = "",
        voice_color: str = "",
        articulation: float = 0.0,
        airiness: float = 0.0,
        intensity: float = 0.0,
        tension: float = 0.0,
        clarity: float = 100.0,
        gender: float = 0.0,
        pitch_expression: float = 1.0,
        steps: int = 20,
        pitch_steps: int = 10,
        variance_steps: int = 20,
        depth: float = 1.0,
        strict: bool = False,
        silence_unknown: bool = False,
        cache: AnyPath | None = None,
        cache_bytes: int = 1000000000,
    ) -> list[sing.RenderWarning]:
        """Sings a part of a score into a sound file, whose ending says its format: .wav, .flac or .opus. Takes the options of `render`.
        `progress` is called with the part that is done, 0 to 1; what it raises, and Ctrl-C, cancel the song. The file has its name
        when it is whole. Gives what is not sung as it is written: a list of `sonic.sing.RenderWarning`. Raises what `render` raises,
        and `IoError` if the file cannot be written.
        """

@final
class Singing:
    """A song that is being sung: iterating gives (start_seconds, samples) for each phrase."""

    def __iter__(self) -> Singing: ...
    def __next__(self) -> tuple[float, npt.NDArray[np.float32]]: ...
    def cancel(self) -> None:
        """Ends the song, from any thread: the next phrase raises `ClosedError`."""
    @property
    def progress(self) -> sing.RenderProgress:
        """How far it is: a `sonic.sing.RenderProgress`."""
    @property
    def warnings(self) -> list[sing.RenderWarning]:
        """What is not sung as it is written: a list of `sonic.sing.RenderWarning`. All but those about the cache are known before the first
        phrase.
        """

def mix(tracks: Iterable[sing.Track]) -> npt.NDArray[np.float32]:
    """Mixes voices into one sound of two channels: a float32 array of shape (n, 2).

    `tracks` are `sonic.sing.Track`. One of them that has solo silences all that have not, muted or not. A voice in the middle has 3 dB
    less on both sides, so that moving it does not change how loud it is; a mix that is louder than 1 is made as much softer as it
    needs. Raises `InvalidArgumentError` for a volume or place out of range.
    """

def write_sound(path: AnyPath, samples: npt.NDArray[np.float32], sample_rate: int) -> None:
    """Writes a sound file, whose ending says its format: .wav, .flac or .opus.

    `samples` is a float32 array of shape (n,) or (n, 2), -1 to 1; what is louder is cut. The file has its name when it is whole.
    Raises `InvalidArgumentError` for a rate that cannot be, `UnsupportedError` for another ending, and `IoError` if it cannot be written.
    """
