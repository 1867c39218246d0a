"""Reading, finding, fetching and converting weight files."""

import collections
import hashlib
import http.server
import os
import pickle
import threading
import typing

import numpy as np
import pytest
import safetensors.numpy
from conftest import run_module
from torch_files import NUMBERS, Call, Global, state_dict, storage, stream_file, tensor, zip_file

from jaxcolor import files
from jaxcolor.backbones import (
    conversion,
    inception_v3,
    lpips_network,
    mobilenet_v2,
    registry,
    tensor_files,
    weights,
)
from jaxcolor.config import InputError


@pytest.mark.parametrize(("write", "rest"), [(zip_file, ()), (stream_file, (None,))])
def test_both_formats_of_pytorch(write, rest, tmp_path):
    read = tensor_files.read(write(tmp_path / "x.pth", state_dict(*rest)))
    assert sorted(read) == ["a.transposed", "a.weight", "b.bias"]
    matrix = NUMBERS.reshape(4, 6)
    np.testing.assert_array_equal(read["a.weight"], matrix)
    np.testing.assert_array_equal(read["a.transposed"], matrix.T)
    np.testing.assert_array_equal(read["b.bias"], NUMBERS[20:23])


def test_a_part_of_a_storage_in_the_older_format(tmp_path):
    path = stream_file(tmp_path / "x.pth", {"a": tensor(storage(("1", 8, 4)), 1, (3,), (1,))})
    np.testing.assert_array_equal(tensor_files.read(path)["a"], NUMBERS[9:12])


@pytest.mark.parametrize("write", [zip_file, stream_file])
@pytest.mark.parametrize(
    ("module", "name"),
    [("os", "system"), ("builtins", "eval"), ("torch", "load"), ("numpy", "load")],
)
def test_pickles_with_other_global_names_are_refused(write, module, name, tmp_path):
    marker = tmp_path / "executed"
    hostile = {"a": Call(Global(module, name), f"touch {marker}")}
    with pytest.raises(InputError, match=rf"x\.pth: refers to {module}\.{name}"):
        tensor_files.read(write(tmp_path / "x.pth", hostile))
    assert not marker.exists()


@pytest.mark.parametrize(
    ("offset", "shape", "strides"),
    [(0, (5, 6), (6, 1)), (20, (5,), (1,)), (0, (4,), (-1,)), (-1, (4,), (1,)), (0, (4,), (1, 1))],
)
def test_tensors_beyond_their_storage_are_refused(offset, shape, strides, tmp_path):
    path = zip_file(tmp_path / "x.pth", {"a": tensor(storage(), offset, shape, strides)})
    with pytest.raises(InputError, match="a tensor of shape"):
        tensor_files.read(path)


@pytest.mark.parametrize("suffix", [".pth", ".safetensors", ".npz"])
def test_damaged_files_are_named(suffix, tmp_path):
    path = tmp_path / f"x{suffix}"
    for content in (b"", b"nothing", pickle.dumps([1, 2])):
        path.write_bytes(content)
        with pytest.raises(InputError, match=rf"x{suffix}: "):
            tensor_files.read(path)
    whole = stream_file(tmp_path / "whole.pth", state_dict(None)).read_bytes()
    (tmp_path / "cut.pth").write_bytes(whole[:-8])
    with pytest.raises(InputError, match=r"cut\.pth: ends too early"):
        tensor_files.read(tmp_path / "cut.pth")


def test_safetensors_and_npz(tmp_path):
    safetensors.numpy.save_file({"a": NUMBERS}, tmp_path / "x.safetensors")
    np.savez(tmp_path / "x.npz", a=NUMBERS)
    for suffix in ("safetensors", "npz"):
        np.testing.assert_array_equal(tensor_files.read(tmp_path / f"x.{suffix}")["a"], NUMBERS)
    np.savez(tmp_path / "evil.npz", a=np.array([collections.OrderedDict()], dtype=object))
    with pytest.raises(InputError, match=r"evil\.npz"):
        tensor_files.read(tmp_path / "evil.npz")
    with pytest.raises(InputError, match="must end in one of"):
        tensor_files.read(tmp_path / "x.bin")
    with pytest.raises(InputError, match="No such file"):
        tensor_files.read(tmp_path / "none.npz")


@pytest.fixture
def home(tmp_path, monkeypatch):
    """An empty home, and no folder of weights."""
    monkeypatch.setenv("HOME", str(tmp_path / "home"))
    monkeypatch.delenv("JAXCOLOR_WEIGHTS", raising=False)
    return tmp_path / "home"


