"""What calls about voices give back: plain, frozen, comparable."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Literal


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of time, in milliseconds from the start of the recording."""

    start_ms: int
    """Where it begins."""
    end_ms: int
    """Where it ends: the first millisecond that does not belong to it."""

    @property
    def duration_ms(self) -> int:
        """Its length."""
        return self.end_ms - self.start_ms


@dataclass(frozen=True, slots=True)
class VoiceQuality:
    """How well somebody speaking was recorded."""

    duration_ms: int
    """Length of the recording."""
    speech_ms: int
    """Milliseconds in which somebody speaks."""
    snr_db: float | None
    """Power of the speech over that of the background, in dB, -20 to 100; None without speech."""
    clipping: float
    """Share of samples, 0 to 1, that are clipped."""
    level_dbfs: float
    """Mean power in dB of full scale; -120 for silence."""
    peak: float
    """Largest magnitude of a sample."""
    bandwidth_hz: int
    """The highest frequency that the speech reaches, in Hz, up to 8000; 0 without speech."""
    reasons: tuple[str, ...]
    """Why it is not good enough to enrol from; empty if it is."""

    @property
    def passes(self) -> bool:
        """True if it is good enough to enrol from."""
        return not self.reasons


@dataclass(frozen=True, slots=True)
class Voice:
    """A voice recording of a store."""

    recording_id: str
    """Its id, unique among the voices of the store."""
    user_id: str | None
    """The user it belongs to."""
    filename: str | None
    """Name of the file it came in."""
    file_path: str | None
    """Where the file is kept."""
    duration_ms: int
    """Length in milliseconds."""
    file_size_bytes: int
    """Bytes of the file."""
    sample_rate: int
    """Samples per second of the file."""
    audio_format: str | None
    """Short name of the file's format, such as "flac"."""
    created_at_ms: int
    """When it was recorded, in milliseconds since 1970 UTC."""
    updated_at_ms: int
    """When its row was last changed."""
    mode: str | None
    """What it was recorded for: "test", "enroll", "identify" or any other word."""
    status: str | None
    """How its processing went; free text."""
    embedding_dimensions: int
    """Numbers of its embedding; 0 if it has none."""
    voiceprint_id: str | None
    """The voiceprint that it is a sample of, or was recognised by."""
    similarity_score: float | None
    """Score of the person that it was recognised as."""
    matched_user_id: str | None
    """The user that it was recognised as."""
    metadata: Any
    """Whatever else was kept with it: anything that JSON can hold."""


@dataclass(frozen=True, slots=True)
class RecordedVoice:
    """What became of a voice recording."""

    status: Literal["added", "duplicate"]
    """"added", or "duplicate" if one of its id was in the store already."""
    voice: Voice
    """Its row in the store; the earlier one's if it is a duplicate."""


@dataclass(frozen=True, slots=True)
class Sample:
    """A sample of a voiceprint."""

    recording_id: str
    """The recording that it is."""
    created_at_ms: int
    """When it was enrolled, in milliseconds since 1970 UTC."""
    removed_at_ms: int | None
    """When it was removed; None while it counts."""
    agreement: float
    """Cosine of its embedding and the voiceprint: one far below the others is of another voice, or noise."""


@dataclass(frozen=True, slots=True)
class Voiceprint:
    """A person of a store."""

    voiceprint_id: str
    """Its id."""
    person: str
    """The person's name, unique in the store."""
    user_id: str | None
    """The user that the person is, if that is known."""
    created_at_ms: int
    """When the first sample was enrolled, in milliseconds since 1970 UTC."""
    updated_at_ms: int
    """When a sample was last added, removed or restored."""
    min_samples: int
    """Samples from which on the person counts as enrolled."""
    samples: tuple[Sample, ...]
    """The samples in the order in which they were enrolled, then those that were removed."""

    @property
    def sample_count(self) -> int:
        """Samples that count."""
        return sum(sample.removed_at_ms is None for sample in self.samples)

    @property
    def enrolled(self) -> bool:
        """True if there are as many samples as enrolling takes."""
        return self.sample_count >= max(self.min_samples, 1)


@dataclass(frozen=True, slots=True)
class SimilarVoiceprint:
    """Another person whose voice it is, more likely than not."""

    person: str
    """The name that the voice is enrolled under."""
    voiceprint_id: str
    """Id of that voiceprint."""
    score: float
    """Cosine of the two voiceprints, -1 to 1."""
    probability: float
    """Probability that both are one person, 0.5 to 1."""


