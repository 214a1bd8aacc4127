"""Files of messages: read line by line, and written whole or not at all."""

import contextlib
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from noticeguard.errors import InputError

INPUT_LIMIT = 16 * 2**20
"""Bytes of one message, on standard input or a line of a file; the longest SMS has a few hundred."""


@contextlib.contextmanager
def blame(problem: str) -> Iterator[None]:
    """Say what could not be done where the system refuses something in the block.

    Args:
        problem: what could not be done, with the path.

    Raises:
        InputError: the problem, the system's reason and the next step, in place of an `OSError`.
    """
    try:
        yield
    except OSError as error:
        raise InputError(f"{problem}: {error.strerror}; check the path") from None


def read_text(path: Path) -> str:
    """A whole file in UTF-8, with a byte order mark or without.

    Raises:
        InputError: the file cannot be read, or is not UTF-8.
    """
    try:
        with blame(f"cannot read {path}"):
            return path.read_text(encoding="utf-8-sig")
    except UnicodeDecodeError:
        raise InputError(f"{path} is not UTF-8; convert it, as with iconv -f GB18030") from None


def read_lines(stream: IO[bytes], name: str | Path) -> Iterator[bytes]:
    """The lines of a stream, none of them whole in memory where it is longer than `INPUT_LIMIT`.

    Args:
        stream: what is read.
        name: what an error calls it.

    Yields:
        Each line with its end; of one that is too long, only the first `INPUT_LIMIT` bytes and one more, which tells.

    Raises:
        InputError: the stream cannot be read.
    """
    with blame(f"cannot read {name}"):
        while line := stream.readline(INPUT_LIMIT + 1):
            yield line
            while len(line) > INPUT_LIMIT and not line.endswith(b"\n"):
                line = stream.readline(INPUT_LIMIT + 1)


@contextlib.contextmanager
def reading(path: Path) -> Iterator[Iterator[bytes]]:
    """The lines of a file, as `read_lines` gives them.

    Raises:
        InputError: the file cannot be read.
    """
    with blame(f"cannot read {path}"):
        stream = path.open("rb")
    with stream:
        yield read_lines(stream, path)


@contextlib.contextmanager
def writing(path: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name only when all of it is written, with the mode of the one it replaces.

    Until then its content is in a file beside it that only its owner can read; an error or interrupt removes that.

    Raises:
        InputError: no file can be written there.
    """
    with blame(f"cannot write {path}"):
        if path.is_dir():
            raise InputError(f"cannot write {path}: it is a folder; name a file")
        if path.exists() and not path.is_file():  # a pipe or device would be gone, and whoever reads it wait for ever
            raise InputError(f"cannot write {path}: it is no regular file; name one, or a new one")
        mode = _mode(path)
        target = Path(os.path.realpath(path))  # of a link, what it leads to is replaced
        descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".noticeguard-")
    part = Path(name)
    try:
        with os.fdopen(descriptor, "wb") as stream:  # closed before all else: Windows moves and removes no open file
            yield stream
        with blame(f"cannot write {path}"):
            part.chmod(mode)
            part.replace(target)
    finally:
        with contextlib.suppress(OSError):  # what went wrong before is what is told
            part.unlink(missing_ok=True)


def _mode(path: Path) -> int:
    """Of the file there, so that what is private stays so; where there is none, what the umask leaves to a new one."""
    try:
        return path.stat().st_mode & 0o777
    except FileNotFoundError:
        mask = os.umask(0o077)
        os.umask(mask)
        return 0o666 & ~mask
