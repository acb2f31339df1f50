"""The page in a browser: scores are chosen, drawn, sung, changed, mixed and saved."""

import io
import wave
import zipfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from browsing import SIZES, browser, fits, picture
from page_support import LEVEL, SONG, STATIC, build_page, cuttable, player, samples, score, until, until_player, upload
from sightsinger.demo_song import FOLDER, make
from support import serving

SHORT = ["C4 4 la, D4 4 ma, E4 4 no, R 4", "E4 4 ti, D4 4 ru, C4 4 sa, R 4"]
"""Two phrases, two seconds."""
TWO_VOICES = (["C4 8 la, E4 8 ma", "D4 4 no, C4 8 ta, R 4"], ["E4 8 la, G4 8 ma", "F4 4 no, E4 8 ta, R 4"])


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory, bank: Path, packed: bytes) -> Iterator[str]:
    """The service with the voicebank of the demo, and a page that is complete."""
    build_page()
    if not (FOLDER / "song.json").exists():
        make(bank, SONG)
    # A browser beside it may well keep a worker from its processor for a second.
    with serving(tmp_path_factory.mktemp("site"), packed, JOB_LEASE_SECONDS="30") as service:
        yield str(service.client.base_url).rstrip("/")


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser for all of these."""
    with browser() as started:
        yield started


@pytest.fixture
def open_page(chromium: Any, site: str) -> Iterator[Any]:
    """Opens pages; what goes wrong in one fails the test."""
    contexts, problems = [], []

    def start(
        path: str = "/",
        size: str = "desktop",
        url: str = "",
        before: Callable[[Any], None] = lambda page: None,
        **options: Any,
    ) -> Any:
        context = chromium.new_context(viewport=SIZES[size], reduced_motion="reduce", accept_downloads=True, **options)
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
        page.set_default_timeout(15_000)
        before(page)
        page.goto((url or site) + path)
        return page

    yield start
    for context in contexts:
        context.close()
    # Refusals are expected by some tests, and noted by the browser.
    assert [text for text in problems if "Failed to load resource" not in text] == []


def drop(page: Any, data: bytes, name: str) -> None:
    """Drags a file into the window."""
    page.wait_for_selector("#bank option", state="attached")
    page.evaluate(
        """([text, name]) => {
          const dataTransfer = new DataTransfer();
          dataTransfer.items.add(new File([text], name));
          for (const kind of ["dragover", "drop"])
            document.body.dispatchEvent(new DragEvent(kind, { dataTransfer, bubbles: true, cancelable: true }));
        }""",
        [data.decode(), name],
    )


def sung(page: Any) -> None:
    """Waits until all is rendered and has come."""
    until(page, "document.getElementById('sing').textContent === 'Sing'", 60)
    assert page.locator("#alert").is_hidden(), page.locator("#alert").inner_text()
    assert player(page, "p.tracks.every((track) => track.complete)")


def drawn(page: Any) -> None:
    """Waits until a score is drawn whole."""
    page.wait_for_selector("#score svg", state="attached")
    until(page, "document.querySelectorAll('.notes button').length && !document.getElementById('score').ariaBusy")


@pytest.mark.parametrize("size", list(SIZES))
def test_a_score_is_chosen_drawn_sung_and_played_to_its_end(open_page: Any, size: str) -> None:
    page = open_page(size=size)
    assert fits(page)
    picture(page, f"sightsinger-{size}-start")
    # Phrases are kept, so each song of these tests has a tempo of its own.
    tempo = 121 if size == "desktop" else 119
    upload(page, score(SHORT, title="Six notes", tempo=tempo))
    drawn(page)
    assert page.locator("#title").inner_text() == "Six notes"
    assert page.locator(".notes button").count() == 6
    # Each button lies over one note head.
    middle = "({ x, y, width, height }) => [x + width / 2, y + height / 2]"
    heads = page.locator(".vf-notehead").evaluate_all(
        f"(all) => all.map((head) => ({middle})(head.getBoundingClientRect()))"
    )
    for button in page.locator(".notes button").all():
        x, y, width, height = button.bounding_box().values()
        assert sum(x <= head[0] <= x + width and y <= head[1] <= y + height for head in heads) == 1
    page.get_by_role("button", name="Sing", exact=True).click()
    seen = (
        "document.querySelector('.cursor').checkVisibility() && document.getElementById('play').ariaLabel === 'Pause'"
    )
    until_player(page, f"p.state === 'playing' && {LEVEL} > 0.01 && {seen}", 60)
    sung(page)
    until_player(page, "p.state === 'paused'", 30)
    beat = 60 / tempo
    assert player(page, "p.position === p.duration")
    assert abs(player(page, "p.duration") - 7 * beat) < 1.1 * beat
    sound = samples(page)
    starts = [int((beat * n + 0.1) * 44100) for n in (0, 1, 2, 4, 5, 6)]
    assert min(np.sqrt(np.mean(sound[start : start + 8000] ** 2)) for start in starts) > 0.005, "every note sounds"
    assert "2 of 2 phrases rendered" in page.locator("#phrases").inner_text()
    assert fits(page)
    picture(page, f"sightsinger-{size}-sung")


def test_what_comes_with_the_page_is_drawn_whole(open_page: Any) -> None:
    page = open_page(size="telephone")
    for entry in page.locator("#library button").all():
        page.locator("#chooser").evaluate("(chooser) => (chooser.open = true)")
        entry.click()
        drawn(page)
        until(page, f"document.getElementById('title').textContent === {entry.locator('strong').text_content()!r}")
        # All notes that are sung can be chosen, and none of them lies outside of the paper.
        written = page.evaluate(
            "[...document.querySelectorAll('.notes button')].map((b) => [b.offsetLeft, b.offsetTop + b.offsetHeight])"
        )
        width, height = page.evaluate(
            "[document.getElementById('score').clientWidth, document.getElementById('score').clientHeight]"
        )
        assert len(written) > 20
        assert all(0 <= left < width and bottom <= height + 4 for left, bottom in written)
        assert fits(page)
    picture(page, "sightsinger-telephone-round")


def test_the_keyboard_is_enough(open_page: Any) -> None:
    page = open_page()

    def tab_to(selector: str, limit: int = 60) -> None:
        for _ in range(limit):
            page.keyboard.press("Tab")
            if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                assert page.evaluate("getComputedStyle(document.activeElement).outlineStyle") != "none"
                return
        raise AssertionError(f"the keyboard does not get to {selector}")

    page.wait_for_selector("#bank option", state="attached")
    tab_to("[data-file='river.musicxml']")
    page.keyboard.press("Enter")
    drawn(page)
    tab_to("#sing")
    page.keyboard.press("Enter")
    until_player(page, "p.state === 'playing'", 60)
    sung(page)
    tab_to(".notes button")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowRight")
    page.keyboard.press("ArrowLeft")
    assert "measure 1, E 4" in page.evaluate("document.activeElement.ariaLabel")
    page.keyboard.press("Enter")
    page.keyboard.type("lo")
    page.keyboard.press("Enter")
    until(page, "document.getElementById('phrases').textContent.startsWith('1 of ')", 60)
    # The keyboard is still with the note.
    assert page.evaluate("document.activeElement.ariaLabel") == "measure 1, E 4, “lo”"
    page.keyboard.press("Enter")
    page.keyboard.press("Escape")
    assert page.locator("#lyric").is_hidden()
    tab_to("#play")
    state = player(page, "p.state")
    page.keyboard.press("Space")
    assert player(page, "p.state") != state
    tab_to("#seek")
    before = player(page, "p.position")
    page.keyboard.press("ArrowRight")
    assert player(page, "p.position") >= before + 4.9


def test_everything_has_a_name(open_page: Any) -> None:
    page = open_page()
    upload(page, score(*TWO_VOICES))
    drawn(page)
    page.locator(".more").evaluate("(more) => (more.open = true)")
    unnamed = page.evaluate(
        """[...document.querySelectorAll('button, input, select, progress')]
        .filter((one) => !one.ariaLabel && !one.labels?.length)
        .filter((one) => one.localName !== 'button' || !one.textContent.trim())
        .map((one) => one.outerHTML)"""
    )
    assert unnamed == []
    ids = page.evaluate("[...document.querySelectorAll('[id]:not(.paper *)')].map((element) => element.id)")
    assert len(ids) == len(set(ids))


def test_a_changed_word_renders_its_phrase_again(open_page: Any) -> None:
    page = open_page()
    upload(page, score(SHORT, tempo=230))
    drawn(page)
    page.click("#sing")
    until_player(page, "p.tracks.length")
    sung(page)
    before = samples(page)
    page.locator(".notes button").nth(4).click()
    assert "measure 2, D 4" in page.locator("#lyric-place").inner_text()
    page.get_by_label("Syllable").fill("mo")
    picture(page, "sightsinger-desktop-word")
    page.get_by_role("button", name="Change and sing").click()
    until(page, "document.getElementById('phrases').textContent.startsWith('1 of 2 phrases rendered')", 60)
    assert "1 kept from before" in page.locator("#phrases").inner_text()
    # It plays from the phrase on.
    assert player(page, "p.position") > 0.5
    sung(page)
    after = samples(page)
    second = int(1.0 * 60 / 230 * 4 * 44100) - 4410
    assert len(before) == len(after)
    assert np.array_equal(before[: second - 4410], after[: second - 4410]), "the other phrase is as it was"
    assert np.abs(before[second:] - after[second:]).max() > 0.01
    # The word can be taken away, and "Change only" sings nothing.
    page.locator(".notes button").nth(4).click()
    page.get_by_label("Syllable").fill("")
    page.get_by_role("button", name="Change only").click()
    until(page, "document.querySelectorAll('.notes button')[4].ariaLabel.includes('carries the syllable on')")
    # Names of notes in the place of the words.
    page.locator(".more summary").click()
    page.get_by_label("Sing note names").check()
    page.wait_for_timeout(100)
    page.click("#sing")
    until(page, "document.getElementById('phrases').textContent.startsWith('2 of 2 phrases rendered')", 60)


def test_singing_can_be_stopped_and_begun_again(open_page: Any) -> None:
    page = open_page()
    upload(page, score([f"{'CDEF'[n % 4]}4 4 la, E4 4 no, R 8" for n in range(30)], tempo=131))
    drawn(page)
    page.click("#sing")
    # The first phrase sounds while the others are rendered. Pressed in the same moment, as the song may end any time.
    press = "(document.getElementById('sing').click(), true)"
    until_player(page, f"p.state === 'playing' && !p.tracks[0].complete && {press}", 60)
    page.get_by_text("The singing was stopped.").wait_for()
    page.get_by_role("button", name="Sing", exact=True).wait_for()
    assert page.locator("#alert").is_hidden()
    # What had come is there, and a changed word begins anew while another song is sung.
    stopped = player(page, "[p.tracks[0].complete, p.tracks[0].seconds]")
    assert stopped[0]
    assert 0 < stopped[1] < 54
    page.click("#sing")
    until(page, "document.getElementById('sing').textContent === 'Stop'")
    page.locator(".notes button").nth(1).click()
    page.get_by_label("Syllable").fill("mi")
    player(page, "p.tracks[0].before = true")
    page.get_by_role("button", name="Change and sing").click()
    until_player(page, "p.tracks[0] && !p.tracks[0].before && p.tracks[0].complete", 90)
    until(page, "document.getElementById('phrases').textContent.includes('of 30 phrases rendered')")
    sung(page)
    assert player(page, "p.tracks.length") == 1
    assert player(page, "p.tracks[0].seconds") > 50


def test_voices_are_mixed_and_saved(open_page: Any, tmp_path: Path) -> None:
    page = open_page(size="telephone")
    upload(page, score(*TWO_VOICES, names=("High", "Low")))
    drawn(page)
    page.get_by_label("Part", exact=True).select_option(label="All 2 parts with words")
    page.click("#sing")
    until_player(page, "p.tracks.length === 2", 60)
    sung(page)
    assert [item.inner_text() for item in page.locator(".strip strong").all()] == ["High", "Low"]
    gains = "p.tracks.map((track) => p.lanes.get(track).gain.gain.value)"
    page.get_by_role("button", name="Mute High").click()
    assert player(page, "p.tracks.map((track) => track.audible)") == [False, True]
    page.get_by_role("button", name="Solo High").click()
    assert player(page, "p.tracks.map((track) => track.audible)") == [True, False], "solo wins over mute"
    player(page, "p.play(0)")
    until_player(page, f"{gains}[0] > 0.7 && {gains}[1] < 0.01")
    page.get_by_role("button", name="Solo High").click()
    page.get_by_role("button", name="Mute High").click()
    page.get_by_label("Pan of High").fill("-1")
    page.get_by_label("Pan of Low").fill("1")
    page.get_by_label("Volume of Low").fill("0.2")
    until_player(page, f"Math.abs({gains}[1] - 0.2) < 0.01")
    assert page.get_by_label("Pan of High").get_attribute("aria-valuetext") == "100 % left"
    picture(page, "sightsinger-telephone-mix")
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download the mix").click()
    assert saved.value.suggested_filename == "A test mix.wav"
    left, right = stereo(saved.value.path())
    high, low = samples(page, 0), samples(page, 1)
    np.testing.assert_allclose(left[: len(high)], 0.8 * high, atol=2e-3)
    np.testing.assert_allclose(right[: len(low)], 0.2 * low, atol=2e-3)
    with page.expect_download() as saved:
        page.get_by_role("button", name="Download Low").click()
    assert Path(saved.value.path()).stat().st_size > 10_000
    page.get_by_role("button", name="Remove Low").click()
    assert page.locator(".strip").count() == 1
    assert player(page, "p.tracks.length") == 1


def stereo(path: Path) -> tuple[Any, Any]:
    """The two channels of a WAV."""
    with wave.open(str(path)) as file:
        assert (file.getnchannels(), file.getsampwidth(), file.getframerate()) == (2, 2, 44100)
        frames = np.frombuffer(file.readframes(file.getnframes()), "<i2").astype(np.float32) / 32768
    return frames[0::2], frames[1::2]


def bomb() -> bytes:
    """An archive that says a lot about nothing."""
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("score.xml", b"<score-partwise>" + b" " * 40_000_000)
    return out.getvalue()


ENTITIES = (
    b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;">]>'
    b"<score-partwise>&b;</score-partwise>"
)


HOSTILE = [
    (b"not a score", "a.musicxml", "not a score that can be read"),
    (ENTITIES, "b.xml", "not a score that can be read"),
    (bomb(), "c.mxl", "not a score that can be read"),
    (b"%PDF-1.4", "d.pdf", "Choose a file of MusicXML"),
]


def test_hostile_files_are_refused_and_the_page_goes_on(open_page: Any) -> None:
    page = open_page()
    page.wait_for_selector("#bank option", state="attached")
    for data, name, says in HOSTILE:
        upload(page, data, name)
        page.get_by_role("alert").get_by_text(says).wait_for()
        assert page.locator("#title").inner_text() == "No score yet"
        page.get_by_role("button", name="Close the message").click()
    upload(page, score(SHORT))
    drawn(page)
    assert page.locator("#alert").is_hidden()


def test_a_file_that_is_too_large_is_not_uploaded(open_page: Any, tmp_path: Path) -> None:
    page = open_page()
    page.wait_for_selector("#bank option", state="attached")
    with (tmp_path / "big.xml").open("wb") as file:
        file.truncate(21 << 20)
    page.set_input_files("#file", tmp_path / "big.xml")
    page.get_by_role("alert").get_by_text("larger than this service takes").wait_for()


def test_what_a_score_says_is_text(open_page: Any) -> None:
    page = open_page(size="telephone")
    evil = "&lt;img src=x onerror=alert(1)&gt;" + "long" * 40
    data = score(["C4 8 &lt;b&gt;la, D4 8 ma"], ["C4 16 la"], title=evil, names=(evil, "Low"))
    drop(page, data, "<img src=x onerror=alert(1)>.musicxml")
    drawn(page)
    assert page.locator("main img, main b").count() == 0
    assert page.locator("#title").inner_text().startswith("<img src=x")
    page.locator(".notes button").first.click()
    assert page.get_by_label("Syllable").input_value() == "<b>la"
    assert fits(page)


def test_what_is_not_sung_as_written_is_told_with_its_measure(open_page: Any) -> None:
    page = open_page()
    upload(page, score(["C4 4 la, D4 4 ma, E4 8 no", "E4 4 xq7, D4 4 ru, C4 8 sa", "C7 8 la, C4 8 la"]))
    drawn(page)
    page.click("#sing")
    remarks = page.locator("#song-remarks li")
    remarks.first.wait_for()
    sung(page)
    unknown = remarks.filter(has_text="xq7")
    assert "measure 2" in unknown.inner_text()
    assert "write the word as it sounds" in unknown.inner_text()
    assert "measure 3" in remarks.filter(has_text="range").inner_text()
    picture(page, "sightsinger-desktop-remarks")
    assert "xq7" in page.locator(".notes button.marked").first.get_attribute("title")
    unknown.get_by_role("button", name="measure 2").click()
    assert page.evaluate("document.activeElement.ariaLabel").startswith("measure 2")


def test_a_cut_network_is_waited_for_while_sound_comes(open_page: Any, site: str) -> None:
    with cuttable(site) as proxy:
        page = open_page(url=proxy.url)
        upload(page, score(SHORT * 2))
        drawn(page)
        proxy.cut_after, proxy.away_s = 60_000, 1.2
        page.click("#sing")
        page.get_by_text("The connection was lost; trying again.").wait_for()
        picture(page, "sightsinger-desktop-lost")
        sung(page)
        assert proxy.cuts == 1
        page.get_by_text("The connection was lost").wait_for(state="hidden")
        with_cut = samples(page)
        # The same song without a cut has the same samples.
        player(page, "p.tracks[0].before = true")
        page.click("#sing")
        until_player(page, "p.tracks[0] && !p.tracks[0].before && p.tracks[0].complete")
        np.testing.assert_array_equal(samples(page), with_cut)


def test_a_tab_that_is_loaded_again_goes_on(open_page: Any) -> None:
    page = open_page()
    upload(page, score(SHORT, title="Kept"))
    drawn(page)
    page.click("#sing")
    until_player(page, "p.tracks.length")
    sung(page)
    before = samples(page)
    page.reload()
    drawn(page)
    assert page.locator("#title").inner_text() == "Kept"
    until_player(page, "p.tracks.length && p.tracks.every((track) => track.complete)")
    np.testing.assert_array_equal(samples(page), before)
    page.get_by_role("button", name="Play").click()
    until_player(page, f"{LEVEL} > 0.01")


def test_a_service_with_users_wants_a_token(open_page: Any, site: str, chromium: Any) -> None:
    page = open_page()
    page.route(
        "**/config",
        lambda route: route.fulfill(json={"auth_required": True, "max_upload_mb": 20, "default_voicebank": None}),
    )
    seen = []
    page.route(
        "**/sessions", lambda route: (seen.append(route.request.headers.get("authorization")), route.continue_())
    )
    page.reload()
    page.get_by_label("Access token").fill("a.b.c")
    page.get_by_role("button", name="Enter").click()
    upload(page, score(SHORT))
    drawn(page)
    assert seen == ["Bearer a.b.c"]
    assert page.locator("#token-form").is_hidden()
    # An address of sound that is too old is replaced.
    page.route(
        "**/stream?*", lambda route: route.fulfill(status=401, json={"detail": "playback_token_expired"}), times=1
    )
    page.click("#sing")
    until_player(page, "p.tracks.length && p.tracks[0].complete && p.tracks[0].length", 60)
    sung(page)


@pytest.mark.parametrize("size", list(SIZES))
def test_the_demo_needs_no_service(open_page: Any, chromium: Any, site: str, size: str) -> None:
    # Only files of the page are answered.
    files = {f"/{path.relative_to(STATIC)}" for path in STATIC.rglob("*") if path.is_file()} | {"/demo/"}
    wanted = []

    def answer(route: Any) -> None:
        wanted.append(route.request.url.removeprefix(site))
        route.continue_() if wanted[-1] in files else route.abort()

    page = open_page(path="/demo/", size=size, color_scheme="dark", before=lambda page: page.route("**/*", answer))
    page.get_by_role("button", name="Play").click()
    until_player(page, f"{LEVEL} > 0.01")
    assert player(page, "p.tracks.length") == 2
    assert set(wanted) <= files
    picture(page, f"sightsinger-{size}-demo")
    assert fits(page)
    # To the end: both voices sound, and the last note is there.
    player(page, "p.seek(p.duration - 1.5)")
    until_player(page, "p.state === 'paused' && p.position === p.duration")
    power = "p.tracks.map((track) => track.samples.reduce((sum, x) => sum + x * x, 0) / track.length)"
    assert min(player(page, power)) > 1e-4
    page.locator(".notes button").nth(5).click()
    until_player(page, "p.state === 'playing' && p.position > 1")
