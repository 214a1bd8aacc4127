import dataclasses
import json
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from noticeguard import CorpusError, InputError
from noticeguard.audit import agreement, artefact, audit, coverage, evasion_share, minimal_pairs, near_duplicates
from noticeguard.corpus import Example, read_examples
from noticeguard.fitting import Options

DATA = Path(__file__).parents[1] / "data"
SMALL = read_examples(DATA / "corpus")[::15]


def example(number, text, label="unrelated", family=""):
    return Example(id=str(number), text=text, label=label, scenario=f"s{number}", family=family or f"f{number}")


def test_near_duplicates_are_found_across_families_and_labels_only():
    text = "您的快递已经到达小区门口的驿站，请凭取件码及时领取，谢谢您的配合"
    rows = [
        example(1, text),
        example(2, text.replace("谢谢您的配合", "谢谢您配合")),
        example(3, text + "哦", "legal_collection"),
        example(4, text, family="f1"),
        example(5, "今天晚上一起去江边吃烧烤，叫上老王和他女朋友，别迟到"),
    ]
    found = near_duplicates(rows)
    assert any("1 ~ 2" in line for line in found)
    assert any("ACROSS LABELS" in line for line in found)
    assert not any("1 ~ 4" in line or "5" in line for line in found)


def test_minimal_pairs_are_families_of_several_labels():
    rows = [example(1, "a", family="p"), example(2, "b", "legal_collection", family="p"), example(3, "c")]
    assert minimal_pairs(rows) == 1


def test_evasion_counts_what_folding_names_and_what_patterns_find():
    rows = [example(1, "请还款"), example(2, "请还\u200b款"), example(3, "加薇信"), example(4, "您好")]
    assert evasion_share(rows, ["薇信"]) == 0.5


def test_a_label_that_its_length_gives_away_is_caught():
    options = Options()
    planted = [
        dataclasses.replace(
            row, text=row.text[:10].ljust(10, "好") if row.label == "unrelated" else row.text + "好" * 200
        )
        for row in SMALL
    ]
    honest, caught = artefact(SMALL, 0.2, options.seed), artefact(planted, 0.2, options.seed)
    assert honest.figure < caught.figure
    assert not caught.met


def test_coverage_tells_what_is_met_and_what_is_not():
    import tomllib

    asked = tomllib.loads((DATA / "coverage.toml").read_text(encoding="utf-8"))
    rows = {row.what: row for row in coverage(SMALL, asked)}
    assert rows["messages"].figure == len(SMALL)
    assert not rows["messages"].met
    assert rows["longest"].met


def test_agreement_is_perfect_for_equal_readers_and_lower_for_others(tmp_path):
    path = tmp_path / "second.tsv"
    path.write_text("# id\na\tunrelated\tunrelated\nb\tlegal_collection\tlegal_collection\n")
    assert "kappa 1.000" in agreement(path).splitlines()[0]
    path.write_text("# id\na\tunrelated\tlegal_collection\nb\tlegal_collection\tunrelated\n")
    assert "kappa -1.000" in agreement(path).splitlines()[0]


@pytest.fixture
def folder(tmp_path):
    (tmp_path / "corpus").mkdir()
    for name in ("coverage.toml", "kinds.toml"):
        shutil.copy(DATA / name, tmp_path / name)
    first = dataclasses.replace(SMALL[0], id="\x1b[31mfirst", family="first")
    again = dataclasses.replace(SMALL[0], id="\x1b[31magain", family="again")
    rows = [{name: getattr(row, name) for name in Example.__slots__} for row in (first, again, *SMALL[1:])]
    (tmp_path / "corpus" / "all.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    return tmp_path


def test_a_corpus_that_falls_short_ends_with_1_and_says_where(folder):
    result = subprocess.run(
        [sys.executable, "-m", "noticeguard", "audit", str(folder)], capture_output=True, text=True, check=False
    )
    assert result.returncode == 1, result.stderr
    assert "FAIL messages" in result.stdout
    assert "likely label errors" in result.stdout
    assert "⟨U+001B⟩[31mfirst ~ ⟨U+001B⟩[31magain" in result.stdout
    assert "\x1b" not in result.stdout


def test_a_scenario_that_is_not_catalogued_is_refused(folder):
    (folder / "kinds.toml").write_text("")
    with pytest.raises(CorpusError, match=r"kinds\.toml"):
        audit(folder, Options())
    (folder / "kinds.toml").unlink()
    with pytest.raises(InputError, match=r"kinds\.toml"):
        audit(folder, Options())


@pytest.mark.parametrize(
    ("old", "new", "cause"),
    [
        ("[least]", "[most]", r"least\.messages must be a number"),
        ("messages = 10000", 'messages = "many"', r"least\.messages must be a number"),
        ("[least.labels]", "[least.marks]", r"least\.labels must be a table of numbers"),
        ("court_notice = 1500", "court_notice = []", r"least\.topics must be a table of numbers"),
        ("median = [45, 65]", "median = 45", r"lengths\.median must be two numbers"),
        ("margin =", "margins =", r"artefact\.margin must be a number"),
        ("patterns = [", "patterns = [5,", r"evasion\.patterns must be a list of patterns"),
        ("patterns = [", 'patterns = ["(",', r"evasion\.patterns must be a list of patterns"),
        ("[least]", "x = " + "[" * 5000, "no TOML"),
        ("[least]", "[least", "no TOML"),
        ("[least]", "\udcff", "not UTF-8"),
    ],
)
def test_a_coverage_table_that_asks_for_nothing_is_refused_by_name(folder, old, new, cause):
    path = folder / "coverage.toml"
    text = path.read_text(encoding="utf-8")
    assert old in text
    path.write_text(text.replace(old, new, 1), encoding="utf-8", errors="surrogateescape")
    with pytest.raises(InputError, match=rf"coverage\.toml.*{cause}") as caught:
        audit(folder, Options())
    assert len(str(caught.value).splitlines()) == 1


@pytest.mark.parametrize("text", ["", "# id\n", "a\tunrelated\n", "a\tunrelated\tunrelated\nb\tunrelated\t\t\n"])
def test_a_second_reading_that_is_no_table_is_refused_by_name(tmp_path, text):
    (tmp_path / "second.tsv").write_text(text)
    with pytest.raises(CorpusError, match=r"second\.tsv must hold rows of three columns"):
        agreement(tmp_path / "second.tsv")


@pytest.mark.parametrize(
    "rows",
    [SMALL[:1], SMALL[:8], [row for row in SMALL if row.label == "unrelated"],
     [dataclasses.replace(row, scenario=SMALL[0].scenario) for row in SMALL]],
)  # fmt: skip
def test_a_corpus_too_small_to_hold_a_part_out_is_refused(folder, rows):
    rows = [{name: getattr(row, name) for name in Example.__slots__} for row in rows]
    (folder / "corpus" / "all.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    with pytest.raises(CorpusError, match="cross-validation needs 5"):
        audit(folder, Options())


def test_a_second_reading_that_is_not_utf8_is_refused(tmp_path):
    (tmp_path / "second.tsv").write_bytes("a\t催收\t催收\n".encode("gb18030"))
    with pytest.raises(InputError, match="not UTF-8"):
        agreement(tmp_path / "second.tsv")
