"""Loads the page of `jaxcolor serve` with clients at once, good and bad, and checks what is left.

    python scripts/load_page.py --seconds 120 --clients 50

Starts the command, and prints the requests, the wrong ones among them, the memory of the server by
time, and what lies on the disk in the end. Of ten clients, seven color photographs and compare each
download with the first one, one sends slowly, one goes away in the middle of an upload, and one
sends garbage. Needs `pip install "jaxcolor[serve]"` and Linux.
"""

import asyncio
import collections
import contextlib
import json
import os
import pathlib
import random
import signal
import subprocess
import sys
import tempfile
import time

import httpx

from jaxcolor import cli

_PHOTOGRAPH = pathlib.Path(__file__).parent.parent / "docs" / "examples" / "cat.jpg"
_GARBAGE = (
    ("GET", "/gradio_api/file=/etc/passwd", b""),
    ("GET", "/gradio_api/file=http://127.0.0.1:1/", b""),
    ("POST", "/gradio_api/queue/join", b'{"data": [{"path": "http://127.0.0.1:1/"}]}'),
    ("POST", "/gradio_api/queue/join", b"\xff" * 1000),
    ("POST", "/gradio_api/upload", b"no form"),
)


class _Load:
    """The clients, and what they met."""

    def __init__(self, address: str, until: float):
        self.counts: collections.Counter[str] = collections.Counter()
        self._address = address
        self._until = until
        self._photograph = _PHOTOGRAPH.read_bytes()
        self._expected: bytes | None = None
        self._function = 0
        self._settings: list = []

    async def run(self, num_clients: int) -> None:
        """Runs all clients until the time is over; the first request tells what is right."""
        async with httpx.AsyncClient(base_url=self._address, timeout=600) as http:
            text = (await http.get("/")).text.split("window.gradio_config = ")[1]
            config = json.loads(text.split(";</script>")[0])
            settings = {c["id"]: c["props"].get("value") for c in config["components"]}
            coloring = next(d for d in config["dependencies"] if len(d["inputs"]) == 6)
            self._function = coloring["id"]
            self._settings = [settings[i] for i in coloring["inputs"][2:5]]
            self._expected = await self._color(http)
        kinds = [*[self._good] * 7, self._slow, self._gone, self._garbage]
        await asyncio.gather(*(self._repeat(kinds[i % 10]) for i in range(num_clients)))

    async def _repeat(self, client) -> None:
        while time.time() < self._until:
            async with httpx.AsyncClient(base_url=self._address, timeout=600) as http:
                await client(http)
            await asyncio.sleep(random.random())

    async def _good(self, http: httpx.AsyncClient) -> None:
        try:
            right = await self._color(http) == self._expected
        except Exception as error:
            right = False
            print(f"{type(error).__name__}: {error}", file=sys.stderr)
        self.counts["right" if right else "WRONG"] += 1

    async def _color(self, http: httpx.AsyncClient) -> bytes:
        sent = await http.post("/gradio_api/upload", files={"files": ("a.jpg", self._photograph)})
        given = [{"path": sent.json()[0], "meta": {"_type": "gradio.FileData"}}]
        session = f"{random.getrandbits(64):x}"
        data = [given, 0, *self._settings, ""]
        body = {"data": data, "fn_index": self._function, "session_hash": session}
        (await http.post("/gradio_api/queue/join", json=body)).raise_for_status()
        async with http.stream("GET", f"/gradio_api/queue/data?session_hash={session}") as stream:
            async for line in stream.aiter_lines():
                message = json.loads(line.removeprefix("data: ")) if line else {}
                if message.get("msg") == "process_completed":
                    path = message["output"]["data"][3]["value"]["path"]
                    break
        return (await http.get(f"/gradio_api/file={path}")).content

    async def _slow(self, http: httpx.AsyncClient) -> None:
        async def trickle():
            for byte in range(20):
                yield b"x" * (byte + 1)
                await asyncio.sleep(0.5)

        headers = {"content-length": "210", "content-type": "multipart/form-data; boundary=x"}
        with contextlib.suppress(httpx.HTTPError):
            await http.post("/gradio_api/upload", content=trickle(), headers=headers)
        self.counts["slow"] += 1

    async def _gone(self, http: httpx.AsyncClient) -> None:
        async def broken():
            part = b'--x\r\nContent-Disposition: form-data; name="files"; filename="a.jpg"\r\n\r\n'
            yield part + bytes(3_000_000)
            raise ConnectionError

        headers = {"content-length": "9000000", "content-type": "multipart/form-data; boundary=x"}
        with contextlib.suppress(ConnectionError, httpx.HTTPError):
            await http.post("/gradio_api/upload", content=broken(), headers=headers)
        self.counts["gone"] += 1

    async def _garbage(self, http: httpx.AsyncClient) -> None:
        method, path, body = random.choice(_GARBAGE)
        answer = await http.request(method, path, content=body)
        self.counts["garbage refused" if answer.status_code >= 400 else "GARBAGE TAKEN"] += 1


async def _watch(process: subprocess.Popen, until: float) -> None:
    """Prints the server's memory."""
    while time.time() < until:
        status = pathlib.Path(f"/proc/{process.pid}/status").read_text()
        resident = int(status.split("VmRSS:")[1].split()[0]) // 1024
        print(f"{until - time.time():4.0f} s left: {resident} MB", flush=True)
        await asyncio.sleep(15)


def main() -> None:
    """Starts the server, loads it, stops it and looks at the disk."""
    parser = cli.Parser(__doc__)
    parser.add_argument("--seconds", type=float, default=120, help="of load (default: 120)")
    parser.add_argument("--clients", type=int, default=50, help="at once (default: 50)")
    args = parser.parse_args()
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "jaxcolor", "serve", "--port", "0"]
        environment = {**os.environ, "TMPDIR": folder}
        with subprocess.Popen(
            command, stdout=subprocess.PIPE, text=True, env=environment
        ) as server:
            address = next(line for line in server.stdout if line.startswith("open ")).split()[1]
            until = time.time() + args.seconds
            load = _Load(address, until)

            async def both() -> None:
                await asyncio.gather(load.run(args.clients), _watch(server, until))

            asyncio.run(both())
            server.send_signal(signal.SIGTERM)
        left = [str(path) for path in pathlib.Path(folder).rglob("*")]
    print(dict(load.counts))
    print(f"left on the disk: {left or 'nothing'}")
    if left or not load.counts["right"] or {"WRONG", "GARBAGE TAKEN"} & set(load.counts):
        sys.exit("error: the page does not do what it should under load")


if __name__ == "__main__":
    main()
