import errno
import fcntl
import os
import re
import signal
import socket
import subprocess
import sys

import pytest
from conftest import ROOT

from jaxcolor.config import InputError
from jaxcolor.training import loop
from jaxcolor.training.lock import locked


def test_a_second_training_is_refused_and_changes_nothing(config, tmp_path):
    left = tmp_path / "checkpoints" / "3.orbax-checkpoint-tmp"
    left.mkdir(parents=True)
    with (
        locked(tmp_path),
        pytest.raises(
            InputError,
            match=rf"another training runs in it, process {os.getpid()} on "
            rf"{re.escape(socket.gethostname())}, started 20.*another --workdir",
        ),
    ):
        loop.train_and_evaluate(config, tmp_path)
    assert left.exists()
    assert loop.train_and_evaluate(config, tmp_path).step == 2
    with locked(tmp_path):
        pass


def test_a_killed_process_leaves_no_lock(tmp_path):
    script = (
        "import pathlib, sys\n"
        "from jaxcolor.training.lock import locked\n"
        "with locked(pathlib.Path(sys.argv[1])):\n"
        "    print('locked', flush=True)\n"
        "    sys.stdin.read()\n"
    )
    with subprocess.Popen(
        [sys.executable, "-c", script, tmp_path],
        cwd=ROOT,
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    ) as holder:
        assert holder.stdout.readline() == "locked\n"
        with pytest.raises(InputError, match=f"process {holder.pid} on"), locked(tmp_path):
            pass
        holder.send_signal(signal.SIGKILL)
    with locked(tmp_path):
        assert f"process {os.getpid()} on" in (tmp_path / "lock").read_text()


def test_a_file_system_without_locks_is_named(tmp_path, monkeypatch, capsys):
    def flock(*_):
        raise OSError(errno.EOPNOTSUPP, os.strerror(errno.EOPNOTSUPP))

    monkeypatch.setattr(fcntl, "flock", flock)
    with locked(tmp_path):
        assert f"process {os.getpid()} on" in (tmp_path / "lock").read_text()
    assert "has no locks (Operation not supported)" in capsys.readouterr().out


def test_a_lock_that_cannot_be_written(tmp_path):
    (tmp_path / "lock").mkdir()
    with (
        pytest.raises(InputError, match="lock: cannot be written: Is a directory"),
        locked(tmp_path),
    ):
        pass
