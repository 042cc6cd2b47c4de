"""The page of drift in a real browser: whole by itself, readable on a desk and on a phone."""

import shutil
from dataclasses import replace

import pytest

from models.drift.page import page
from models.drift.watch import Compared
from tests.servers import missing


@pytest.fixture(scope="module")
def pages(shifted, stable, reference, tmp_path_factory):
    """A page with an alarm and a wrong feature, and one on which all is well."""
    folder = tmp_path_factory.mktemp("pages")
    features = list(reference.features)
    off = replace(
        shifted.drift(reference), compared=Compared(rows=9, different={name: 0 for name in features} | {features[0]: 4})
    )
    well = replace(stable.drift(reference), compared=Compared(rows=9, different=dict.fromkeys(features, 0)))
    (folder / "off.html").write_text(page(off, simulated=True))
    (folder / "well.html").write_text(page(well, simulated=False))
    return folder


@pytest.fixture(scope="module")
def browser():
    chromium = shutil.which("chromium")
    if chromium is None:
        missing("chromium")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        opened = playwright.chromium.launch(executable_path=chromium, args=["--no-sandbox"])
        yield opened
        opened.close()


def seen(browser, path, width):
    """Open a page; return what a person can read, how wide it is, and what went wrong."""
    tab, troubles = browser.new_page(viewport={"width": width, "height": 800}), []
    tab.on("console", lambda said: troubles.append(said.text))
    tab.on("request", lambda asked: troubles.append(asked.url) if not asked.url.startswith("file:") else None)
    tab.goto(path.as_uri())
    read = tab.inner_text("body"), tab.evaluate("document.documentElement.scrollWidth"), troubles
    charts = tab.locator("svg").count()
    tab.close()
    return *read, charts


@pytest.mark.parametrize("width", [1280, 375])
def test_an_alarm_is_on_the_page_which_needs_nothing_else_and_fits(pages, browser, reference, width):
    text, wide, troubles, charts = seen(browser, pages / "off.html", width)
    assert troubles == []
    assert wide <= width
    assert charts == 5
    assert "Simulated transfers" in text
    assert "reported types of fraud" in text
    assert "1 features were served otherwise" not in text
    assert "One feature was served otherwise than it is computed" in text
    assert all(name in text.replace("\N{ZERO WIDTH SPACE}", "") for name in reference.features)


def test_where_all_is_well_it_says_so(pages, browser):
    text, _, troubles, _ = seen(browser, pages / "well.html", 800)
    assert troubles == []
    assert "Nothing has moved beyond its limit" in text
    assert "bit for bit" in text
    assert "Simulated" not in text
    assert "Alarms" not in text
