import os
import shutil

import pytest

from jaxcolor import page_folder
from jaxcolor.config import InputError
from jaxcolor.page_folder import UserFiles


@pytest.fixture
def files(tmp_path):
    (tmp_path / "users").mkdir()
    return UserFiles(tmp_path / "users", max_bytes=100, keep_seconds=60)


def add(files, name="cat.jpg", data=b"cat"):
    path = files.new(name)
    path.write_bytes(data)
    return path


def test_the_same_photograph_of_two_users_lies_in_two_places_that_nobody_can_guess(files):
    first, second = add(files), add(files)
    assert first.name == second.name == "cat.jpg"
    assert first.parent != second.parent
    assert len(first.parent.name) == 32
    assert files.find(str(first)) == first


@pytest.mark.parametrize(
    "path",
    [
        "/etc/passwd",
        "{0}/../secret.txt",
        "{0}/../users2/secret.txt",
        "{0}/link/secret.txt",
        "{0}/link.txt",
        "http://127.0.0.1/",
        "file:///etc/passwd",
        "cat.jpg",
        "a\0b",
        "",
    ],
)
def test_no_path_leads_out(files, tmp_path, path):
    (tmp_path / "secret.txt").write_text("secret")
    (files.path / "link").symlink_to(tmp_path)
    (files.path / "link.txt").symlink_to(tmp_path / "secret.txt")
    path = path.format(files.path)
    assert not files.holds(path)
    with pytest.raises(InputError, match="no longer on the server"):
        files.find(path)


def test_folders_and_what_is_gone_are_not_found(files):
    path = add(files)
    for gone in (files.path, path.parent, path.with_name("dog.jpg")):
        assert files.holds(str(gone))
        with pytest.raises(InputError, match="drop it again"):
            files.find(str(gone))


def test_what_is_unused_is_deleted_and_examples_are_kept(files):
    used, unused = add(files), add(files)
    example = files.path / page_folder.KEPT / "cat.jpg"
    example.parent.mkdir()
    example.write_bytes(b"cat")
    alone = files.path / "alone"
    alone.touch()
    os.utime(alone, (0, 0))
    for path in (used, unused, example):
        os.utime(path.parent, (0, 0))
    files.find(str(used))
    files.sweep()
    assert used.exists()
    assert example.exists()
    assert not unused.parent.exists()
    assert not alone.exists()


def test_what_cannot_be_deleted_is_said_and_keeps_nothing_else(files, monkeypatch, capsys):
    first, second = add(files), add(files)
    for path in (first, second):
        os.utime(path.parent, (0, 0))
    delete = shutil.rmtree

    def refuse_one(folder):
        if folder == first.parent:
            raise PermissionError(1, "Operation not permitted")
        delete(folder)

    monkeypatch.setattr(shutil, "rmtree", refuse_one)
    files.sweep()
    assert capsys.readouterr().err == (
        f"{first.parent}: cannot be deleted: Operation not permitted\n"
    )
    assert first.exists()
    assert not second.parent.exists()


def test_the_last_results_of_a_photograph_are_kept_and_deleted_with_it(files):
    source = add(files)
    made = []
    for time in range(6):
        made.append(files.new_result(source, "cat.color.jpg"))
        made[-1].write_bytes(b"color")
        os.utime(made[-1].parent, (time, time))
    assert [path.exists() for path in made] == [False, False, True, True, True, True]
    assert files.find(str(made[-1])) == made[-1]
    os.utime(source.parent, (0, 0))
    files.sweep()
    assert not made[-1].exists()


def test_space_is_limited_and_given_back(files):
    add(files, data=b"x" * 60)
    with files.reserved(30), pytest.raises(InputError, match="try again later"), files.reserved(20):
        pass
    with files.reserved(40):
        pass
    with pytest.raises(InputError, match="try again later"), files.reserved(41):
        pass


@pytest.mark.parametrize(
    ("given", "name"),
    [
        ("cat.jpg", "cat.jpg"),
        ("Großvater (2).jpg", "Großvater (2).jpg"),
        ("../../etc/passwd", "passwd"),
        ("C:\\photos\\cat.jpg", "cat.jpg"),
        (".hidden", "hidden"),
        ("<img onerror=x>.jpg", "_img onerror_x_.jpg"),
        ("a\0\n.jpg", "a__.jpg"),
        ("..", "photograph"),
        ("", "photograph"),
        ("x" * 300 + ".jpg", "x" * 116 + ".jpg"),
        ("写" * 100 + ".jpg", "写" * 38 + ".jpg"),  # Of 3 bytes each.
    ],
)
def test_names_are_made_safe(given, name):
    assert page_folder.safe_name(given) == name
