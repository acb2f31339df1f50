"""Every recorded request of viim-ml; what is answered otherwise is listed beside it, with reasons."""

from pathlib import Path
from typing import Any

import sonic
from conftest import Serve, bodies

from contracts import Difference, Recorded, check, differences, recorded, send
from viim.sound import prepare

HERE = Path(__file__).parent
# Of recorded embeddings only the first numbers are kept; they are told apart by the first of all.
_RECORDINGS = {0.0287: "alma-1.wav", 0.0355: "alma-2.wav", 0.0616: "bruno-1.wav"}


class _Replay:
    """Puts this model's embeddings in the place of those of the stand-in, and this store's ids for its ids."""

    def __init__(self, client: Any) -> None:
        self._client = client
        embedder = sonic.VoiceEmbedder()
        self._vectors = {
            name: embedder.embed_speech(prepare((bodies() / name).read_bytes()).clip).tolist()
            for name in _RECORDINGS.values()
        }
        self.ids: dict[str, str] = {}

    def run(self, name: str) -> list[Difference]:
        found: list[Difference] = []
        for request in recorded(name):
            answer = send(self._client, request, self._change)
            found += differences(request, answer)
            self._learn(request, answer.json() if "json" in answer.headers.get("content-type", "") else None)
        return found

    def _change(self, part: Any) -> Any:
        if isinstance(part, dict) and "$array" in part:
            first = part["head"][0]
            vector = self._vectors[_RECORDINGS[round(abs(first), 4)]]
            return vector if first > 0 else [-number for number in vector]
        if isinstance(part, dict):
            return {name: self._change(value) for name, value in part.items()}
        return self.ids.get(part, part) if isinstance(part, str) else part

    def _learn(self, request: Recorded, answer: Any) -> None:
        old = request.row.get("response_json")
        if isinstance(old, dict) and "matches" in old and isinstance(answer, dict):
            pairs = zip(old["matches"], answer.get("matches", []), strict=False)
            self.ids.update({a["recording_id"]: b["recording_id"] for a, b in pairs if a["filename"] == b["filename"]})


def test_extracting_and_comparing(serve: Serve) -> None:
    found = _Replay(serve()).run("viim.jsonl")
    check(found, HERE / "differences-viim.txt")


def test_searching(serve: Serve) -> None:
    # Its code keeps less than its plan; what it finds depends on that.
    found = _Replay(serve(STORE_TESTS="false")).run("viim-search.jsonl")
    check(found, HERE / "differences-search.txt")
