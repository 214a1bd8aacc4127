"""Nothing of a message is logged, warned about, raised or printed where nobody asked for it."""

import json
import logging
import subprocess
import sys
import traceback

import pytest

import noticeguard
from noticeguard import Classifier
from noticeguard.batch import classify_rows, read_rows
from noticeguard.corpus import read_examples

SECRET = "张秘密的卡6222"
MESSAGE = f"【某银行】{SECRET}已逾期，\x00请还款1200元\ud800"
BAD_ROWS = [
    f'{{"text": "{SECRET}"',
    f'{{"text": ["{SECRET}"]}}',
    f'["{SECRET}"]',
    f'"{SECRET}"',
    f'{{"{SECRET}": 1}}',
    f'{{"text": "{SECRET}", "x": NaN}}',
    f'{{"text": "{SECRET}", "x": 1e999}}',
    f'{{"text": "{SECRET}", "label": "unrelated", "best_guess": 1}}',
    f'{{"text": "{SECRET}\\ud80"}}',
]
BAD_BYTES = [f"{SECRET}".encode() + b"\xff", f"{SECRET}".encode("gb18030")]
BAD_EXAMPLES = [
    f'{{"text": "{SECRET}", "label": "{SECRET}"}}',
    f'{{"text": "{SECRET}"}}',
    f'{{"text": "{SECRET}", "label": ["{SECRET}"]}}',
    f'{{"text": {{"{SECRET}": 1}}, "label": "unrelated"}}',
    f'{{"text": "{SECRET}", "label": "unrelated", "id": "1"}}\n{{"text": "{SECRET}", "label": "unrelated", "id": "1"}}',
    f'{{"text": "a", "label": "unrelated", "id": "{SECRET}"}}\n{{"text": "b", "label": "unrelated", "id": "{SECRET}"}}',
    f'{{"text": "{SECRET}", "label": "unrelated"',
]


def told(error):
    """All that an exception says, with what stands behind it."""
    parts = traceback.format_exception(error)
    while error is not None:
        parts += [str(error), repr(error.args)]
        error = error.__cause__ or error.__context__
    return "".join(parts)


@pytest.fixture
def silent(caplog, capfd, recwarn):
    """Fails the test where logs, warnings or the streams hold the secret."""
    caplog.set_level(logging.DEBUG)
    logging.disable(logging.NOTSET)
    yield
    streams = capfd.readouterr()
    assert SECRET not in caplog.text
    assert SECRET not in streams.out + streams.err
    assert not [str(warning.message) for warning in recwarn if SECRET in str(warning.message)]


@pytest.mark.usefixtures("silent")
def test_classifying_says_nothing_elsewhere():
    classifier = Classifier.load()
    for verdict in (noticeguard.classify(MESSAGE), *classifier.classify_many([MESSAGE, SECRET])):
        assert verdict.label
    classifier.predict_proba([MESSAGE])


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize(
    "call",
    [
        lambda c: c.classify(MESSAGE.encode("utf-8", "surrogatepass")),
        lambda c: c.classify([MESSAGE]),
        lambda c: c.classify_many(MESSAGE),
        lambda c: c.classify_many([MESSAGE, SECRET.encode()]),
        lambda c: c.classify_many({"text": MESSAGE}.items()),
        lambda c: c.predict_proba(MESSAGE),
        lambda c: c.predict_proba([[MESSAGE]]),
    ],
)
def test_a_wrong_type_is_refused_without_its_value(classifier, call):
    with pytest.raises(TypeError) as caught:
        call(classifier)
    assert SECRET not in told(caught.value)


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("line", [*(row.encode("utf-8", "surrogatepass") for row in BAD_ROWS), *BAD_BYTES])
def test_a_bad_row_is_refused_without_its_text(classifier, line):
    with pytest.raises(noticeguard.InputError) as caught:
        list(classify_rows(classifier, read_rows([line], jsonl=True, text_column="text"), text_column="text"))
    assert SECRET not in told(caught.value)


@pytest.mark.usefixtures("silent")
@pytest.mark.parametrize("text", BAD_EXAMPLES)
def test_a_bad_example_is_refused_without_its_text(tmp_path, text):
    (tmp_path / "some.jsonl").write_text(text, encoding="utf-8")
    with pytest.raises(noticeguard.NoticeguardError) as caught:
        read_examples(tmp_path / "some.jsonl")
    assert SECRET not in told(caught.value)


def run(folder, *arguments, stdin=b""):
    """The command line with every log and warning on standard error."""
    script = "import logging; logging.basicConfig(level=0); from noticeguard.cli import main; main()"
    return subprocess.run(
        [sys.executable, "-X", "dev", "-W", "always", "-c", script, *arguments],
        input=stdin, capture_output=True, cwd=folder,
    )  # fmt: skip


@pytest.mark.parametrize(
    ("arguments", "shows"),
    [
        (("classify", "--keywords", "0", SECRET), True),
        (("classify", SECRET, SECRET), False),
        (("classify", f"--{SECRET}"), False),
        (("classify", f"-{SECRET}"), False),
        (("classify", "--keywords", SECRET, "a"), False),
        (("classify", f"--json={SECRET}"), False),
        ((SECRET,), False),
        (("batch", "good.jsonl", "-o", "out.jsonl"), False),
        (("batch", "bad.jsonl", "-o", "out.jsonl"), False),
        (("batch", "good.jsonl", "-o", "-"), True),
        (("batch", "bad.jsonl", "-o", "out.jsonl", "--skip-bad"), False),
        (("batch", "gb.txt", "-o", "out.jsonl"), False),
        (("evaluate", "labelled.jsonl"), False),
        (("evaluate", "--slices", "labelled.jsonl"), False),
        (("evaluate", "bad.jsonl"), False),
        (("evaluate", "gb.txt"), False),
    ],
)
def test_the_command_line_says_nothing_on_standard_error(tmp_path, arguments, shows):
    row = json.dumps({"text": f"{SECRET}已逾期"}, ensure_ascii=False)
    (tmp_path / "good.jsonl").write_text(f"{row}\n", encoding="utf-8")
    (tmp_path / "labelled.jsonl").write_text(row[:-1] + ', "label": "genuine_reminder"}', encoding="utf-8")
    (tmp_path / "bad.jsonl").write_text("\n".join([row, *BAD_ROWS]), encoding="utf-8")
    (tmp_path / "gb.txt").write_bytes(SECRET.encode("gb18030"))
    result = run(tmp_path, *arguments)
    assert SECRET.encode() not in result.stderr
    assert SECRET.encode("gb18030") not in result.stderr
    assert b"Traceback" not in result.stderr
    assert (SECRET.encode() in result.stdout) == shows


def test_undecodable_standard_input_is_not_repeated(tmp_path):
    result = run(tmp_path, "classify", stdin=SECRET.encode("gb18030"))
    assert result.returncode == 3
    assert SECRET.encode("gb18030") not in result.stderr