class RangeServer(http.server.SimpleHTTPRequestHandler):
    """Serves one file, whole or from a place on, as far as the connection holds."""

    content = b""
    ranges: typing.ClassVar[list] = []
    headers_sent: typing.ClassVar[dict] = {}
    holds = (10**9,)  # Bytes until the connection ends, of each request; the last is repeated.

    def do_GET(self):
        asked = self.headers.get("Range")
        self.ranges.append(asked)
        start = int(asked.removeprefix("bytes=").removesuffix("-")) if asked else 0
        if start >= len(self.content):
            self.send_error(416)
            return
        self.send_response(206 if asked else 200)
        size = len(self.content)
        headers = {"Content-Length": size - start}
        if asked:
            headers["Content-Range"] = f"bytes {start}-{size - 1}/{size}"
        for name, value in (headers | self.headers_sent).items():
            self.send_header(name, str(value))
        self.end_headers()
        holds = self.holds[min(len(self.ranges), len(self.holds)) - 1]
        self.wfile.write(self.content[start:][:holds])

    def log_message(self, *_):
        """Says nothing."""


@pytest.fixture
def served(monkeypatch):
    """A registry of one file, on a server of this machine; the server's class."""
    RangeServer.content, RangeServer.ranges = os.urandom(3_000_000), []
    RangeServer.headers_sent, RangeServer.holds = {}, (10**9,)
    server = http.server.HTTPServer(("127.0.0.1", 0), RangeServer)
    thread = threading.Thread(target=server.serve_forever, args=(0.01,))
    thread.start()
    url = f"http://127.0.0.1:{server.server_port}/x.npz"
    file = registry.File("x.npz", hashlib.sha256(RangeServer.content).hexdigest(), url)
    monkeypatch.setitem(weights.WEIGHTS, "x", registry.Weights("none", (file,)))
    yield RangeServer
    server.shutdown()
    thread.join()
    server.server_close()


def test_fetching_resumes_checks_and_lands_whole(home, served):
    path = home / ".cache" / "jaxcolor" / "weights" / "x.npz"
    path.parent.mkdir(parents=True)
    partial = path.with_name("x.npz.partial")
    for begun in (served.content[:1000], served.content):
        partial.write_bytes(begun)
        assert weights.fetch("x") == path
        assert path.read_bytes() == served.content
        assert list(path.parent.iterdir()) == [path]
        path.unlink()
    assert weights.fetch("x") == path
    assert weights.fetch("x") == path
    assert served.ranges == ["bytes=1000-", "bytes=3000000-", None]


def test_a_download_goes_on_where_the_connection_broke(home, served):
    served.holds = (1_000_000, 1, 500_000, 10**9)
    assert weights.fetch("x").read_bytes() == served.content
    assert served.ranges == [None, "bytes=1000000-", "bytes=1000001-", "bytes=1500001-"]
    assert [path.name for path in (home / ".cache" / "jaxcolor" / "weights").iterdir()] == ["x.npz"]


def test_what_a_broken_download_received_is_kept(home, served):
    served.holds = (1_000_000, 0)
    with pytest.raises(InputError) as error:
        weights.fetch("x")
    for part in (
        "x.npz: cannot be fetched: the connection ended after 1,000,000 of 3,000,000 bytes",
        "1,000,000 bytes are there, and another try goes on from them",
    ):
        assert part in str(error.value)
    assert "SHA-256 is" not in str(error.value)
    partial = home / ".cache" / "jaxcolor" / "weights" / "x.npz.partial"
    assert partial.read_bytes() == served.content[:1_000_000]
    served.holds = (10**9,)
    assert weights.fetch("x").read_bytes() == served.content
    assert served.ranges[-1] == "bytes=1000000-"


@pytest.mark.usefixtures("home")
@pytest.mark.parametrize("length", ["many", "-5", "1e6", "", "0x10", "³"])
def test_a_content_length_that_is_no_number_is_named(served, length):
    served.headers_sent, served.holds = {"Content-Length": length}, (10,)
    with pytest.raises(InputError, match=r"x\.npz: cannot be fetched: .*Content-Length: .*bytes"):
        weights.fetch("x")


@pytest.mark.usefixtures("home")
def test_a_content_length_that_is_too_large_ends_nothing(served):
    served.headers_sent = {"Content-Length": 4_000_000}
    assert weights.fetch("x").read_bytes() == served.content


@pytest.mark.usefixtures("home")
def test_another_part_than_asked_for_is_refused(served):
    served.holds = (1_000_000, 10)
    served.headers_sent = {"Content-Range": "bytes 0-2999999/3000000"}
    with pytest.raises(InputError, match=r"sends Content-Range: bytes 0-.*asked for 1000000 on"):
        weights.fetch("x")


@pytest.mark.usefixtures("home")
def test_an_answer_that_is_not_of_http(served, monkeypatch):
    served.holds = (10,)
    monkeypatch.setattr(served, "protocol_version", "nonsense")
    with pytest.raises(InputError, match=r"x\.npz: cannot be fetched: nonsense 200"):
        weights.fetch("x")


def test_another_file_than_promised_is_thrown_away(home, served):
    served.content = b"something else"
    with pytest.raises(InputError, match="SHA-256"):
        weights.fetch("x")
    assert list((home / ".cache" / "jaxcolor" / "weights").iterdir()) == []


