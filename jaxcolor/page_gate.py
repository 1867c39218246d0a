"""The gate before the page's web framework, which lets pass what the page needs and nothing else.

The framework, Gradio, serves much more than a page: it fetches addresses for its clients, proxies,
shows statistics, stores links. All of it is closed. What passes has no address to fetch and no path
outside of the users' files in it.
"""

import json
import re
from collections.abc import Awaitable, Callable, Iterator, MutableMapping
from typing import Any

from jaxcolor.page_folder import UserFiles

Message = MutableMapping[str, Any]
Receive = Callable[[], Awaitable[Message]]
Send = Callable[[Message], Awaitable[None]]
App = Callable[[Message, Receive, Send], Awaitable[None]]

UPLOAD = "/gradio_api/upload"
PROGRESS = "/gradio_api/upload_progress"
_FILE = "/gradio_api/file="
_READ = re.compile(
    r"/|/theme\.css|/favicon\.ico|/manifest\.json|/(assets|static)/[\w./-]+"
    rf"|/gradio_api/queue/data|{PROGRESS}"
)
_CALLS = ("/gradio_api/queue/join", "/gradio_api/cancel")
_MAX_CALL_BYTES = 2**18
# Browsers say so of a request by the page of another site, which could fill the disk.
_CROSS_SITE = (b"sec-fetch-site", b"cross-site")
# The page loads nothing from elsewhere, and sends nothing there.
_HEADERS = [
    (
        b"content-security-policy",
        b"default-src 'self' 'unsafe-inline' 'unsafe-eval' data: blob:; base-uri 'self'; "
        b"form-action 'self'; frame-ancestors 'self'; object-src 'none'",
    ),
    (b"referrer-policy", b"no-referrer"),
    (b"x-content-type-options", b"nosniff"),
]


class Gate:
    """An ASGI application around another one."""

    def __init__(self, app: App, files: UserFiles):
        """Wraps the application of the page.

        Args:
            app: it.
            files: that its users may read.
        """
        self._app = app
        self._files = files

    async def __call__(self, scope: Message, receive: Receive, send: Send) -> None:
        """Passes a request on, or answers it with an error."""
        if scope["type"] == "lifespan":
            await self._app(scope, receive, send)
        elif scope["type"] == "http":
            await self._pass(scope, receive, _with_headers(send))

    async def _pass(self, scope: Message, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        if method == "POST" and _CROSS_SITE in scope["headers"]:
            await _refuse(send, 403, "the request comes from another site")
        elif method == "POST" and path in _CALLS:
            body = await _read(receive)
            if body is None:
                await _refuse(send, 413, "the request is too large")
            elif problem := self._problem(body):
                await _refuse(send, 400, problem)
            else:
                await self._app(scope, _replay(body, receive), send)
        elif (method == "POST" and path == UPLOAD) or (
            method in ("GET", "HEAD") and self._is_readable(path)
        ):
            await self._app(scope, receive, send)
        else:
            await _refuse(send, 404, "there is nothing here")

    def _is_readable(self, path: str) -> bool:
        if path.startswith(_FILE):
            return self._files.holds(path.removeprefix(_FILE))
        return _READ.fullmatch(path) is not None and ".." not in path

    def _problem(self, body: bytes) -> str:
        """Returns why the body of a call is refused, or ""."""
        try:
            paths = list(_paths(json.loads(body)))
        except (ValueError, RecursionError):
            return "the request is damaged"
        if not all(isinstance(path, str) and self._files.holds(path) for path in paths):
            return "the request names a file that is none of the page's"
        return ""


def _paths(value: Any) -> Iterator[Any]:
    """Yields all that is called a path."""
    if isinstance(value, dict):
        if "path" in value:
            yield value["path"]
        value = list(value.values())
    if isinstance(value, list):
        for item in value:
            yield from _paths(item)


async def _read(receive: Receive) -> bytes | None:
    """Returns the body of a call, or None if it is too large."""
    body, more = b"", True
    while more:
        message = await receive()
        body += message.get("body", b"")
        if len(body) > _MAX_CALL_BYTES:
            return None
        more = message.get("more_body", False)
    return body


def _replay(body: bytes, receive: Receive) -> Receive:
    """Returns what gives the body, and then what comes after it."""
    messages = iter([{"type": "http.request", "body": body}])

    async def replayed() -> Message:
        for message in messages:
            return message
        return await receive()

    return replayed


def _with_headers(send: Send) -> Send:
    async def sent(message: Message) -> None:
        if message["type"] == "http.response.start":
            message = {**message, "headers": [*message.get("headers", []), *_HEADERS]}
        await send(message)

    return sent


async def _refuse(send: Send, status: int, problem: str) -> None:
    body = json.dumps({"detail": problem}).encode()
    headers = [(b"content-type", b"application/json"), (b"content-length", b"%d" % len(body))]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})
