"""What the documents promise is what happens."""

import os
import re
import shlex
import subprocess
import sys
import sysconfig
import zipfile
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[1]
READMES = ["README.md", "README.zh-CN.md"]
SCRIPTS = sysconfig.get_path("scripts")


def blocks(name):
    return re.findall(r"^```(\w*)\n(.*?)^```", (ROOT / name).read_text(encoding="utf-8"), re.M | re.S)


def commands(name):
    """Every command line of a document: those after `$` in console blocks."""
    return [
        line[2:]
        for kind, text in blocks(name)
        if kind == "console"
        for line in text.splitlines()
        if line.startswith("$ ")
    ]


def set_up(name):
    return blocks(name)[0][1].splitlines()


def test_both_readmes_open_with_the_same_two_commands():
    assert set_up(READMES[0]) == set_up(READMES[1])
    assert len(set_up(READMES[0])) == 2
    assert all("python3 -m venv" in command for command in set_up(READMES[0]))


@pytest.mark.parametrize("name", READMES)
def test_the_commands_of_a_readme_run(name, tmp_path):
    for part in ("data", "models", "train.py"):
        (tmp_path / part).symlink_to(ROOT / part)
    found = [command for command in commands(name) if "train.py" not in command]  # its own test runs that one
    assert len(found) >= 4
    for command in found:
        env = {**os.environ, "PATH": SCRIPTS + os.pathsep + os.environ["PATH"]}
        result = subprocess.run(["bash", "-c", command], cwd=tmp_path, env=env, capture_output=True, text=True)
        assert result.returncode == 0, (command, result.stderr)


@pytest.mark.parametrize("name", READMES)
def test_the_example_of_a_readme_prints_what_it_shows(name):
    shown = next(text for kind, text in blocks(name) if kind == "console" and "判断：" in text)
    command, _, output = shown.partition("\n")
    words = shlex.split(command[2:])
    result = subprocess.run([sys.executable, "-m", *words], capture_output=True, text=True, check=True)
    assert result.stdout == output


def test_the_python_example_of_the_readme_runs():
    for kind, text in blocks("README.md"):
        if kind == "python":
            subprocess.run([sys.executable, "-c", text], check=True, capture_output=True)
            return
    pytest.fail("no python example")


@pytest.mark.parametrize("name", READMES)
def test_links_of_a_readme_lead_somewhere(name):
    targets = re.findall(r"\]\(([^)#:]+)\)", (ROOT / name).read_text(encoding="utf-8"))
    assert [target for target in targets if not (ROOT / target).exists()] == []


@pytest.mark.slow
def test_the_wheel_classifies_in_an_empty_folder(tmp_path):
    command = [
        sys.executable,
        "-m",
        "pip",
        "wheel",
        "-q",
        "--no-deps",
        "--no-build-isolation",
        "-w",
        tmp_path / "dist",
        ROOT,
    ]
    subprocess.run(command, check=True, capture_output=True)
    (wheel,) = (tmp_path / "dist").iterdir()
    with zipfile.ZipFile(wheel) as archive:
        archive.extractall(tmp_path / "site")
        size = sum(entry.file_size for entry in archive.infolist())
    assert size < 5 * 2**20
    (tmp_path / "empty").mkdir()
    # The path goes first, or an editable install of the checkout would answer.
    code = (
        f"import sys; sys.path.insert(0, {str(tmp_path / 'site')!r}); import noticeguard; print(noticeguard.__file__)"
    )
    code += "; sys.argv = ['noticeguard', 'classify', '--json', '请还款']; from noticeguard.cli import main; main()"
    result = subprocess.run(
        [sys.executable, "-c", code], cwd=tmp_path / "empty", env=dict(os.environ), capture_output=True, text=True
    )
    assert str(tmp_path / "site") in result.stdout
    assert result.returncode == 0, result.stderr
    assert '"best_guess"' in result.stdout
