import asyncio
import json

import pytest

from jaxcolor.page_folder import UserFiles
from jaxcolor.page_gate import Gate


@pytest.fixture
def request_page(tmp_path):
    """Requests something through the gate; the page behind it answers with what it got."""
    files = UserFiles(tmp_path, max_bytes=100, keep_seconds=60)

    async def page(scope, receive, send):
        body = (await receive()).get("body", b"")
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"page:" + body})

    def request(method, path, *chunks, headers=()):
        incoming = [
            {"type": "http.request", "body": chunk, "more_body": i < len(chunks) - 1}
            for i, chunk in enumerate(chunks or [b""])
        ]
        sent = []

        async def receive():
            return incoming.pop(0)

        async def send(message):
            sent.append(message)

        scope = {
            "type": "http",
            "method": method,
            "path": path.format(tmp_path),
            "headers": list(headers),
        }
        asyncio.run(Gate(page, files)(scope, receive, send))
        return sent[0]["status"], dict(sent[0]["headers"]), sent[1]["body"]

    return request


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/"),
        ("GET", "/theme.css"),
        ("GET", "/assets/index-D_1.js"),
        ("GET", "/static/img/logo.svg"),
        ("GET", "/gradio_api/queue/data"),
        ("GET", "/gradio_api/file={}/token/cat.jpg"),
        ("POST", "/gradio_api/upload"),
    ],
)
def test_the_page_is_served_and_loads_nothing_from_elsewhere(request_page, method, path):
    status, headers, body = request_page(method, path)
    assert (status, body) == (200, b"page:")
    assert headers[b"content-security-policy"].startswith(b"default-src 'self'")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/gradio_api/file=/etc/passwd"),
        ("GET", "/gradio_api/file={}/../secret"),
        ("GET", "/gradio_api/file=http://127.0.0.1:22/"),
        ("GET", "/gradio_api/file=https://example.org/cat.jpg"),
        ("GET", "/gradio_api/file/{}/token/cat.jpg"),
        ("GET", "/gradio_api/proxy=https://example.org/"),
        ("GET", "/static/../../secret"),
        ("GET", "/assets/..\\secret"),
        ("GET", "/config"),
        ("GET", "/monitoring"),
        ("GET", "/gradio_api/deep_link"),
        ("GET", "/gradio_api/runs"),
        ("GET", "/gradio_api/run-history/records"),
        ("POST", "/gradio_api/run/predict"),
        ("POST", "/gradio_api/call/predict"),
        ("POST", "/gradio_api/api/predict"),
        ("POST", "/gradio_api/component_server"),
        ("POST", "/gradio_api/vibe-edit"),
        ("POST", "/gradio_api/process_recording"),
        ("POST", "/login"),
        ("PUT", "/gradio_api/upload"),
        ("DELETE", "/"),
    ],
)
def test_all_else_is_closed(request_page, method, path):
    status, _, body = request_page(method, path)
    assert status == 404
    assert json.loads(body) == {"detail": "there is nothing here"}


JOIN = "/gradio_api/queue/join"


@pytest.mark.parametrize("path", ["/gradio_api/upload", JOIN])
@pytest.mark.parametrize(("site", "status"), [(b"cross-site", 403), (b"same-origin", 200)])
def test_pages_of_other_sites_send_nothing(request_page, path, site, status):
    headers = [(b"sec-fetch-site", site)]
    assert request_page("POST", path, b"{}", headers=headers)[0] == status


def test_calls_pass_whole(request_page, tmp_path):
    body = json.dumps({"data": [[{"path": f"{tmp_path}/token/cat.jpg"}], 0.5]}).encode()
    assert request_page("POST", JOIN, body[:20], body[20:])[::2] == (200, b"page:" + body)


@pytest.mark.parametrize(
    "path", ["http://127.0.0.1/cat.jpg", "https://example.org/cat.jpg", "/etc/passwd", 3, None]
)
def test_calls_name_no_address_and_no_path_of_the_server(request_page, path):
    for data in ([{"path": path}], {"value": [[{"meta": {"path": path}}]]}):
        status, _, body = request_page("POST", JOIN, json.dumps({"data": data}).encode())
        assert status == 400
        assert json.loads(body)["detail"].startswith("the request names a file")


@pytest.mark.parametrize(
    ("chunks", "status"),
    [
        ([b"not json"], 400),
        ([b"\xff"], 400),
        ([b"[" * 100_000], 400),
        ([b" " * 200_000] * 2, 413),
    ],
)
def test_damaged_and_large_calls_are_refused(request_page, chunks, status):
    assert request_page("POST", JOIN, *chunks)[0] == status
