"""The exceptions: one for each kind, also a built-in one, picklable."""

import copy
import pickle

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
