import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from noticeguard import ModelError
from noticeguard.artefact import FORMAT, load_model, save_model, shipped_path


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


@pytest.mark.parametrize("number", [1, 2, 3, 4, 5])
def test_a_model_of_an_older_format_is_refused_by_name(number):
    with pytest.raises(ModelError, match=f"has model format {number}, this version reads 6"):
        load_model(Path(__file__).parent / "old_formats" / str(number))


def test_a_model_of_links_is_read(folder, tmp_path):
    # Some installers link files to a store of theirs instead of copying them.
    (tmp_path / "linked").mkdir()
    for file in folder.iterdir():
        (tmp_path / "linked" / file.name).symlink_to(file)
    assert load_model(tmp_path / "linked").settings == load_model(folder).settings
    command = [sys.executable, "-m", "noticeguard", "model", "--model", str(tmp_path / "linked")]
    card = subprocess.run(command, capture_output=True, check=True).stdout
    assert card == (folder / "README.md").read_bytes()


def test_a_model_that_cannot_be_written_leaves_the_old_one_alone(folder):
    resource = pytest.importorskip("resource")
    model = load_model(folder)
    before = {file.name: file.read_bytes() for file in folder.iterdir()}
    soft, hard = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (1_000_000, hard))  # as a full disk: the weights take more
    try:
        with pytest.raises(OSError, match="too large"):
            save_model(model, folder)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, (soft, hard))
    assert {file.name: file.read_bytes() for file in folder.iterdir()} == before


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
