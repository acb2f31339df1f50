"""What the library answers, in CityWok's words.

Where CityWok counts votes, probabilities stand here: `confidence` of a find is its probability in percent, 99 at
most. A find is sure by the library's calibrated decision and not by CityWok's three gates, which can never answer from
one episode; `quality_metrics` still says what they look at.
"""

from collections.abc import Callable
from typing import Any

import sonic

Json = dict[str, Any]
Title = Callable[[str], str | None]

UNSURE = "I'm not quite sure, but this is my best guess"
NOTHING = "No matches found in database"
EMPTY = "No databases loaded. Please check database files."


def identified(answer: sonic.Answer, title: Title, *, empty: bool) -> Json:
    """The answer of HEAD; `segments` has every find in the clip, in the order of the clip."""
    if empty:
        reason = {"reason": "low_confidence", "message": EMPTY, "quality_metrics": {}}
        return {"match_found": False, "unsure": True, "candidates": [], **reason}
    best = answer.best
    if best is None:
        return {"match_found": False, "unsure": True, "message": NOTHING, "candidates": []}
    guesses = candidates(answer)
    found: Json = {"match_found": bool(answer), "unsure": not answer, "candidates": _candidates(guesses)}
    if not answer:
        return {**found, "reason": "low_confidence", "message": UNSURE, "quality_metrics": _quality(guesses)}
    return {
        **found,
        "episode": best.id,
        "timestamp": timestamp(best.offset_ms),
        "confidence": _percent(best),
        "aligned_matches": best.aligned,
        "total_matches": max(best.aligned, answer.postings_read),
        "title": title(best.id),
        "segments": [_segment(match, title) for match in segments(answer)],
    }


def identified_lmdb(answer: sonic.Answer, *, empty: bool) -> Json:
    """The answer of the version with LMDB."""
    best = answer.best
    if empty or best is None or not answer:
        return {"match_found": False, "message": "No confident match found in database"}
    return {
        "match_found": True,
        "episode": best.id,
        "timestamp": timestamp(best.offset_ms),
        "confidence": _percent(best),
        "aligned_matches": best.aligned,
        "total_matches": max(best.aligned, answer.postings_read),
    }


def candidates(answer: sonic.Answer) -> list[sonic.Match]:
    """The three likeliest, each episode once."""
    first: dict[str, sonic.Match] = {}
    for match in answer.matches:
        first.setdefault(match.id, match)
    return list(first.values())[:3]


def segments(answer: sonic.Answer) -> list[sonic.Match]:
    """What was recognised of the clip, in the order of the clip."""
    sure = [match for match in answer.matches if match.probability >= 0.75]
    return sorted(sure, key=lambda match: match.query_start_ms)


def timestamp(offset_ms: int) -> str:
    """A place in an episode as H:MM:SS."""
    seconds = max(0, offset_ms) // 1000
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _candidates(guesses: list[sonic.Match]) -> list[Json]:
    most = max(match.aligned for match in guesses)
    return [
        {
            "episode_id": match.id,
            "aligned_matches": match.aligned,
            "offset": round(match.offset_ms / 1000, 1),
            "sharpness": _sharpness(guesses, place),
            "confidence": round(match.aligned / max(1, most) * 100, 1),
        }
        for place, match in enumerate(guesses)
    ]


def _sharpness(guesses: list[sonic.Match], place: int) -> float:
    # How far it stands out from the next guess; CityWok compares peaks of one histogram, of which there is none here.
    if place + 1 == len(guesses) > 1:
        return 1.0
    after = guesses[place + 1].aligned if place + 1 < len(guesses) else 1
    return round(guesses[place].aligned / max(1, after), 2)


def _quality(guesses: list[sonic.Match]) -> Json:
    first, second = guesses[0].aligned, guesses[1].aligned if len(guesses) > 1 else 0
    ratio = round(first / (second + 1), 2)
    return {"ratio": ratio, "margin": float(first - second), "sharpness": _sharpness(guesses, 0)}


def _segment(match: sonic.Match, title: Title) -> Json:
    return {
        "episode_id": match.id,
        "title": title(match.id),
        "timestamp": timestamp(match.offset_ms + match.query_start_ms),
        "clip_start": round(match.query_start_ms / 1000, 1),
        "clip_end": round(match.query_end_ms / 1000, 1),
        "confidence": _percent(match),
    }


def _percent(match: sonic.Match) -> int:
    return min(99, int(match.probability * 100))
