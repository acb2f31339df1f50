"""Where a language model would come in: none is built in.

A class that LANGUAGE_MODEL names as module:name is made without arguments; its `interpret` turns what somebody wrote
into the request that the page sends with its buttons, or into an answer.
"""

import importlib
from dataclasses import dataclass
from typing import Any, Protocol

from .bodies import SingRequest


@dataclass(frozen=True, slots=True)
class Context:
    """What an interpreter is told beside the message."""

    summary: dict[str, Any] | None
    """What there is to choose from in the score: as `score_summary` of the upload; None before one."""
    voicebanks: list[dict[str, Any]]
    """The voicebanks, as they are listed."""
    request: SingRequest
    """What the page sent, with what was chosen by hand."""


class Interpreter(Protocol):
    """What understands messages."""

    async def interpret(self, message: str, context: Context) -> SingRequest | str:
        """What is to be sung, or what is answered."""


class ByHand:
    """Only what was chosen by hand is sung."""

    async def interpret(self, message: str, context: Context) -> SingRequest | str:
        """What was chosen, or what to do."""
        if context.request.selection is not None:
            return context.request
        return "Choose a part, a verse and a voice, and press sing: messages are not understood here."


def load(name: str | None) -> Interpreter:
    """The interpreter of a name; without one only choices count."""
    if name is None:
        return ByHand()
    module, _, attribute = name.partition(":")
    made: Interpreter = getattr(importlib.import_module(module), attribute)()
    return made
