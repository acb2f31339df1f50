"""The page in Chromium, whose microphone speaks digits, and in Firefox: captions, cuts, reloads, the keyboard."""

import itertools
import json
import re
import shutil
import time
import wave
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from browsing import SIZES, browser, fits, picture
from needs import assets, program, skip
from sonic_streamqueue import running as program_of_tests
from sonic_streamqueue.firefox import firefox
from sonic_streamqueue.running import Running

WORDS = ("three", "seven", "one", "nine", "five", "two")
RATE = 16_000


def _samples(path: Path) -> bytes:
    with wave.open(str(path)) as sound:
        assert (sound.getframerate(), sound.getnchannels(), sound.getsampwidth()) == (RATE, 1, 2)
        return sound.readframes(sound.getnframes())


@pytest.fixture(scope="session")
def microphone(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two speakers who say three digits each, with a second of silence after each three, again and again."""
    folder = assets("voice", "audio", "alphanumeric")
    sound = b"\0" * RATE
    for place, word in enumerate(WORDS):
        speaker = "petewarden_nohash_0" if place < 3 else "evmaki_nohash_0"
        path = folder / word / f"{speaker}.wav"
        sound += _samples(path if path.exists() else next(iter(sorted((folder / word).glob("*.wav")))))
        sound += b"\0" * (RATE * (3 if place % 3 == 2 else 1) // 2)
    path = tmp_path_factory.mktemp("microphone") / "digits.wav"
    with wave.open(str(path), "wb") as made:
        made.setnchannels(1)
        made.setsampwidth(2)
        made.setframerate(RATE)
        made.writeframes(sound)
    return path


@pytest.fixture(scope="session")
def model() -> Path:
    return assets("voice", "models", "moonshine-micro")


@pytest.fixture
def service(tmp_path: Path, model: Path) -> Iterator[Running]:
    if not program_of_tests.program().exists():
        skip("streamqueue", f"there is no {program_of_tests.program()}: cargo build")
    variables = {"SPELLING_MODEL": str(model), "TRANSCRIBER_STEP_SEC": "1", "GRACE_S": "3"}
    with Running(tmp_path / "data", variables) as started:
        yield started


@pytest.fixture(scope="session")
def chromium(microphone: Path) -> Iterator[Any]:
    with browser(microphone) as started:
        yield started


def _open(chromium: Any, service: Running, size: str) -> Any:
    context = chromium.new_context(viewport=SIZES[size], permissions=["microphone"])
    page = context.new_page()
    page.problems = []
    page.on("pageerror", lambda error: page.problems.append(str(error)))
    page.on("dialog", lambda dialog: dialog.accept())
    page.set_default_timeout(30_000)
    page.goto(service.url)
    page.wait_for_selector("#link[data-state=on]")
    return page


def _close(page: Any) -> None:
    problems = page.problems
    page.context.close()
    assert not problems


def _until(page: Any, condition: str, seconds: float = 40) -> None:
    """Waits for a condition; the page's policy lets nobody evaluate one in it again and again."""
    deadline = time.monotonic() + seconds
    while not page.evaluate(condition):
        assert time.monotonic() < deadline, f"{condition}; {page.inner_text('body')}"
        page.wait_for_timeout(100)


def _meeting(page: Any) -> str:
    return str(page.input_value("#meeting"))


def _final_lines(page: Any) -> list[str]:
    return [str(text) for text in page.locator("#list li:not(.open)").all_inner_texts()]


@pytest.mark.parametrize("size", SIZES)
def test_digits_become_captions_with_speakers(chromium: Any, service: Running, size: str) -> None:
    page = _open(chromium, service, size)
    picture(page, f"streamqueue-{size}-start")
    assert fits(page)
    if size == "desktop":
        page.click("#more summary")
        page.fill("#name", "Ann")
        picture(page, f"streamqueue-{size}-settings")
    page.click("#record")
    page.wait_for_selector("#record[aria-pressed=true]")
    _until(page, "document.querySelectorAll('#list li:not(.open)').length >= 2")
    picture(page, f"streamqueue-{size}-recording")
    assert fits(page)
    page.click("#record")
    page.wait_for_selector("#record[aria-pressed=false]:not([disabled])")
    _until(page, "document.getElementById('waiting').textContent === '0'")
    page.wait_for_timeout(600)
    picture(page, f"streamqueue-{size}-captions")
    lines = _final_lines(page)
    said = " ".join(lines)
    known = [word for word in WORDS if re.search(rf"\b{word}\b", said)]
    assert len(known) >= 2, f"of {WORDS} only {known} in {said!r}"
    assert "%" in said, "how sure it is"
    assert ("Ann" in said) == (size == "desktop"), said
    # What is shown is what the service has.
    kept = service.captions(_meeting(page))
    assert len([caption for caption in kept if caption["is_final"]]) >= len(lines) - 1
    _close(page)


def test_a_cut_and_a_killed_service_lose_nothing(chromium: Any, service: Running) -> None:
    page = _open(chromium, service, "desktop")
    meeting = _meeting(page)
    page.click("#record")
    _until(page, "Number(document.getElementById('sent').textContent) >= 2")
    service.kill()
    page.wait_for_selector("#link[data-state=again]")
    _until(page, "Number(document.getElementById('waiting').textContent) >= 3")
    picture(page, "streamqueue-desktop-cut")
    service.again()
    page.wait_for_selector("#link[data-state=on]")
    _until(page, "document.getElementById('waiting').textContent === '0'")
    page.context.set_offline(True)
    page.wait_for_timeout(1_500)
    page.context.set_offline(False)
    page.click("#record")
    page.wait_for_selector("#record[aria-pressed=false]:not([disabled])")
    _until(page, "document.getElementById('waiting').textContent === '0'")
    _whole(service, meeting)
    _close(page)


def _whole(service: Running, meeting: str) -> None:
    """That captions follow each other through the whole recording: no stretch of four seconds is missing."""
    deadline = time.monotonic() + 20
    while True:
        captions = sorted((c["start"], c["end"]) for c in service.captions(meeting))
        starts = [_seconds(start) for start, _ in captions]
        gaps = [after - before for before, after in itertools.pairwise(starts)]
        if len(starts) >= 3 and max(gaps) < 6:
            return
        assert time.monotonic() < deadline, captions
        time.sleep(0.2)


def _seconds(time_of_day: str) -> float:
    hours, minutes, seconds = re.findall(r"T(\d+):(\d+):([\d.]+)", time_of_day)[0]
    return int(hours) * 3600 + int(minutes) * 60 + float(seconds)


def test_a_reload_in_the_middle_sends_what_was_kept_and_goes_on(chromium: Any, service: Running) -> None:
    page = _open(chromium, service, "telephone")
    meeting = _meeting(page)
    page.click("#record")
    _until(page, "Number(document.getElementById('sent').textContent) >= 3")
    service.kill()
    _until(page, "Number(document.getElementById('waiting').textContent) >= 2")
    waiting = int(page.inner_text("#waiting"))
    service.again()
    page.reload()
    page.wait_for_selector("#link[data-state=on]")
    assert page.inner_text("#record") == "Go on"
    _until(page, "document.getElementById('waiting').textContent === '0'")
    sent = int(page.inner_text("#sent"))
    assert sent >= 3 + waiting
    picture(page, "streamqueue-telephone-reloaded")
    page.click("#record")
    _until(page, f"Number(document.getElementById('sent').textContent) >= {sent + 3}")
    page.click("#record")
    _until(page, "document.getElementById('waiting').textContent === '0'")
    connections = {caption["connection_id"] for caption in service.captions(meeting)}
    assert len(connections) == 1, "it is one connection"
    _close(page)


def test_it_is_used_by_keyboard_and_says_what_is_wrong(chromium: Any, tmp_path: Path) -> None:
    service_token = "service-service-service"
    with Running(tmp_path / "data", {"API_TOKEN": service_token, "GRACE_S": "3"}) as service:
        context = chromium.new_context(viewport=SIZES["desktop"], permissions=["microphone"])
        page = context.new_page()
        page.set_default_timeout(20_000)
        page.goto(service.url)
        page.wait_for_selector("#link[data-state=refused]")
        assert "token" in page.inner_text("#note")
        assert page.is_visible("#token"), "where it is to be said is open"
        picture(page, "streamqueue-desktop-refused")
        body = json.dumps({"token": "ann-ann", "user_id": "ann", "enable_status": True})
        headers = {"authorization": f"Bearer {service_token}", "content-type": "application/json"}
        added = context.request.post(f"{service.url}/api/v1/users/add-token", data=body, headers=headers)
        assert added.ok
        page.focus("#token")
        page.keyboard.type("ann-ann")
        page.keyboard.press("Tab")
        page.wait_for_selector("#link[data-state=on]")
        page.focus("#meeting")
        page.keyboard.press("Control+A")
        page.keyboard.type("No Meeting")
        page.keyboard.press("Tab")
        page.focus("#record")
        page.keyboard.press("Space")
        page.wait_for_selector("#note.bad")
        assert page.get_attribute("#meeting", "aria-invalid") == "true"
        assert page.evaluate("document.activeElement.id") == "meeting"
        page.keyboard.press("Control+A")
        page.keyboard.type("abc-defg-hij")
        page.keyboard.press("Tab")
        order = []
        page.focus("#record")
        for _ in range(7):
            order.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
            page.keyboard.press("Tab")
        assert order[:6] == ["record", "SUMMARY", "meeting", "another", "name", "token"], order
        page.focus("#record")
        page.keyboard.press("Enter")
        page.wait_for_selector("#record[aria-pressed=true]")
        _until(page, "Number(document.getElementById('sent').textContent) >= 1")
        page.keyboard.press("Enter")
        page.wait_for_selector("#record[aria-pressed=false]")
        context.close()


def test_firefox_records_and_outlives_a_cut(service: Running, tmp_path: Path) -> None:
    found = program("firefox-esr") if shutil.which("firefox-esr") else program("firefox")
    with firefox(found, tmp_path / "profile") as fox:
        fox.size(1280, 900)
        fox.open(service.url)
        fox.until("document.getElementById('link').dataset.state === 'on'")
        fox.evaluate("document.getElementById('record').click()")
        fox.until("Number(document.getElementById('sent').textContent) >= 2")
        service.kill()
        fox.until("Number(document.getElementById('waiting').textContent) >= 2")
        service.again()
        fox.until("document.getElementById('link').dataset.state === 'on'")
        fox.until("document.getElementById('waiting').textContent === '0'")
        fox.picture("streamqueue-firefox-recording")
        fox.evaluate("document.getElementById('record').click()")
        fox.until("document.getElementById('record').getAttribute('aria-pressed') === 'false'")
        fox.until("document.getElementById('waiting').textContent === '0'")
        assert fox.evaluate("document.getElementById('note').className") == ""
        assert fox.evaluate("document.documentElement.scrollWidth <= innerWidth")
        fox.reload()
        fox.until("document.getElementById('link').dataset.state === 'on'")
    assert service.metric('streamqueue_slices_total{way="socket"}') >= 1
