"""Downloads a file, in as many parts as the connection breaks it into."""

import http.client
import pathlib
import urllib.error
import urllib.request

from tqdm import tqdm

_CHUNK = 2**20
_TIMEOUT_SECONDS = 30


def download(url: str, path: pathlib.Path) -> None:
    """Downloads a file. After a broken connection it goes on where that ended, if anything came.

    Args:
        url: of the file.
        path: to write to. What it holds is taken for the beginning of the file, and what was
            received stays there if the download fails.

    Raises:
        OSError: the server cannot be reached, refuses, or answers with what cannot be right; the
            connection breaks before anything comes; or the file cannot be written.
    """
    while True:
        start = path.stat().st_size if path.exists() else 0
        try:
            _receive(url, path, start)
            return
        except urllib.error.HTTPError as error:
            if error.code == 416 and start:  # Nothing is left to be sent.
                return
            raise
        except (http.client.HTTPException, OSError) as error:
            received = path.stat().st_size if path.exists() else 0
            if received <= start:
                reason = getattr(error, "reason", error)
                hint = f"; {received:,} bytes are there, and another try goes on from them"
                raise OSError(f"{reason}{hint if received else ''}") from error


def _receive(url: str, path: pathlib.Path, start: int) -> None:
    """Receives the file from a byte on.

    Raises:
        HTTPException: as OSError.
        OSError: the connection broke, or the answer cannot be right.
    """
    request = urllib.request.Request(url, headers={"Range": f"bytes={start}-"} if start else {})
    with urllib.request.urlopen(request, timeout=_TIMEOUT_SECONDS) as response:
        if response.status != 206:
            start = 0
        elif not (given := response.headers["Content-Range"] or "").startswith(f"bytes {start}-"):
            raise OSError(f"the server sends Content-Range: {given}, was asked for {start} on")
        length = response.headers["Content-Length"]
        if length is not None and not length.isdecimal():
            raise OSError(f"the server sends Content-Length: {length}, which is no number of bytes")
        total = None if length is None else start + int(length)
        with (
            path.open("ab" if start else "wb") as output,
            tqdm(total=total, initial=start, unit="B", unit_scale=True, desc=path.stem) as bar,
        ):
            while chunk := response.read1(_CHUNK):
                output.write(chunk)
                bar.update(len(chunk))
            if total is not None and output.tell() < total:
                raise OSError(f"the connection ended after {output.tell():,} of {total:,} bytes")
