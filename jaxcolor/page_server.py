"""Serves the page: uploads, the web framework behind its gate, and deletion of unused files."""

import asyncio
import contextlib
import pathlib
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Sequence

import fastapi
import gradio
import uvicorn
from starlette.datastructures import UploadFile
from starlette.requests import ClientDisconnect, Request
from starlette.responses import JSONResponse, Response

from jaxcolor import page, page_folder, page_gate
from jaxcolor.config import InputError
from jaxcolor.page_folder import UserFiles
from jaxcolor.page_results import Results

# Of one upload.
_MAX_FILES = 100
_UPLOAD_SECONDS = 600
# An upload reserves its space, which slower clients are not to hold: seconds for any, and bytes a
# second beyond them.
_FIRST_SECONDS = 30
_SLOWEST = 100_000
_SWEEP_SECONDS = 15
# Open connections, beyond which clients are turned away; a page holds two.
_MAX_CONNECTIONS = 500
# Of a connection between requests: longer than a wait in the queue, in which a browser keeps it.
_IDLE_SECONDS = 120
_SESSIONS = 200  # Whose state, small and without photographs, is remembered.


def serve(
    models: Sequence[pathlib.Path],
    address: tuple[str, int],
    folder: pathlib.Path,
    *,
    max_bytes: int,
    max_stored: int,
    keep_minutes: float,
) -> None:
    """Serves the page until the process is interrupted or terminated.

    Args:
        models: to choose besides the one in the package.
        address: host and port to listen at; port 0 is any free one.
        folder: for the users' files, which the environment names as GRADIO_TEMP_DIR.
        max_bytes: of a photograph's file.
        max_stored: bytes of all photographs and results together.
        keep_minutes: after which what was not used is deleted.

    Raises:
        InputError: a model cannot be loaded, or there is no such address, or it is taken.
    """
    listener = _listen(*address)
    with listener:
        files = UserFiles(folder, max_bytes=max_stored, keep_seconds=60 * keep_minutes)
        print("compiling the models; this takes some seconds", flush=True)
        by_name = {"in the package": None, **{str(path): path for path in models}}
        results = Results(by_name, files)
        app = build_app(
            page.build(results, files, keep_minutes=keep_minutes), files, max_bytes=max_bytes
        )
        host, port = listener.getsockname()[:2]
        print(f"open http://{f'[{host}]' if ':' in host else host}:{port}", flush=True)
        _run(app, listener)


def build_app(blocks: gradio.Blocks, files: UserFiles, *, max_bytes: int) -> page_gate.Gate:
    """Returns the web application of the page.

    Args:
        blocks: as of `page.build`.
        files: what its users send.
        max_bytes: of a photograph.
    """

    @contextlib.asynccontextmanager
    async def lifespan(_: fastapi.FastAPI) -> AsyncIterator[None]:
        task = asyncio.create_task(_sweep(files))
        yield
        task.cancel()

    async def upload(request: Request) -> Response:
        try:
            return JSONResponse(await _receive(request, files, max_bytes))
        except InputError as error:
            return JSONResponse({"detail": str(error)}, 413)
        except (ClientDisconnect, TimeoutError):
            return JSONResponse({"detail": "the upload was interrupted"}, 408)

    app = fastapi.FastAPI(lifespan=lifespan, openapi_url=None)
    app.add_route(page_gate.UPLOAD, upload, methods=["POST"])
    # The browser asks for it; nothing is told.
    app.add_route(page_gate.PROGRESS, lambda _: Response(status_code=204))
    blocks.state_session_capacity = _SESSIONS
    gradio.mount_gradio_app(
        app,
        blocks,
        path="/",
        max_file_size=max_bytes,
        footer_links=[],
        run_history=False,
        enable_monitoring=False,
        mcp_server=False,
        ssr_mode=False,
        pwa=False,
        head_paths=[page.HEAD],
        theme=gradio.themes.Default(font=["system-ui", "sans-serif"], font_mono=["monospace"]),
    )
    return page_gate.Gate(app, files)


def _listen(host: str, port: int) -> socket.socket:
    """Opens a port.

    Args:
        host: name or address of this machine.
        port: 0 is any free one.

    Raises:
        InputError: the port is taken, may not be used, or the host is none of this machine's.
    """
    try:
        family = socket.getaddrinfo(host, port)[0][0]
        return socket.create_server((host, port), family=family)
    except OSError as error:
        raise InputError(
            f"--host {host} --port {port}: {error.strerror}; choose another"
        ) from error


def _run(app: page_gate.Gate, listener: socket.socket) -> None:
    """Serves until the process is interrupted or terminated."""
    config = uvicorn.Config(
        app,
        log_level="warning",
        access_log=False,
        server_header=False,
        limit_concurrency=_MAX_CONNECTIONS,
        timeout_keep_alive=_IDLE_SECONDS,
        timeout_graceful_shutdown=1,
    )
    uvicorn.Server(config).run(sockets=[listener])


async def _sweep(files: UserFiles) -> None:
    while True:
        await asyncio.to_thread(files.sweep)
        await asyncio.sleep(_SWEEP_SECONDS)


async def _receive(request: Request, files: UserFiles, max_bytes: int) -> list[str]:
    """Stores the photographs of an upload and returns their paths.

    Raises:
        InputError: there is none, one is too large, or there is no space for all.
    """
    num_bytes = int(request.headers.get("content-length", sys.maxsize))
    with files.reserved(num_bytes):
        async with (
            asyncio.timeout(min(_UPLOAD_SECONDS, _FIRST_SECONDS + num_bytes / _SLOWEST)),
            request.form(max_files=_MAX_FILES, max_fields=1) as form,
        ):
            photographs = [one for one in form.getlist("files") if isinstance(one, UploadFile)]
            for photograph in photographs:
                if (photograph.size or 0) > max_bytes:
                    raise InputError(
                        f"{page_folder.safe_name(photograph.filename or '')}: has "
                        f"{(photograph.size or 0) / 1e6:.3g} MB; this page takes "
                        f"{max_bytes / 1e6:.3g} at most"
                    )
            if not photographs:
                raise InputError("the upload holds no photograph")
            return [await asyncio.to_thread(_store, one, files) for one in photographs]


def _store(photograph: UploadFile, files: UserFiles) -> str:
    path = files.new(photograph.filename or "")
    with path.open("wb") as file:
        shutil.copyfileobj(photograph.file, file)
    return str(path)
