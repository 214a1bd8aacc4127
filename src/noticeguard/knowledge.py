"""Read the tables that travel with the package: what noticeguard knows, beside what it does."""

import tomllib
from importlib import resources
from typing import Any

import numpy as np
from numpy.typing import NDArray


def text(name: str) -> str:
    """A table as it is written."""
    return (resources.files("noticeguard") / "tables" / name).read_text(encoding="utf-8")


def rows(name: str) -> list[list[str]]:
    """The rows of a `.tsv`, split at tabs, comments left out."""
    return [row.split("\t") for row in text(name).split("\n") if row and not row.startswith("#")]


def toml(name: str) -> dict[str, Any]:
    """A `.toml`, parsed."""
    return tomllib.loads(text(name))


def array(name: str, part: str | None = None) -> NDArray[Any]:
    """The array of a `.npy`, or the part of a `.npz` so named."""
    with (resources.files("noticeguard") / "tables" / name).open("rb") as stream:
        found = np.load(stream, allow_pickle=False)
        return np.asarray(found if part is None else found[part])
