"""The static page in a headless Chromium; scripts/test_web_page.sh installs what it needs."""

import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
from conftest import ROOT, picture
from PIL import Image

from jaxcolor import colorize

pytest.importorskip("playwright.sync_api", reason="needs scripts/test_web_page.sh")
pytest.importorskip("jax2onnx", reason="jax2onnx is not installed: pip install 'jaxcolor[onnx]'")
pytestmark = pytest.mark.skipif(
    shutil.which("npm") is None, reason="there is no npm on this machine"
)
TIMEOUT = 120_000  # ms


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    """Of the page, made and served as documented."""
    folder = tmp_path_factory.mktemp("page") / "web"
    command = [sys.executable, ROOT / "scripts/make_web_page.py", "--output", folder]
    subprocess.run(command, cwd=ROOT, check=True)
    command = [sys.executable, "-u", "-m", "http.server", "0", "--bind", "127.0.0.1"]
    with subprocess.Popen(
        [*command, "--directory", folder],
        stdout=subprocess.PIPE,
        stderr=subprocess.DEVNULL,
        text=True,
    ) as server:
        try:
            yield re.search(r"\((http://.*)\)", server.stdout.readline())[1]
        finally:
            server.terminate()


@pytest.fixture
def open_page(browser, address):
    """Opens the page; a script's error, an upload or a request to elsewhere fails the test."""
    problems, loaded = [], []

    def note(request):
        loaded.append(request.url)
        if request.method != "GET" or not request.url.startswith((address, "blob:", "data:")):
            problems.append(f"{request.method} {request.url}")

    def open_one(**options):
        page = browser.new_context(**options).new_page()
        page.set_default_timeout(TIMEOUT)
        page.on("pageerror", lambda error: problems.append(str(error)))
        page.on("request", note)
        page.goto(address)
        return page

    yield open_one
    assert f"{address}model.onnx" in loaded
    assert not problems


def take(page, *paths):
    page.set_input_files("#file", paths)
    page.wait_for_selector("#download[href]:visible, #problem:not(:empty)")


def drop(page, *names):
    data = page.evaluate_handle(
        """names => {
            const data = new DataTransfer();
            for (const name of names) data.items.add(new File(["nothing"], name));
            return data;
        }""",
        names,
    )
    page.dispatch_event("body", "drop", {"dataTransfer": data})
    page.wait_for_selector("#problem:not(:empty)")


def download(page, label, extension):
    page.select_option("#format", label=label)
    page.wait_for_selector(f"#download[href][download$={extension}]")
    with page.expect_download() as download:
        page.click("#download")
    return np.asarray(Image.open(download.value.path())).astype(int), download.value


def by_command(run_main, photo, tmp_path):
    done = run_main(colorize, photo, "--output", tmp_path / "out.png")
    assert done.returncode == 0, done.stderr
    return np.asarray(Image.open(tmp_path / "out.png")).astype(int)


@pytest.mark.parametrize("name", ["admiral", "dandelions"])
def test_photographs_are_colored_as_by_the_command(open_page, run_main, tmp_path, name):
    page = open_page()
    photo = ROOT / f"docs/examples/{name}.jpg"
    take(page, photo)
    assert page.input_value("#format") == "image/jpeg"
    pixels, file = download(page, "PNG", "png")
    assert file.suggested_filename == f"{name}.color.png"
    difference = np.abs(pixels[..., :3] - by_command(run_main, photo, tmp_path)).max(-1)
    print(f"{name}: max {difference.max()}/255, beyond 2/255: {np.mean(difference > 2):.2%}")
    assert difference.max() <= 2


def test_rotation_and_transparency_are_kept(open_page, run_main, tmp_path):
    page = open_page()
    exif = Image.Exif()
    exif[0x0112] = 6
    rotated = tmp_path / "rotated.jpg"
    Image.fromarray(picture(150, 200)).convert("L").save(rotated, exif=exif)
    take(page, rotated)
    pixels, _ = download(page, "PNG", "png")
    np.testing.assert_allclose(pixels[..., :3], by_command(run_main, rotated, tmp_path), atol=2)

    opacity = np.full((100, 130), 255, np.uint8)
    opacity[:50] = 0
    transparent = tmp_path / "transparent.png"
    Image.fromarray(np.dstack([picture(100, 130), opacity])).save(transparent)
    take(page, transparent)
    assert page.input_value("#format") == "image/png"
    pixels, _ = download(page, "PNG", "png")
    np.testing.assert_array_equal(pixels[..., 3], opacity)
    expected = by_command(run_main, transparent, tmp_path)
    np.testing.assert_allclose(pixels[50:], expected[50:], atol=1)
    pixels, _ = download(page, "JPEG", "jpg")
    assert pixels[:40].min() > 250


def test_all_is_reached_by_keyboard(open_page):
    page = open_page()
    take(page, ROOT / "docs/examples/cat.jpg")
    reached = []
    page.evaluate("document.activeElement.blur()")
    for _ in range(4):
        page.keyboard.press("Tab")
        reached.append(page.evaluate("document.activeElement.id"))
    assert reached == ["file", "divider", "format", "download"]
    page.focus("#divider")
    page.keyboard.press("ArrowRight")
    assert page.evaluate("getComputedStyle(after).clipPath") == "inset(0px 0px 0px 51%)"
    page.keyboard.press("End")
    assert page.evaluate("getComputedStyle(after).clipPath") == "inset(0px 0px 0px 100%)"


def test_problems_are_sentences(open_page):
    page = open_page()
    drop(page, "bad.jpg")
    assert page.inner_text("#problem") == "bad.jpg is not a picture that this browser can read."
    drop(page, "one.jpg", "two.jpg")
    assert page.inner_text("#problem") == "Take one photograph at a time, as a file."
    take(page, ROOT / "docs/examples/cat.jpg")
    assert not page.inner_text("#problem")
    assert page.is_visible("#after")


def test_a_folder_without_the_model(open_page):
    page = open_page()
    page.context.route("**/model.onnx", lambda route: route.fulfill(status=404))
    page.reload()
    take(page, ROOT / "docs/examples/cat.jpg")
    assert page.inner_text("#problem") == (
        "The network could not be loaded: the server has no model.onnx (status 404)."
    )


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_a_phone_shows_all_without_scrolling_sideways(open_page, scheme):
    page = open_page(
        viewport={"width": 360, "height": 740}, is_mobile=True, has_touch=True, color_scheme=scheme
    )
    take(page, ROOT / "docs/examples/dandelions.jpg")
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    background = page.evaluate("getComputedStyle(document.body).backgroundColor")
    shades = [int(value) for value in re.findall(r"\d+", background)[:3]]
    assert (max(shades) < 60) if scheme == "dark" else (min(shades) > 200)
