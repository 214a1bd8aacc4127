"""The structure: imports go down only, and the light path stays light."""

import ast
import subprocess
import sys
from pathlib import Path

import noticeguard

SOURCE = Path(noticeguard.__file__).parent
FLOORS = [
    {"errors", "normalize", "labels", "patterns"},
    {"contacts", "corpus", "topics"},
    {"entities"},
    {"features"},
    {"model"},
    {"explain", "grounds"},
    {"classifier"},
    {"render", "batch", "evaluation"},
    {"training"},
    {"audit"},
    {"cli"},
    {"__main__"},
]
FLOOR = {module: floor for floor, modules in enumerate(FLOORS) for module in modules}
HEAVY = {"sklearn", "scipy", "joblib", "threadpoolctl", "datasketch", "cleanlab", "opencc", "pypinyin", "pandas"}


def own_imports(path):
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name.split(".")[1] for alias in node.names if alias.name.startswith("noticeguard."))
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
    script = f"import sys; {code}; print(' '.join(sorted({{name.split('.')[0] for name in sys.modules}})))"
    return set(
        subprocess.run([sys.executable, "-c", script], capture_output=True, text=True, check=True).stdout.split()
    )


def test_classifying_loads_neither_scikit_learn_nor_scipy():
    assert not loaded_after("import noticeguard; noticeguard.classify('请还款')") & HEAVY


def test_probabilities_need_no_jieba_and_no_click():
    code = "import noticeguard; noticeguard.Classifier.load().predict_proba(['请还款'])"
    assert not loaded_after(code) & (HEAVY | {"jieba", "click"})


def test_the_public_names_are_these():
    assert sorted(noticeguard.__all__) == [
        "Classifier", "CorpusError", "InputError", "Keyword", "ModelError", "NoticeguardError", "Verdict", "classify",
    ]  # fmt: skip


def test_no_module_but_the_model_reads_arrays_and_none_unpickles():
    for path in SOURCE.glob("*.py"):
        text = path.read_text(encoding="utf-8")
        assert "pickle.load" not in text
        assert "joblib.load" not in text
        assert "np.load(" not in text or "allow_pickle=False" in text
