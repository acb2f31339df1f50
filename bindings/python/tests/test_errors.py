"""The exceptions: one for each kind, also a built-in one, picklable."""

import copy
import pickle
from collections.abc import Callable
from pathlib import Path

import pytest

import sonic

KINDS = {
    "invalid_argument": (sonic.InvalidArgumentError, ValueError, TypeError),
    "not_found": (sonic.NotFoundError, LookupError, FileNotFoundError),
    "malformed": (sonic.MalformedError, ValueError),
    "unsupported": (sonic.UnsupportedError, ValueError),
    "limit": (sonic.LimitError, ValueError),
    "mismatch": (sonic.MismatchError, ValueError),
    "io": (sonic.IoError, OSError),
    "model": (sonic.ModelError, RuntimeError),
    "closed": (sonic.ClosedError, ValueError),
    "internal": (sonic.InternalError, RuntimeError),
    "busy": (sonic.BusyError, RuntimeError),
}


@pytest.mark.parametrize("kind", KINDS)
def test_each_kind_is_an_exception_of_its_own(kind: str) -> None:
    own, *builtin = KINDS[kind]
    error = own("what to do")
    assert (error.kind, str(error)) == (kind, "what to do")
    assert isinstance(error, sonic.SonicError)
    assert all(isinstance(error, other) for other in builtin)
    for same in (pickle.loads(pickle.dumps(error)), copy.copy(error)):
        assert (type(same), str(same)) == (own, "what to do")
    assert own.__doc__


def test_every_subclass_is_exported() -> None:
    assert {k.__name__ for k, *_ in KINDS.values()} == {k.__name__ for k in sonic.SonicError.__subclasses__()}
    assert all(k.__name__ in sonic.__all__ for k, *_ in KINDS.values())


def test_the_cause_is_reported() -> None:
    with pytest.raises(FileNotFoundError) as caught:
        sonic.decode("nowhere.wav")
    cause = caught.value.__cause__
    assert isinstance(cause, OSError)
    assert cause.errno == 2
    assert "nowhere.wav" in str(caught.value)


def said(call: Callable[[], object]) -> list[str]:
    """The message of the error that a call raises, and of its cause."""
    try:
        call()
    except sonic.SonicError as error:
        return [str(error), str(error.__cause__)]
    return []


def test_messages_are_short_and_without_control_characters(tmp_path: Path) -> None:
    long = "\x1b[2J\u202e\n" * 25_000
    with sonic.Store(tmp_path / "s.sonic") as store:
        calls: list[Callable[[], object]] = [
            lambda: store.recordings.remove(long),
            lambda: store.identify(long),
            lambda: store.voices.remove(long),
            lambda: store.faces.faces_of(long, long),
            lambda: store.people(long).list(),
            lambda: sonic.decode(long),
            lambda: sonic.decode_image(long),
            lambda: sonic.VoiceEmbedder(long),
            lambda: sonic.FaceAnalyzer(long),
            lambda: sonic.models.verify(long),
            lambda: sonic.Store(long),
        ]
        texts = [text for call in calls for text in said(call)]
    assert len(texts) > 8
    assert max(map(len, texts)) < 1100
    assert not any(c in text for text in texts for c in "\x1b\u202e\n")


@pytest.mark.parametrize(
    ("metadata", "part"), [({"n": 2**64}, "64 bits"), ([-(2**63) - 1], "64 bits"), ({"n": 10**4000}, "64 bits")]
)
def test_integers_beyond_64_bits_are_refused(tmp_path: Path, metadata: object, part: str) -> None:
    with sonic.Store(tmp_path / "s.sonic") as store:
        with pytest.raises(sonic.InvalidArgumentError, match=part):
            store.faces.add_faces("e", "p", [], metadata=metadata)
        kept = {"most": 2**64 - 1, "least": -(2**63), "text": str(2**70), "float": 1e300}
        assert store.faces.add_faces("e", "p", [], metadata=kept).photo.metadata == kept


@pytest.mark.parametrize(
    ("time", "part"), [(-1, "1970"), (-0.5, "1970"), (253_402_300_800_000, "9999"), (2**64, "1970"), (1.5, "integer")]
)
def test_times_that_are_not_kept_are_refused(tmp_path: Path, time: object, part: str) -> None:
    with sonic.Store(tmp_path / "s.sonic") as store:
        with pytest.raises(sonic.InvalidArgumentError, match=part):
            store.faces.add_faces("e", "p", [], created_at_ms=time)  # type: ignore[arg-type]
        last = 253_402_300_799_999
        assert store.faces.add_faces("e", "p", [], created_at_ms=last).photo.created_at_ms == last
