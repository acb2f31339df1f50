"""The page of people, in a browser: what is done there is in the database."""

from collections.abc import Iterator
from typing import Any

import pytest

from browsing import SIZES, browser, fits, picture
from support import TOKEN, Worker, wait_until


@pytest.fixture(scope="module")
def chromium() -> Iterator[Any]:
    """A browser for all of these."""
    with browser() as started:
        yield started


@pytest.fixture(params=list(SIZES))
def page(request: pytest.FixtureRequest, chromium: Any, party: Worker) -> Iterator[Any]:
    """The page at one of the widths, without having entered; what goes wrong in it fails the test."""
    context = chromium.new_context(viewport=SIZES[request.param], reduced_motion="reduce")
    page = context.new_page()
    problems: list[str] = []
    page.on("pageerror", lambda error: problems.append(str(error)))
    page.on("console", lambda message: problems.append(message.text) if message.type == "error" else None)
    page.set_default_timeout(10_000)
    page.goto(f"{party.url}/people/")
    page.size_name = request.param
    yield page
    context.close()
    # Answers of 401, 403 and 409 are expected by some tests, and noted by the browser.
    assert [text for text in problems if "Failed to load resource" not in text] == []


def enter(page: Any) -> None:
    """Shows the token, by the keyboard."""
    page.keyboard.type(TOKEN)
    page.keyboard.press("Enter")
    page.wait_for_selector(".person")


def loaded(page: Any) -> None:
    """Waits for the faces that are in view."""
    pictures = "[...document.querySelectorAll('.face img')].slice(0, 4)"
    wait_until(lambda: page.evaluate(f"{pictures}.every((image) => image.complete && image.naturalWidth > 0)"))


def section(page: Any, title: str) -> Any:
    """The part of the page about a person."""
    return page.locator(".person", has=page.locator("h2", has_text=title)).first


def test_people_are_named_merged_split_told_apart_and_ignored(page: Any, party: Worker) -> None:
    enter(page)
    loaded(page)
    assert page.locator(".person:not(.strangers)").count() == 4
    assert fits(page)
    picture(page, f"memoria-{page.size_name}-people")

    section(page, "Person 1").get_by_label("Name").fill("Anna")
    section(page, "Person 1").get_by_role("button", name="Save name").click()
    page.get_by_role("heading", name="Anna").wait_for()
    assert party.sql("select count(*) from face_persons where name = 'Anna'") == [(1,)]

    # Two faces of somebody are somebody else.
    faces = section(page, "Person 2").locator(".face")
    faces.nth(0).click()
    faces.nth(1).click()
    assert "2 faces chosen" in section(page, "Person 2").inner_text()
    picture(page, f"memoria-{page.size_name}-chosen")
    section(page, "Person 2").get_by_role("button", name="Somebody else").click()
    page.get_by_role("heading", name="Person 5").wait_for()
    assert party.sql("select count(*) from face_persons where status = 'pending'") == [(5,)]
    assert "not Person 5" in section(page, "Person 2").inner_text()

    section(page, "Person 3").locator(".other").select_option(label="Person 4")
    section(page, "Person 3").get_by_role("button", name="Not the same").click()
    page.get_by_text("Person 3 and Person 4 are two people.").wait_for()
    section(page, "Person 3").locator(".other").select_option(label="Person 4")
    section(page, "Person 3").get_by_role("button", name="Same person").click()
    # It was said that they are not: the page says why nothing happens.
    page.get_by_role("alert").get_by_text("not to be the same").wait_for()
    assert party.sql("select count(*) from face_persons where status = 'merged'") == [(0,)]

    section(page, "Person 5").locator(".other").select_option(label="Anna")
    section(page, "Person 5").get_by_role("button", name="Same person").click()
    page.get_by_text("Person 5 and Anna are one person.").wait_for()
    rows = party.sql("select q.name from face_persons p join face_persons q on p.merged_into_id = q.id")
    assert rows == [("Anna",)]

    section(page, "Person 4").get_by_role("button", name="Ignore").click()
    page.get_by_text("Person 4 is ignored.").wait_for()
    assert party.sql("select cluster_label from face_persons where status = 'ignored'") == [(3,)]
    picture(page, f"memoria-{page.size_name}-decided")
    section(page, "Person 4").get_by_role("button", name="Do not ignore").click()
    page.get_by_text("Person 4 is not ignored any more.").wait_for()
    assert party.sql("select count(*) from face_persons where status = 'ignored'") == [(0,)]
    assert fits(page)


def test_the_keyboard_is_enough(page: Any, party: Worker) -> None:
    enter(page)

    def tab_to(selector: str, limit: int = 60) -> None:
        for _ in range(limit):
            page.keyboard.press("Tab")
            if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                outline = page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none", "where the keyboard is can be seen"
                return
        raise AssertionError(f"the keyboard does not get to {selector}")

    tab_to(".person input")
    page.keyboard.type("Anna")
    page.keyboard.press("Enter")
    page.get_by_text("This is Anna.").wait_for()
    assert party.sql("select count(*) from face_persons where name = 'Anna'") == [(1,)]
    # The list was made anew, and the keyboard is still with Anna.
    assert page.evaluate("document.activeElement.textContent") == "Anna"

    tab_to(".face")
    page.keyboard.press("Space")
    assert page.evaluate("document.activeElement.getAttribute('aria-pressed')") == "true"
    tab_to("[data-do=unassign]")
    page.keyboard.press("Enter")
    page.get_by_text("1 face is not Anna.").wait_for()
    assert party.sql("select count(*) from faces where cardinality(not_persons) = 1") == [(1,)]

    tab_to(".other")
    page.keyboard.press("ArrowDown")
    tab_to("[data-do=not-same]")
    page.keyboard.press("Enter")
    page.get_by_text("are two people.").wait_for()
    assert party.sql("select count(*) from face_persons where cardinality(not_same) = 1") == [(2,)]
    tab_to("[data-do=ignore]")
    page.keyboard.press("Enter")
    page.get_by_text("Anna is ignored.").wait_for()


def test_a_wrong_token_lets_nobody_in(page: Any, party: Worker) -> None:
    page.keyboard.type("something else")
    page.keyboard.press("Enter")
    page.get_by_text("This token is not valid.").wait_for()
    picture(page, f"memoria-{page.size_name}-token")
    assert page.locator(".person").count() == 0
    enter(page)
    page.get_by_role("button", name="Leave").click()
    assert page.locator(".person").count() == 0
    assert page.evaluate("sessionStorage.length") == 0


def test_names_are_text(page: Any, party: Worker) -> None:
    (person,) = party.sql("select id::text from face_persons where cluster_label = 0")[0]
    party.decide("name", person_id=person, value="<img src=x onerror=alert(1)>" + "long" * 20)
    enter(page)
    assert page.locator("h2 img").count() == 0
    assert page.locator("h2", has_text="<img src=x").count() == 1
    assert fits(page)