@pytest.mark.usefixtures("home")
def test_all_that_is_missing_is_named_at_once():
    with pytest.raises(weights.WeightsError) as error:
        lpips_network.load()
    for name in ("lpips_vgg", "vgg16"):
        assert f"the weights {name!r} are not on this machine" in str(error.value)
    command = "jaxcolor weights fetch lpips_vgg vgg16"
    assert error.value.hint == f"no weights; run {command}"


def test_a_damaged_file_is_to_be_removed(tmp_path):
    (tmp_path / "x.npz").write_bytes(b"nothing")
    with pytest.raises(weights.WeightsError) as error:
        weights.check(tmp_path / "x.npz", "abc")
    assert error.value.hint == f"{tmp_path / 'x.npz'} is damaged; remove it"


def test_places(home, monkeypatch):
    cache = home / ".cache" / "jaxcolor" / "weights"
    assert weights.places() == f"{cache}; JAXCOLOR_WEIGHTS can name another folder"
    monkeypatch.setenv("JAXCOLOR_WEIGHTS", "given")
    assert weights.places() == f"given or {cache}"


def test_several_are_fetched_at_once(home, served, monkeypatch, run_main):
    monkeypatch.setitem(weights.WEIGHTS, "y", weights.WEIGHTS["x"])
    done = run_main(weights, "fetch", "x", "y")
    path = home / ".cache" / "jaxcolor" / "weights" / "x.npz"
    assert done.stdout == f"{path}\n{path}\n", done.stderr


def test_without_network_the_fix_is_named(home, monkeypatch):
    file = registry.File("x.npz", "abc", "http://127.0.0.1:1/x.npz")
    monkeypatch.setitem(weights.WEIGHTS, "x", registry.Weights("none", (file,)))
    for ask in (weights.fetch, weights.load):
        with pytest.raises(InputError) as error:
            ask("x")
        for part in ("http://127.0.0.1:1/x.npz", "abc", str(home / ".cache")):
            assert part in str(error.value)


def test_files_are_found_where_the_environment_says_and_hashed_first(home, tmp_path, monkeypatch):
    monkeypatch.setenv("JAXCOLOR_WEIGHTS", str(tmp_path))
    path = tmp_path / "x.npz"
    np.savez(path, a=NUMBERS)
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    files = (registry.File("official.npz", "abc"), registry.File("x.npz", digest))
    monkeypatch.setitem(weights.WEIGHTS, "x", registry.Weights("none", files))
    loaded = weights.load("x")
    assert (loaded.sha256, loaded.path) == (digest, path)
    np.testing.assert_array_equal(loaded.tensors["a"], NUMBERS)
    path.write_bytes(b"nothing")
    with pytest.raises(InputError, match=f"not {digest}"):
        weights.load("x")
    with pytest.raises(InputError, match="no weights are called 'y'; there are inception_v3_fid"):
        weights.load("y")
    with pytest.raises(InputError, match="no public address"):
        weights.fetch("mobilenet_v2")


def test_a_missing_or_misshapen_tensor_is_named():
    network = inception_v3.InceptionV3(("64",))
    with pytest.raises(InputError, match=r"lack 15 of .*InceptionV3 needs, .*Conv2d_1a_3x3\."):
        conversion.to_variables(network, {})
    name = "Conv2d_1a_3x3.conv.weight"
    with pytest.raises(InputError, match=rf"the shape of {name} is \(3, 3, 3, 3\)"):
        conversion.to_variables(network, {name: np.zeros((3, 3, 3, 3), np.float32)})


def test_kernels_of_our_own_layout_stay_as_they_are():
    network = mobilenet_v2.MobileNetV2()
    with pytest.raises(InputError, match=r"the shape of stem\.kernel is \(1,\)"):
        conversion.to_variables(network, {"stem.kernel": np.zeros(1)}, 32)


def test_command(home, run_main):
    listed = run_module("jaxcolor.backbones.weights", "list")
    assert listed.returncode == 0, listed.stderr
    assert "vgg16  (BSD-3-Clause (torchvision)): not found" in listed.stdout
    assert "  lpips_v0.1_vgg_heads.pth  https://" in listed.stdout
    assert run_main(weights, "verify").returncode == 0
    folder = home / ".cache" / "jaxcolor" / "weights"
    folder.mkdir(parents=True)
    (folder / "vgg16-397923af.pth").write_bytes(b"nothing")
    refused = run_main(weights, "verify")
    assert refused.returncode == 1
    assert "vgg16-397923af.pth: its SHA-256 is" in refused.stderr


def test_without_a_home_the_variable_for_the_cache_is_named(monkeypatch):
    monkeypatch.delenv(files.CACHE, raising=False)
    monkeypatch.setattr(os.path, "expanduser", lambda path: path)  # As for a user without one.
    with pytest.raises(OSError, match=f"no home folder; set {files.CACHE} to"):
        files.cache()
