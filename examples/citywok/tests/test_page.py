"""The page, in a browser: at the width of a telephone and of a desk, by keyboard, and when things go wrong."""

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from conftest import queries, settings_of, together

from browsing import SIZES, browser, fits, picture
from citywok.api import create_app
from serving import served


@pytest.fixture(scope="module")
def address(episodes: Path, tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    data = tmp_path_factory.mktemp("page")
    shutil.copytree(episodes, data / "store")
    with served(create_app(settings_of(data))) as url:
        yield url


@pytest.fixture(scope="module")
def chromium(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    heard = tmp_path_factory.mktemp("microphone") / "heard.wav"
    heard.write_bytes(together("S02E05-clean10.opus"))
    with browser(heard) as started:
        yield started


@pytest.fixture(params=SIZES)
def page(request: pytest.FixtureRequest, chromium: Any, address: str) -> Iterator[Any]:
    context = chromium.new_context(viewport=SIZES[request.param], permissions=["microphone"])
    opened = context.new_page()
    problems: list[str] = []
    opened.on("pageerror", lambda error: problems.append(str(error)))
    opened.set_default_timeout(20_000)
    opened.goto(address)
    opened.size = request.param
    yield opened
    context.close()
    assert not problems


def _find(page: Any, name: str, data: bytes | None = None) -> None:
    data = data or (queries() / name).read_bytes()
    page.set_input_files("#file", {"name": name.replace(".opus", ".ogg"), "mimeType": "audio/ogg", "buffer": data})
    page.click("#find")


def test_a_clip_is_found_doubted_and_explained(page: Any) -> None:
    assert page.is_disabled("#find")
    assert page.is_hidden("#link")
    picture(page, f"citywok-{page.size}-start")
    _find(page, "S01E01-clean10.opus")
    page.wait_for_selector("#result:not([hidden])")
    assert page.inner_text("#episode") == "S01 E01"
    assert page.inner_text("#time") == "0:00:24"
    assert "sure" in page.inner_text("#confidence")
    page.click("#why")
    page.wait_for_selector("#picture:not([hidden])")
    assert page.evaluate("document.getElementById('explain').decode().then(() => true)")
    assert fits(page)
    picture(page, f"citywok-{page.size}-explained")
    guesses = page.locator("#candidates li").count()
    for _ in range(guesses):
        page.click("#wrong")
    assert page.is_disabled("#wrong")
    assert "No more guesses" in page.inner_text("#note")


def test_more_than_one_find_is_shown(page: Any) -> None:
    _find(page, "two.wav", together("S02E05-clean10.opus", "S01E01-clean10.opus"))
    page.wait_for_selector("#segments li")
    assert [row.split("\n")[1][:7] for row in page.locator("#segments li").all_inner_texts()] == ["S02 E05", "S01 E01"]
    assert fits(page)
    picture(page, f"citywok-{page.size}-pieces")


def test_a_recording_of_the_microphone_is_found(page: Any) -> None:
    page.click("#record")
    page.wait_for_selector("#level:not([hidden])")
    page.wait_for_timeout(4500)
    page.click("#record")
    page.wait_for_selector("#find:enabled")
    page.click("#find")
    page.wait_for_selector("#result:not([hidden])")
    assert page.inner_text("#episode") == "S02 E05"


def test_the_keyboard_is_enough(page: Any) -> None:
    page.set_input_files("#file", queries() / "S02E06-mp3-32k.mp3")
    page.focus("#file")
    reached = []
    for _ in range(6):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id || document.activeElement.tagName"))
    assert reached[:3] == ["record", "SUMMARY", "find"]
    page.focus("#find")
    page.keyboard.press("Enter")
    page.wait_for_selector("#result:not([hidden])")
    assert page.evaluate("document.activeElement.id") == "result"


def test_failures_are_told_in_words_for_people(page: Any) -> None:
    _find(page, "noise.mp3", b"no sound" * 500)
    page.wait_for_selector("#failure:not([hidden])")
    assert "no sound in that file" in page.inner_text("#failure-text")
    picture(page, f"citywok-{page.size}-failure")
    page.click("#again")
    _find(page, "notes.txt", b"text")
    page.locator("#failure-text", has_text="kind of file").wait_for()
    page.click("summary")
    page.fill("#key", "sk_live_wrong")
    _find(page, "S01E01-clean10.opus")
    page.locator("#failure-text", has_text="API key").wait_for()
    page.fill("#key", "")
    page.route(
        "**/identify", lambda route: route.fulfill(status=429, headers={"Retry-After": "600"}, json={"detail": "x"})
    )
    page.click("#find")
    page.locator("#failure-text", has_text="10 minutes").wait_for()
    page.unroute("**/identify")
    page.route("**/identify", lambda route: route.abort())
    page.click("#find")
    page.locator("#failure-text", has_text="cannot be reached").wait_for()


def test_silence_is_told_from_a_find(page: Any) -> None:
    _find(page, "none-silence.opus")
    page.wait_for_selector("#failure:not([hidden])")
    assert "Not found" in page.inner_text("#failure-text")
