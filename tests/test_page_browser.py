"""The page in a real browser, headless; scripts/test_page.sh installs what it needs."""

import os
import pathlib
import re
import subprocess
import sys

import pytest
from conftest import ROOT, picture
from PIL import Image

pytest.importorskip("playwright.sync_api", reason="needs scripts/test_page.sh")
pytest.importorskip("gradio", reason="gradio is not installed: pip install 'jaxcolor[serve]'")
TIMEOUT = 120_000  # ms


@pytest.fixture(scope="module")
def address():
    """Of a page that the command serves."""
    command = [sys.executable, "-m", "jaxcolor", "serve", "--port", "0"]
    with subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, text=True) as server:
        try:
            opened = next(line for line in server.stdout if line.startswith("open "))
            yield opened.split()[1]
        finally:
            server.terminate()
    assert server.returncode == 128 + 15


@pytest.fixture
def open_page(browser, address):
    """Opens the page; a request to elsewhere and an error of a script fail the test."""
    problems = []

    def note(url):
        if not url.startswith((address, "data:", "blob:")):
            problems.append(url)

    def open_one(**options):
        page = browser.new_context(**options).new_page()
        page.set_default_timeout(TIMEOUT)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", lambda request: note(request.url))
        page.goto(address)
        page.wait_for_selector("#examples button")
        return page

    yield open_one
    assert not problems


@pytest.fixture(scope="module")
def photo(tmp_path_factory):
    exif = Image.Exif()
    exif[0x0112], exif[0x010F] = 6, "Camera"
    path = tmp_path_factory.mktemp("photos") / "old.jpg"
    Image.fromarray(picture(400, 600)).convert("L").save(path, exif=exif)
    return path


def drop(page, *paths):
    page.locator("input[type=file]").first.set_input_files(paths)
    wait_for_result(page)


def wait_for_result(page):
    page.wait_for_function("document.querySelector('#download')?.disabled === false")
    page.wait_for_selector("#compared img, #picture img")


def source(page):
    return page.locator("#compared img").last.get_attribute("src")


def wait_for_change(page, shown):
    last = "[...document.querySelectorAll('#compared img')].at(-1)"
    expression = f"shown => (({last})?.getAttribute('src') ?? shown) !== shown"
    page.wait_for_function(expression, arg=shown)
    wait_for_result(page)


def download(page, path):
    with page.expect_download() as download:
        page.click("#download")
    download.value.save_as(path)
    return pathlib.Path(path).read_bytes()


def by_command(photo, tmp_path, *options):
    command = [sys.executable, "-m", "jaxcolor", "colorize", photo, "-o", tmp_path / "out.jpg"]
    subprocess.run([*command, *options], cwd=ROOT, check=True, env=os.environ)
    return (tmp_path / "out.jpg").read_bytes()


def test_a_photograph_is_dropped_looked_at_changed_and_downloaded(open_page, photo, tmp_path):
    page = open_page()
    drop(page, photo)
    assert download(page, tmp_path / "a.jpg") == by_command(photo, tmp_path)

    divider = page.get_by_role("slider", name="Divider between before and after")
    before = divider.bounding_box()["x"]
    box = divider.bounding_box()
    page.mouse.move(box["x"] + box["width"] / 2, box["y"] + box["height"] / 2)
    page.mouse.down()
    page.mouse.move(box["x"] + 150, box["y"] + 50)
    page.mouse.up()
    assert divider.bounding_box()["x"] > before + 100

    shown = source(page)
    page.get_by_label("number input for Colorfulness").fill("0.9")
    page.keyboard.press("Tab")
    wait_for_change(page, shown)
    expected = by_command(photo, tmp_path, "--colorfulness", "0.9")
    assert download(page, tmp_path / "b.jpg") == expected

    shown = source(page)
    page.get_by_role("tab", name="Hints").click()
    page.locator("#picture img").click(position={"x": 50, "y": 60})
    page.wait_for_function("document.querySelector('#hints textarea').value")
    hint = page.locator("#hints textarea").input_value()
    assert re.fullmatch(r"\d+,\d+,#b03020", hint)
    page.get_by_role("tab", name="Before and after").click()
    wait_for_change(page, shown)
    expected = by_command(photo, tmp_path, "--colorfulness", "0.9", "--hint", hint)
    assert download(page, tmp_path / "c.jpg") == expected


def test_all_is_reached_by_keyboard(open_page, photo):
    page = open_page()
    drop(page, photo)
    reached = []
    for _ in range(25):
        page.keyboard.press("Tab")
        reached.append(
            page.evaluate(
                "document.activeElement.getAttribute('aria-label')"
                " || document.activeElement.textContent.trim()"
            )
        )
    for name in (
        "Click to upload or drop files",
        "range slider for Colorfulness",
        "Working size",
        "Example 1",
        "Before and after",
        "Divider between before and after",
        "Download old.color.jpg",
    ):
        assert name in reached
    divider = page.get_by_role("slider", name="Divider between before and after")
    divider.focus()
    page.keyboard.press("ArrowRight")
    assert divider.get_attribute("aria-valuenow") == "55"
    page.keyboard.press("Home")
    assert divider.get_attribute("aria-valuenow") == "0"


def test_problems_are_sentences_on_the_page(open_page, tmp_path):
    page = open_page()
    (tmp_path / "bad.jpg").write_bytes(b"nothing")
    page.locator("input[type=file]").first.set_input_files(tmp_path / "bad.jpg")
    page.wait_for_selector("#message textarea")
    message = page.locator("#message textarea").input_value()
    assert message == "Not colored: bad.jpg: cannot identify image file."


def test_users_of_an_example_share_no_result(open_page):
    folders = set()
    for page in (open_page(), open_page()):
        page.locator("#examples button").first.click()
        wait_for_result(page)
        folders.add(source(page).partition("file=")[2].rsplit("/", 2)[0])
    assert len(folders) == 2
    assert not [folder for folder in folders if folder.endswith("/examples")]


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_without_scrolling_sideways(open_page, scheme):
    page = open_page(
        viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True, color_scheme=scheme
    )
    page.locator("#examples button").first.click()
    wait_for_result(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    shades = [int(value) for value in re.findall(r"\d+", background)[:3]]
    assert (max(shades) < 60) if scheme == "dark" else (min(shades) > 200)
