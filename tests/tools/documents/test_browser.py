"""The page as a person uses it: in a headless browser, with a pointer and a keyboard."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from document_parts import whole_document

from llmauto_tools.documents.write import write_document

sync_api = pytest.importorskip("playwright.sync_api", reason="needs playwright")
pytest.importorskip("vl_convert", reason="charts need the extra 'images'")
CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with sync_api.sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


@pytest.fixture
def page(browser: Any, tmp_path: Path) -> Iterator[Any]:
    write_document(whole_document(), tmp_path / "r.html")
    context = browser.new_context(offline=True)
    opened = context.new_page()
    opened.problems = []
    opened.on("pageerror", lambda e: opened.problems.append(str(e)))
    opened.on("console", lambda m: opened.problems.append(m.text) if m.type == "error" else None)
    opened.goto((tmp_path / "r.html").as_uri())
    opened.wait_for_function("document.documentElement.dataset.drawn === 'yes'")
    yield opened
    context.close()


def test_the_charts_are_drawn_without_a_network(page: Any) -> None:
    assert page.locator(".plot svg.marks").count() == 1
    assert page.problems == []


def test_pointing_at_a_number_shows_where_it_comes_from(page: Any) -> None:
    page.locator("p a.n").first.hover()
    card = page.locator("#card")
    assert card.is_visible()
    assert "SELECT 1 AS x" in card.inner_text()
    assert card.locator("td.hit").inner_text() == "1,234.50"
    page.keyboard.press("Escape")
    assert not card.is_visible()


def test_a_click_opens_the_record_at_the_value(page: Any) -> None:
    assert not page.locator("#ev-e1 table").is_visible()
    page.locator("p a.n").first.click()
    assert page.locator("#ev-e1 td.hit").is_visible()
    assert page.evaluate("document.activeElement.dataset.ref") == "e1.rows[0][1]"
    assert page.evaluate("location.hash") == "#ev-e1"
    page.go_back()
    assert page.evaluate("location.hash") == ""


def test_the_keyboard_reaches_a_number_and_opens_it(page: Any) -> None:
    page.locator("p a.n").first.focus()
    assert page.locator("#card").is_visible()
    page.keyboard.press("Enter")
    assert page.locator("#ev-e1 td.hit").is_visible()


def test_light_and_dark_can_be_changed(page: Any) -> None:
    light = page.evaluate("getComputedStyle(document.body).backgroundColor")
    page.locator("#theme").click()
    assert page.evaluate("getComputedStyle(document.body).backgroundColor") != light
    assert page.locator("#theme").get_attribute("aria-pressed") == "true"


def test_the_page_prints(page: Any) -> None:
    content = page.pdf()
    assert content.startswith(b"%PDF")
