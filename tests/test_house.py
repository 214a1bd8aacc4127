"""The structure: imports go down only, and the light path stays light."""

import ast
import re
import subprocess
import sys
from pathlib import Path

import pytest

import noticeguard

SOURCE = Path(noticeguard.__file__).parent
FLOORS = [
    {"errors", "kernel", "knowledge", "spans", "vocabulary"},
    {"characters", "files", "labels"},
    {"pairs"},
    {"restore"},
    {"normalize"},
    {"patterns", "render", "screen"},
    {"advice", "contacts", "corpus", "evasion", "terminal", "topics"},
    {"augmentation", "entities"},
    {"features"},
    {"words"},
    {"model"},
    {"artefact", "checks", "explain", "fitting", "grounds"},
    {"fusion", "shown"},
    {"calibration", "counterfactual"},
    {"verdict"},
    {"classifier"},
    {"batch", "evaluation"},
    {"plots", "training"},
    {"audit"},
    {"cli"},
    {"__main__"},
]
FLOOR = {module: floor for floor, modules in enumerate(FLOORS) for module in modules}


def own_imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("noticeguard."))
        if isinstance(node, ast.ImportFrom):
            assert node.level == 0, "a relative import hides where it leads"
        if isinstance(node, ast.ImportFrom) and node.module == "noticeguard":
            yield from (alias.name for alias in node.names if not alias.name.startswith("__"))
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("noticeguard."):
            yield node.module.split(".")[1]


def test_every_module_has_a_floor_and_imports_only_from_below():
    modules = {path.stem: path for path in SOURCE.glob("*.py") if path.stem != "__init__"}
    assert modules.keys() == FLOOR.keys()
    upward = [
        (name, other)
        for name, path in modules.items()
        for other in own_imports(path)
        if other in FLOOR and FLOOR[other] >= FLOOR[name]
    ]
    assert upward == []


def loaded_after(code):
    script = f"import sys; {code}\nprint(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )


# What classifying may import beyond what `import numpy` has imported: each name costs time at every start.
LIGHT = {
    "noticeguard", "numpy", "json", "tomllib", "hashlib", "zipfile", "zlib", "bz2", "lzma", "dataclasses", "pathlib",
    "tempfile", "random", "shutil", "bisect", "threading", "string", "urllib", "ipaddress", "copy", "fnmatch", "ntpath",
    "errno", "binascii", "html", "unicodedata",
}  # fmt: skip
COMMAND_LINE = {"click", "gettext", "locale", "unicodedata", "uuid", "colorama"}


def imported(code):
    names = loaded_after(code) - loaded_after("import numpy")
    return {name for name in names if not name.startswith("_")}


def test_classifying_imports_what_is_listed_and_no_more():
    assert imported("import noticeguard; noticeguard.classify('请还款')") <= LIGHT


def test_the_command_line_imports_little_more():
    code = "import contextlib, io, noticeguard.render; from noticeguard.cli import main\n"
    code += (
        "with contextlib.redirect_stdout(io.StringIO()), contextlib.suppress(SystemExit): main(['classify', '请还款'])"
    )
    assert imported(code) <= LIGHT | COMMAND_LINE


def test_no_masked_arrays_are_imported():
    code = "import sys, noticeguard; noticeguard.classify('請还.款'); print('numpy.ma' in sys.modules)"
    result = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert result.stdout == "False\n"  # `numpy.unique` imports them, for a fiftieth of a second


def test_a_large_batch_imports_numba_and_a_small_one_does_not():
    pytest.importorskip("numba")
    code = "import noticeguard; noticeguard.Classifier.load().predict_proba(['请还款'] * {})"
    assert "numba" not in loaded_after(code.format(10))
    assert "numba" in loaded_after(code.format(1000))


def test_a_message_without_a_link_loads_no_list_of_suffixes():
    code = "import noticeguard; noticeguard.classify('请还款,拨95188')"
    assert "publicsuffixlist" not in loaded_after(code)
    assert "publicsuffixlist" in loaded_after(code.replace("95188", "a.example.cn"))


def test_the_public_names_are_these():
    assert sorted(noticeguard.__all__) == [
        "Classifier", "CorpusError", "InputError", "Keyword", "ModelError", "NoticeguardError", "Verdict", "classify",
    ]  # fmt: skip


def test_arrays_are_read_without_pickle_and_by_two_rooms_only():
    readers = set()
    for path in SOURCE.glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
            name = ast.unparse(node.func) if isinstance(node, ast.Call) else ""
            assert name not in {"pickle.load", "pickle.loads", "joblib.load", "np.fromfile", "np.memmap"}, path
            if name == "np.load":
                readers.add(path.stem)
                assert "allow_pickle=False" in ast.unparse(node), path
            elif name == "np.frombuffer":
                readers.add(path.stem)
    assert readers == {"knowledge", "artefact", "characters"}  # the last reads the code points of a string


def test_the_readme_shows_the_floors_as_they_are():
    readme = (Path(__file__).parents[1] / "README.md").read_text(encoding="utf-8")
    shown = {
        int(number): set(re.findall("`([a-z]+)`", row))
        for number, row in re.findall(r"^\| (\d+) \|(.*)\|$", readme, re.M)
    }
    assert shown == dict(enumerate(FLOORS[:-1]))
