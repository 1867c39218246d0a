"""The page over HTTP, as a browser speaks to it; test_page_browser.py opens it in one."""

import asyncio
import gc
import io
import json
import warnings

import pytest
from conftest import picture
from PIL import Image

pytest.importorskip("gradio", reason="gradio is not installed: pip install 'jaxcolor[serve]'")
with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    from starlette.testclient import TestClient

    from jaxcolor import inference, page, page_server
    from jaxcolor.page_folder import UserFiles
    from jaxcolor.page_results import Results

# Of Gradio, pandas and Starlette.
pytestmark = pytest.mark.filterwarnings("ignore")
MAX_BYTES = 20_000


@pytest.fixture(scope="module")
def client(colorizer, tmp_path_factory):
    folder = tmp_path_factory.mktemp("users")
    with pytest.MonkeyPatch.context() as patch, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        patch.setattr(inference, "load", lambda *_, **__: colorizer)
        patch.setenv("GRADIO_TEMP_DIR", str(folder))
        files = UserFiles(folder, max_bytes=10 * MAX_BYTES, keep_seconds=60)
        results = Results({"tiny": None}, files)
        blocks = page.build(results, files, keep_minutes=1)
        with TestClient(page_server.build_app(blocks, files, max_bytes=MAX_BYTES)) as client:
            yield client
        # An event loop that Gradio leaves open: no other file's tests shall find it.
        asyncio.run(asyncio.sleep(0))
        gc.collect()


@pytest.fixture
def photo(tmp_path):
    Image.fromarray(picture(30, 50)).save(tmp_path / "cat.png")
    return tmp_path / "cat.png"


def upload(client, *files):
    return client.post("/gradio_api/upload", files=[("files", file) for file in files])


def call(client, inputs, data, session="one"):
    """Calls the function of the page with so many inputs that colors."""
    config = json.loads(
        client.get("/").text.split("window.gradio_config = ")[1].split(";</script>")[0]
    )
    function = next(d["id"] for d in config["dependencies"] if len(d["inputs"]) == inputs)
    body = {"data": data, "fn_index": function, "session_hash": session}
    joined = client.post("/gradio_api/queue/join", json=body)
    assert joined.status_code == 200, joined.text
    with client.stream("GET", f"/gradio_api/queue/data?session_hash={session}") as stream:
        for line in stream.iter_lines():
            message = json.loads(line.removeprefix("data: ")) if line else {}
            if message.get("msg") == "process_completed":
                return message
    raise AssertionError("the page did not answer")


def color(client, path, hints="", size=32):
    given = [{"path": path, "orig_name": "cat.png", "meta": {"_type": "gradio.FileData"}}]
    return call(client, 6, [given, 0, "tiny", size, 1, hints])["output"]["data"]


def fetch(client, file):
    return client.get(f"/gradio_api/file={file['path']}")


def test_a_photograph_comes_back_in_color(client, colorizer, photo):
    [path] = upload(client, ("cat.png", photo.read_bytes())).json()
    message, compared, shown, download = color(client, path)
    assert message["visible"] is False
    assert download["value"]["orig_name"] == "cat.color.png"
    got = fetch(client, download["value"])
    assert got.content == colorizer(photo.read_bytes())
    for preview in (*compared, shown):
        assert fetch(client, preview).headers["content-type"] == "image/jpeg"


def test_problems_are_sentences(client, photo):
    [bad] = upload(client, ("bad.jpg", b"nothing")).json()
    message, compared, shown, download = color(client, bad)
    assert message["value"] == "Not colored: bad.jpg: cannot identify image file."
    assert compared is shown is None
    assert download["interactive"] is False
    [path] = upload(client, ("cat.png", photo.read_bytes())).json()
    for options, said in (
        ({"hints": "1,2"}, "hint 1,2: must be X,Y,#RRGGBB"),
        ({"size": 7}, "size=7: must be one of"),
    ):
        message, *_ = color(client, path, **options)
        assert message["value"].startswith(f"Not colored: {said}")
    message, *_ = color(client, path.replace("cat", "dog"))
    assert "no longer on the server; drop it again" in message["value"]


@pytest.mark.parametrize("given", [[3], "text", [[]], [{}]])
def test_damaged_requests_end_in_errors_of_their_own(client, photo, given):
    answer = call(client, 6, [given, 0, "tiny", 32, 1, ""])
    assert not answer["success"]
    [path] = upload(client, ("cat.png", photo.read_bytes())).json()
    assert color(client, path)[0]["visible"] is False


def test_uploads_are_limited(client):
    too_large = upload(client, ("a.png", b"x" * (MAX_BYTES + 100)))
    assert too_large.status_code == 413
    assert too_large.json()["detail"] == "a.png: has 0.0201 MB; this page takes 0.02 at most"
    too_many = upload(client, *[("a.png", b"x" * MAX_BYTES)] * 11)
    assert too_many.status_code == 413
    assert too_many.json()["detail"].endswith("try again later")
    empty = client.post("/gradio_api/upload", content=b"no form")
    assert (empty.status_code, empty.json()) == (413, {"detail": "the upload holds no photograph"})
    endless = client.post("/gradio_api/upload", content=iter([b"x"]), headers={"content-type": "a"})
    assert endless.status_code == 413


def test_a_slow_upload_is_ended(client, photo, monkeypatch):
    monkeypatch.setattr(page_server, "_FIRST_SECONDS", -1)
    slow = upload(client, ("cat.png", photo.read_bytes()))
    assert (slow.status_code, slow.json()) == (408, {"detail": "the upload was interrupted"})


def test_the_same_photograph_of_two_users_lies_at_two_paths(client, photo):
    paths = [upload(client, ("cat.png", photo.read_bytes())).json()[0] for _ in range(2)]
    assert paths[0] != paths[1]
    files = [color(client, path)[3]["value"]["path"] for path in paths]
    assert files[0] != files[1]


def test_the_page_names_nothing_elsewhere(client):
    text = client.get("/").text
    links = [part.split('"')[0] for part in text.split('src="')[1:] + text.split('href="')[1:]]
    assert links
    assert not [link for link in links if "//" in link]
    assert "/etc" not in text


def test_examples_are_gray(client):
    config = client.get("/").text
    assert "cat.jpg" in config
    path = config.split('cat.jpg"')[0].split('"')[-1] + "cat.jpg"
    image = client.get(f"/gradio_api/file={path.split('file=')[-1]}")
    assert image.status_code == 200
    with Image.open(io.BytesIO(image.content)) as example:
        assert example.mode == "L"
