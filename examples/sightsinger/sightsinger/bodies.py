"""What requests say."""

from typing import Annotated, Any, Literal

from pydantic import BaseModel, ConfigDict, Field, StringConstraints

Name = Annotated[str, StringConstraints(max_length=100)]
# What XML can have.
_PRINTABLE = r"^[^\x00-\x1f\x7f-\x9f\x{FFFE}\x{FFFF}]*$"
JobId = Annotated[str, StringConstraints(pattern=r"^[0-9a-f]{32}$")]


class Selection(BaseModel):
    """Who sings what."""

    part_id: Name | None = None
    part_index: int | None = Field(default=None, ge=0, le=1000)
    voice: Name | None = None
    verse_number: Name | Annotated[int, Field(ge=0, le=1000)] | None = None


class Controls(BaseModel):
    """How it is sung."""

    model_config = ConfigDict(allow_inf_nan=False)

    voice_color: Name | None = None
    articulation: float = Field(default=0.0, ge=-1, le=1)
    airiness: float = Field(default=0.0, ge=-100, le=100)
    intensity: float = Field(default=0.5, ge=0, le=1)
    tension: float = Field(default=0.0, ge=-100, le=100)
    clarity: float = Field(default=100.0, ge=0, le=200)
    gender: float = Field(default=0.0, ge=-100, le=100)
    pitch_expression: float = Field(default=1.0, ge=0, le=1)

    def options(self) -> dict[str, Any]:
        """As the library takes them: its intensity is -100 to 100."""
        values = self.model_dump()
        return {**values, "voice_color": self.voice_color or "", "intensity": (self.intensity - 0.5) * 200}


class SingRequest(BaseModel):
    """Press sing."""

    message: Annotated[str, StringConstraints(max_length=2000)] = ""
    selection: Selection | None = None
    selected_voicebank_id: Name | None = None
    selected_language: Annotated[str, StringConstraints(max_length=20)] | None = None
    controls: Controls = Controls()


class LyricChange(BaseModel):
    """Another syllable under a written note."""

    part_id: Name
    measure_index: int = Field(ge=0, le=100_000)
    note_index: int = Field(ge=0, le=100_000)
    verse: Annotated[str, StringConstraints(min_length=1, max_length=20, pattern=_PRINTABLE)] = "1"
    text: Annotated[str, StringConstraints(strip_whitespace=True, max_length=100, pattern=_PRINTABLE)] | None
    version: int | None = None


class SolfegeChange(BaseModel):
    """Settings of solfege; what is left out stays."""

    system: Literal["movable_do", "fixed_do"] | None = None
    mode: Literal["off", "on"] | None = None
    revision: int | None = None


class Track(BaseModel):
    """A track of a mix."""

    model_config = ConfigDict(allow_inf_nan=False)

    key: Name = ""
    label: Name = ""
    part_id: Name | None = None
    job_id: JobId
    verse_number: Name | int | None = None
    muted: bool = False
    solo: bool = False
    volume: float = Field(default=1.0, ge=0, le=1)


class MixRequest(BaseModel):
    """Tracks to mix."""

    tracks: list[Track] = Field(min_length=1, max_length=16)