@dataclass(frozen=True, slots=True)
class Enrolled:
    """How far enrolling a person has come."""

    status: Literal["sample_added", "enrolled", "complete"]
    """"sample_added" while there are too few, "enrolled", or "complete" if there are as many as there may be."""
    sample_count: int
    """Samples that the voiceprint is made of now."""
    added: int
    """Samples that were added just now."""
    known: int
    """Samples given that the voiceprint had before, removed ones included."""
    left_out: int
    """Samples given that were left out because there were enough."""
    voiceprint: Voiceprint
    """The voiceprint."""
    similar_to: SimilarVoiceprint | None
    """Somebody enrolled under another name whose voice it is, or a recording of the wrong person."""


@dataclass(frozen=True, slots=True)
class VoiceMatch:
    """A person who may be the one speaking."""

    person: str
    """The person's name."""
    score: float
    """Cosine of the embedding and the voiceprint, -1 to 1; in the narrow band where one of them has no more."""
    normalized: float | None
    """The score in standard deviations above what strangers score; None without a cohort."""
    probability: float
    """Probability that it is this person, 0 to 1."""
    sample_count: int
    """Samples that the voiceprint is made of."""
    enrolled: bool
    """True if those are as many as enrolling takes."""
    voiceprint_id: str
    """Id of the person's voiceprint."""
    user_id: str | None
    """The user that the person is, if that is known."""


@dataclass(frozen=True, slots=True)
class VoiceAnswer:
    """Who is speaking. True if the voice was recognised; iterating gives the people, likeliest first."""

    decision: Literal["match", "unknown"]
    """"match" if the first is likely enough to be the one; otherwise matches are guesses."""
    matches: tuple[VoiceMatch, ...]
    """People, likeliest first."""
    compared: int
    """People that the voice was compared with."""
    cohort: int
    """Strangers that scores were normalised with; 0 if they were not."""
    calibrated: bool
    """True if the probabilities were fitted from trials; False if they rest on an assumption."""
    quality: VoiceQuality
    """How well the voice was recorded."""
    elapsed_ms: Mapping[str, float] = field(default_factory=dict, compare=False, repr=False)
    """Milliseconds that the stages took: decode, embed, search."""

    @property
    def best(self) -> VoiceMatch | None:
        """The likeliest person, recognised or not; None if there is none."""
        return self.matches[0] if self.matches else None

    def __bool__(self) -> bool:
        return self.decision == "match"

    def __len__(self) -> int:
        return len(self.matches)

    def __iter__(self) -> Iterator[VoiceMatch]:
        return iter(self.matches)

    def __getitem__(self, index: int) -> VoiceMatch:
        return self.matches[index]


@dataclass(frozen=True, slots=True)
class Verification:
    """Whether a voice is the one it is said to be. True if the claim is accepted."""

    decision: Literal["match", "unknown"]
    """"match" if the claim is accepted."""
    claim: VoiceMatch
    """The person, with the scores; the probability takes the claim for as likely to be true as not beforehand."""
    calibrated: bool
    """True if the probability was fitted from trials; False if it rests on an assumption."""
    quality: VoiceQuality
    """How well the voice was recorded."""

    def __bool__(self) -> bool:
        return self.decision == "match"


@dataclass(frozen=True, slots=True)
class SimilarVoice:
    """A recording that sounds alike."""

    voice: Voice
    """Its row."""
    similarity: float
    """Cosine of the two embeddings, -1 to 1."""


@dataclass(frozen=True, slots=True)
class ForgottenVoices:
    """What was forgotten of voices."""

    voiceprints: int
    """Voiceprints."""
    recordings: int
    """Recordings, with their embeddings."""
    speakers: int
    """Embeddings of speakers observed."""


@dataclass(frozen=True, slots=True)
class Observed:
    """Who was observed."""

    speaker: str
    """The speaker's id."""
    score: float | None
    """The largest cosine with an embedding that was kept; None if there were none in the scope."""
    is_new: bool
    """True if the speaker was not observed before."""
    stored: bool
    """True if the embedding was kept."""


@dataclass(frozen=True, slots=True)
class Speaker:
    """An unnamed speaker who was observed."""

    speaker: str
    """The speaker's id."""
    embeddings: int
    """Embeddings that were kept."""


@dataclass(frozen=True, slots=True)
class VoiceStats:
    """Counts of the voices of a store."""

    recordings: int
    """Voice recordings."""
    people: int
    """People."""
    cohort: int
    """Embeddings of strangers that were given; 0 if none were."""
    pipeline: str | None
    """What made the embeddings; None while there are none."""
    dimensions: int
    """Numbers of an embedding; 0 while there are none."""


@dataclass(frozen=True, slots=True)
class Calibration:
    """How a cosine becomes evidence: its natural log-likelihood ratio is slope * cosine + offset."""

    slope: float
    """Growth of the evidence with the cosine; positive."""
    offset: float
    """Evidence of a cosine of 0."""
    trials: int
    """Trials that it was fitted from; 0 if it is a default."""
