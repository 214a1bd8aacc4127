import io
import os
import tracemalloc
from pathlib import Path

import pytest

from noticeguard import InputError, files
from noticeguard.batch import read_rows
from noticeguard.files import read_lines, writing


class Endless(io.RawIOBase):
    """A line that is made while it is read."""

    def __init__(self, size):
        self.left = size

    def readable(self):
        return True

    def readinto(self, buffer):
        count = min(len(buffer), self.left)
        buffer[:count] = b"a" * count
        self.left -= count
        return count


def test_a_line_too_long_is_told_by_its_number_and_can_be_skipped(monkeypatch):
    monkeypatch.setattr(files, "INPUT_LIMIT", 10)
    monkeypatch.setattr("noticeguard.batch.INPUT_LIMIT", 10)
    content = b"a\n" + b"b" * 9 + b"\n" + b"c" * 35 + b"\nd\n" + b"e" * 10 + b"\nf\n" + b"g" * 11

    def rows(skipped):
        lines = read_lines(io.BytesIO(content), "some")
        return [row["text"] for row in read_rows(lines, jsonl=False, text_column="text", skipped=skipped)]

    skipped = []
    assert rows(skipped) == ["a", "b" * 9, "d", "f"]
    assert skipped == [3, 5, 7]
    with pytest.raises(InputError, match="line 3 is longer than 10 bytes"):
        rows(None)


def test_a_line_too_long_is_never_whole_in_memory(monkeypatch):
    monkeypatch.setattr(files, "INPUT_LIMIT", 100_000)
    tracemalloc.start()
    try:
        lines = list(read_lines(io.BufferedReader(Endless(20_000_000)), "some"))
        assert tracemalloc.get_traced_memory()[1] < 1_000_000
    finally:
        tracemalloc.stop()
    assert [len(line) for line in lines] == [100_001]


def test_a_file_is_there_only_when_all_of_it_is_written(tmp_path):
    with writing(tmp_path / "out") as stream:
        stream.write(b"a")
        assert not (tmp_path / "out").exists()
    assert (tmp_path / "out").read_bytes() == b"a"
    with pytest.raises(TypeError), writing(tmp_path / "out") as stream:
        stream.writelines([b"b", None])
    assert (tmp_path / "out").read_bytes() == b"a"
    assert [path.name for path in tmp_path.iterdir()] == ["out"]


@pytest.mark.skipif(os.name == "nt", reason="Windows knows no modes")
def test_a_file_keeps_its_mode_and_what_is_not_finished_is_its_owners_alone(tmp_path):
    before = os.umask(0o027)
    try:
        for mode in (0o600, 0o664):
            (tmp_path / "out").touch()
            (tmp_path / "out").chmod(mode)
            with writing(tmp_path / "out"):
                (part,) = tmp_path.glob(".noticeguard-*")
                assert part.stat().st_mode & 0o777 == 0o600
            assert (tmp_path / "out").stat().st_mode & 0o777 == mode
        with writing(tmp_path / "new"):
            pass
        assert (tmp_path / "new").stat().st_mode & 0o777 == 0o640
    finally:
        os.umask(before)


def test_a_link_stays_and_what_it_leads_to_is_replaced(tmp_path):
    (tmp_path / "folder").mkdir()
    (tmp_path / "link").symlink_to(tmp_path / "folder" / "out")
    for content in (b"new", b"replaced"):
        with writing(tmp_path / "link") as stream:
            stream.write(content)
        assert (tmp_path / "link").is_symlink()
        assert (tmp_path / "folder" / "out").read_bytes() == content


def test_what_went_wrong_is_told_though_the_part_cannot_be_removed(tmp_path, monkeypatch):
    closed = []

    def refuse(*_, **__):
        closed.append(stream.closed)
        raise PermissionError

    monkeypatch.setattr(Path, "unlink", refuse)
    with pytest.raises(InputError, match="the cause"), writing(tmp_path / "out") as stream:
        raise InputError("the cause")
    assert closed == [True]  # Windows removes no open file


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="no pipes with a name")
@pytest.mark.parametrize("name", ["pipe", "link"])
def test_what_is_no_regular_file_is_left_alone(tmp_path, name):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / "link").symlink_to("pipe")
    before = (tmp_path / name).stat()
    with pytest.raises(InputError, match=f"{name}: it is no regular file"), writing(tmp_path / name):
        pytest.fail("it would be replaced")
    assert os.path.samestat((tmp_path / name).stat(), before)
    assert len(list(tmp_path.iterdir())) == 2


def test_a_file_that_cannot_be_put_in_its_place_is_named(tmp_path, monkeypatch):
    def refuse(*_):
        raise PermissionError(1, "Operation not permitted", ".noticeguard-part")

    monkeypatch.setattr(Path, "replace", refuse)
    with pytest.raises(InputError, match=r"cannot write .*out: Operation"), writing(tmp_path / "out"):
        pass
    assert list(tmp_path.iterdir()) == []
