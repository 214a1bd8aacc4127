import json
import shutil
from pathlib import Path

import numpy as np
import pytest

from noticeguard import ModelError
from noticeguard.model import FORMAT, load_model, save_model, shipped_path


@pytest.fixture
def folder(tmp_path):
    return shutil.copytree(shipped_path(), tmp_path / "model")


def test_saving_what_was_loaded_gives_the_same_bytes(folder, tmp_path):
    save_model(load_model(folder), tmp_path / "again")
    for name in ("model.json", "weights.npz", "words.txt"):
        assert (tmp_path / "again" / name).read_bytes() == (folder / name).read_bytes()


def test_a_newer_format_is_refused_by_number(folder):
    about = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**about, "format": FORMAT + 1}))
    with pytest.raises(ModelError, match=f"format {FORMAT + 1}"):
        load_model(folder)


def test_a_model_of_format_1_is_refused_by_name():
    with pytest.raises(ModelError, match="has model format 1, this version reads 2"):
        load_model(Path(__file__).parent / "old_formats" / "1")


@pytest.mark.parametrize("name", ["model.json", "weights.npz", "words.txt"])
def test_a_missing_file_is_named(folder, name):
    (folder / name).unlink()
    with pytest.raises(ModelError, match=name):
        load_model(folder)


@pytest.mark.parametrize("name", ["model.json", "weights.npz", "words.txt"])
def test_a_cut_or_changed_file_is_damaged(folder, name):
    data = (folder / name).read_bytes()
    for wrong in (data[: len(data) // 2], data[:100] + b"\xff" + data[101:], b""):
        (folder / name).write_bytes(wrong)
        with pytest.raises(ModelError, match=r"damaged|format"):
            load_model(folder)


@pytest.mark.parametrize(
    "change",
    [
        {"labels": ["a"]},
        {"bias": [0, 0, 0, 0, float("nan")]},
        {"bias": [0]},
        {"temperature": 0},
        {"thresholds": "x"},
        {"thresholds": {"cautious": [0, 0, 0, 0, 0]}},
        {"plausible": [0, 0, 0, 0]},
        {"orders": {"characters": [1, 9], "syllables": [1, 2]}},
        {"symbols": 5},
        {"symbols": "abc"},
        {"symbols": ["还", "还"]},
        {"symbols": ["\U0003ffff"]},
        {"orders": [1, 2]},
        {"least_evidence": float("inf")},
        {"temperature": 1e-320},
        {"word_total": 0},
        {"files": {}},
    ],
)
def test_settings_that_make_no_sense_are_refused(folder, change):
    about = json.loads((folder / "model.json").read_text())
    (folder / "model.json").write_text(json.dumps({**about, **change}))
    with pytest.raises(ModelError, match="damaged"):
        load_model(folder)


@pytest.mark.parametrize("wrong", ["nan", "shape", "type", "order", "pickle", "header"])
def test_arrays_that_make_no_sense_are_refused_even_with_a_right_checksum(folder, wrong):
    import hashlib

    with np.load(folder / "weights.npz") as archive:
        arrays = dict(archive)
    match wrong:
        case "nan":
            arrays["weights"][0, 0] = np.nan
        case "shape":
            arrays["weights"] = arrays["weights"][:, :4]
        case "type":
            arrays["idf"] = arrays["idf"].astype(np.float64)
        case "order":
            arrays["codes"] = arrays["codes"][::-1]
        case "pickle":
            arrays["idf"] = np.array([{"a": 1}], dtype=object)
    np.savez(folder / "weights.npz", **arrays)
    if wrong == "header":
        data = (folder / "weights.npz").read_bytes()
        count = str(arrays["idf"].size).encode()
        changed = data.replace(b"(" + count + b",)", b"(" + b"9" * len(count) + b",)")
        assert changed != data
        (folder / "weights.npz").write_bytes(changed)
    about = json.loads((folder / "model.json").read_text())
    about["files"]["weights.npz"] = hashlib.sha256((folder / "weights.npz").read_bytes()).hexdigest()
    (folder / "model.json").write_text(json.dumps(about))
    with pytest.raises(ModelError, match="damaged"):
        load_model(folder)


def test_a_symbolic_link_is_not_followed(folder, tmp_path):
    (folder / "words.txt").rename(tmp_path / "elsewhere.txt")
    (folder / "words.txt").symlink_to(tmp_path / "elsewhere.txt")
    with pytest.raises(ModelError, match=r"words\.txt"):
        load_model(folder)
