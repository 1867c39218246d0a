"""The script that gathers the files of the static page, without network and browser."""

import io
import tarfile

import make_web_page
import pytest


@pytest.fixture
def model(tmp_path):
    path = tmp_path / "model.onnx"
    path.write_bytes(b"model")
    return path


def test_without_npm(model, run_main, monkeypatch, tmp_path):
    monkeypatch.setenv("PATH", str(tmp_path))
    refused = run_main(make_web_page, "--output", tmp_path / "web", "--model", model)
    assert refused.returncode == 1
    assert "npm, which downloads onnxruntime-web@" in refused.stderr
    assert not (tmp_path / "web").exists()


def test_another_package_than_the_known_one_is_refused(model, run_main, monkeypatch, tmp_path):
    package = tmp_path / "onnxruntime-web.tgz"
    with tarfile.open(package, "w:gz") as archive:
        archive.addfile(tarfile.TarInfo("package/dist/ort.js"), io.BytesIO())
    npm = tmp_path / "npm"
    npm.write_text(f"#!/bin/sh\n/bin/cp {package} .\n")
    npm.chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    refused = run_main(make_web_page, "--output", tmp_path / "web", "--model", model)
    assert refused.returncode == 1
    assert "its SHA-512 is" in refused.stderr
    assert not (tmp_path / "web").exists()


def test_a_folder_is_not_overwritten(model, run_main, tmp_path):
    refused = run_main(make_web_page, "--output", tmp_path, "--model", model)
    assert refused.returncode == 1
    assert f"--output {tmp_path}: exists; delete it or name another folder" in refused.stderr
