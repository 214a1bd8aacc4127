import json
import os
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path

import click
import pytest

from noticeguard.artefact import shipped_path
from noticeguard.cli import main
from noticeguard.render import visible

SCAM = "【公安局】您涉嫌洗钱，请将资金转入安全账户核查，添加专员微信办理"
THREAT = "【某消费金融】外访人员明日上门，并联合村委公示，请立即还款"
BILL = "您尾号1234的信用卡本期账单2000元，最后还款日5月8日，已还请忽略"


def run(*arguments, stdin=b"", cwd=None, env=None):
    result = subprocess.run(
        [sys.executable, "-m", "noticeguard", *arguments], input=stdin, capture_output=True, cwd=cwd,
        env={**os.environ, **(env or {})},
    )  # fmt: skip
    return result.returncode, result.stdout.decode(), result.stderr.decode()


def test_a_message_is_classified_in_chinese():
    code, out, err = run("classify", SCAM)
    assert (code, err) == (0, "")
    assert out.startswith("判断：冒充诈骗（impersonation_scam）")
    assert "概率：" in out
    assert "安全账户" in out
    assert "96110" in out


def test_standard_input_is_one_message_with_quotes_and_line_breaks():
    message = "您好\n\"尾号1234\"的信用卡'本期'账单2000元\n最后还款日5月8日，已还请忽略\n"
    for arguments in (("classify", "--json"), ("classify", "--json", "-")):
        code, out, _ = run(*arguments, stdin=message.encode())
        assert code == 0
        assert json.loads(out)["best_guess"] == "genuine_reminder"


def test_json_is_the_verdict_of_the_api(classifier):
    out = run("classify", "--json", "--keywords", "3", SCAM)[1]
    assert json.loads(out) == json.loads(json.dumps(classifier.explain(SCAM).to_dict(keywords=3)))


def test_html_is_a_whole_page():
    code, out, _ = run("classify", "--html", "--lang", "en", SCAM)
    assert code == 0
    assert out.startswith("<!doctype html>")
    assert "impersonation scam" in out
    assert run("classify", "--html", "--json", SCAM)[0] == 2


def test_why_contrasts_the_call_with_another_label():
    out = run("classify", "--json", "--why", "genuine_reminder", SCAM)[1]
    assert json.loads(out)["contrast"]["label"] == "genuine_reminder"
    assert "与“普通提醒”相比" in run("classify", "--why", "genuine_reminder", SCAM)[1]
    assert run("classify", "--why", "秘密", SCAM)[0] == 2


def test_a_mode_answers_more_or_less_readily(tmp_path):
    lines = [SCAM, BILL, "请尽快处理", "您好，在吗，有事找你", "逾期请联系我"] * 3
    (tmp_path / "in.txt").write_text("\n".join(lines), encoding="utf-8")
    unsure = []
    for mode in ("cautious", "balanced", "best-guess"):
        out = run("batch", "in.txt", "-o", "-", "--mode", mode, cwd=tmp_path)[1]
        unsure.append(sum(json.loads(line)["label"] == "unsure" for line in out.splitlines()))
    assert unsure[0] >= unsure[1] > unsure[2] == 0


def test_the_exit_code_tells_risk_only_when_asked():
    assert run("classify", SCAM)[0] == 0
    assert run("classify", "--check", SCAM)[0] == 1
    assert run("classify", "--check", THREAT)[0] == 1
    assert run("classify", "--check", BILL)[0] == 0


@pytest.mark.parametrize("message", ["", "  ", "😀", "http://t.cn/x"])
def test_a_message_without_evidence_is_unsure(message):
    code, out, _ = run("classify", message)
    assert code == 0
    assert out.startswith("判断：无法判断（unsure）")


def test_a_hundred_thousand_characters_pass():
    code, out, _ = run("classify", "--json", stdin=("请还款" * 33_400).encode())
    assert code == 0
    assert json.loads(out)["best_guess"]


@pytest.mark.parametrize("message", [b"\xff\xfe\xfa", "请还款".encode("gb18030")])
def test_undecodable_input_is_one_line_without_the_message(message):
    code, out, err = run("classify", stdin=message)
    assert (code, out) == (3, "")
    assert err.count("\n") == 1
    assert "iconv" in err
    assert "还款" not in err


@pytest.mark.parametrize("message", [b"\xff\xfe", "请还款".encode("gb18030"), SCAM.encode() + b"\xff"])
def test_an_undecodable_argument_is_refused_as_standard_input_is(message):
    code, out, err = run("classify", message.decode("utf-8", "surrogateescape"))
    assert (code, out) == (3, "")
    assert err.count("\n") == 1
    assert "iconv" in err
    assert "安全账户" not in err


def test_what_steers_a_terminal_is_shown_not_obeyed():
    out = run("classify", "--", "请还款\x1b[31m\u202e逾期\x07\r征信")[1]
    assert not set(out) & {"\x1b", "\u202e", "\x07", "\r"}
    assert "⟨U+001B⟩" in out
    assert "⟨U+202E⟩" in out


def test_visible_leaves_ordinary_text_alone():
    assert visible("您好，ABC！\n１２") == "您好，ABC！\n１２"


@pytest.mark.parametrize(
    ("arguments", "code"), [(("nonsense",), 2), (("classify", "--nonsense"), 2), (("classify", "a", "b"), 2)]
)
def test_wrong_usage_exits_with_2(arguments, code):
    assert run(*arguments)[0] == code


@pytest.mark.parametrize("arguments", [("您好", "请还款秘密"), ("-请还款秘密",), ("--json=请还款秘密",)])
def test_a_usage_error_does_not_repeat_the_message(arguments):
    code, out, err = run("classify", *arguments)
    assert (code, out) == (2, "")
    assert err.count("\n") == 1
    assert "秘密" not in err
    assert "--" in err


def test_a_bad_model_is_one_line_and_exit_3(tmp_path):
    (tmp_path / "model.json").write_text('{"format": 99}')
    for folder, cause in ((tmp_path / "none", "no model at"), (tmp_path, "format 99")):
        code, out, err = run("classify", "--model", str(folder), BILL)
        assert (code, out) == (3, "")
        assert err.count("\n") == 1
        assert cause in err
        assert "账单" not in err


def test_batch_keeps_order_and_columns(tmp_path):
    (tmp_path / "in.jsonl").write_text(
        "".join(json.dumps({"n": n, "text": text}) + "\n" for n, text in enumerate([SCAM, BILL, ""] * 700))
    )
    code, out, err = run("batch", "in.jsonl", "-o", "out.jsonl", cwd=tmp_path)
    assert (code, out) == (0, "")
    assert "2100 messages" in err
    rows = [json.loads(line) for line in (tmp_path / "out.jsonl").read_text().splitlines()]
    assert [row["n"] for row in rows] == list(range(2100))
    assert {row["best_guess"] for row in rows[::3]} == {"impersonation_scam"}
    assert {row["label"] for row in rows[2::3]} == {"unsure"}
    assert set(rows[0]) == {"n", "text", "label", "best_guess", "probability", "reason", "truncated", "keywords"}
    assert all(isinstance(word, str) for word in rows[0]["keywords"])


def test_batch_reads_a_message_a_line_and_a_pipe(tmp_path):
    (tmp_path / "in.txt").write_text(f"{SCAM}\r\n{BILL}", encoding="utf-8-sig")
    code, out, _ = run("batch", "in.txt", "-o", "-", cwd=tmp_path)
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [row["text"] for row in rows] == [SCAM, BILL]
    piped = run("batch", "-", "-o", "-", stdin=json.dumps({"text": SCAM}).encode())[1]
    assert json.loads(piped) == rows[0]


@pytest.mark.parametrize(
    ("content", "cause"),
    [
        (b'{"text": "a"}\n{"text": 5}\n', "line 2"),
        (b"[1]\n", "line 1"),
        (b"{\n", "JSON"),
        (b"\xff\n", "UTF-8"),
        (b'{"text": "a", "label": "x"}\n', "--prefix"),
    ],
)
def test_a_bad_row_is_named_and_leaves_no_output(tmp_path, content, cause):
    (tmp_path / "in.jsonl").write_bytes(content)
    code, _, err = run("batch", "in.jsonl", "-o", "out.jsonl", cwd=tmp_path)
    assert code == 3
    assert cause in err
    assert err.count("\n") == 1
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl"]


def test_workers_give_the_same_output(tmp_path):
    rows = [json.dumps({"n": n, "text": text}) for n, text in enumerate([SCAM, BILL, ""] * 2500)]
    (tmp_path / "in.jsonl").write_text("\n".join(rows))
    assert run("batch", "in.jsonl", "-o", "one.jsonl", cwd=tmp_path)[0] == 0
    code, _, err = run("batch", "in.jsonl", "-o", "two.jsonl", "--workers", "2", cwd=tmp_path)
    assert (code, err) == (0, "7500 messages classified\n")
    assert (tmp_path / "two.jsonl").read_bytes() == (tmp_path / "one.jsonl").read_bytes()


def test_a_bad_row_stops_workers_too(tmp_path):
    good = json.dumps({"text": BILL}) + "\n"
    for last, cause in (("{\n", "line 5001"), ('{"text": "a", "label": "x"}\n', "--prefix")):
        (tmp_path / "in.jsonl").write_text(good * 5000 + last)
        code, _, err = run("batch", "in.jsonl", "-o", "out.jsonl", "--workers", "2", cwd=tmp_path)
        assert code == 3
        assert cause in err
        assert err.count("\n") == 1
        assert sorted(path.name for path in tmp_path.iterdir()) == ["in.jsonl"]


def test_bad_rows_can_be_skipped_and_columns_renamed(tmp_path):
    (tmp_path / "in.jsonl").write_bytes(b'{"text": "a", "label": "x"}\n{\n\xff\n{"text": "b"}\n')
    code, out, _ = run("batch", "in.jsonl", "-o", "-", "--skip-bad", "--prefix", "ng_", cwd=tmp_path)
    rows = [json.loads(line) for line in out.splitlines()]
    assert code == 0
    assert [row["text"] for row in rows] == ["a", "b"]
    assert rows[0]["label"] == "x"
    assert rows[0]["ng_label"] == "unsure"


def test_a_failed_batch_leaves_an_older_output_alone(tmp_path):
    (tmp_path / "in.jsonl").write_bytes(b"{\n")
    (tmp_path / "out.jsonl").write_text("precious")
    assert run("batch", "in.jsonl", "-o", "out.jsonl", cwd=tmp_path)[0] == 3
    assert (tmp_path / "out.jsonl").read_text() == "precious"


@pytest.mark.parametrize("output", ["in.jsonl", "link.jsonl", "-"])
def test_skipping_lines_never_overwrites_the_input(tmp_path, output):
    source = tmp_path / "in.jsonl"
    source.write_bytes(b'{"text": "a"}\n{precious\n')
    (tmp_path / "link.jsonl").symlink_to(source)
    if output == "-":  # the input comes on standard input instead
        command = [sys.executable, "-m", "noticeguard", "batch", "-", "-o", "in.jsonl", "--skip-bad"]
        with source.open("rb") as stdin:
            result = subprocess.run(command, stdin=stdin, capture_output=True, cwd=tmp_path, text=True)
        code, err = result.returncode, result.stderr
    else:
        code, _, err = run("batch", "in.jsonl", "-o", output, "--skip-bad", cwd=tmp_path)
    assert code == 2
    assert "--skip-bad" in err
    assert err.count("\n") == 1
    assert source.read_bytes() == b'{"text": "a"}\n{precious\n'


def test_a_batch_may_replace_its_input_when_it_keeps_every_line(tmp_path):
    (tmp_path / "in.jsonl").write_text('{"text": "a"}\n' * 3)
    assert run("batch", "in.jsonl", "-o", "in.jsonl", cwd=tmp_path)[0] == 0
    rows = [json.loads(line) for line in (tmp_path / "in.jsonl").read_text().splitlines()]
    assert [row["label"] for row in rows] == ["unsure"] * 3


def test_a_line_longer_than_a_message_can_be_is_refused_or_skipped(tmp_path):
    (tmp_path / "in.txt").write_bytes(b"a\n" + b"b" * (17 * 2**20) + b"\nc\n")
    code, out, err = run("batch", "in.txt", "-o", "-", cwd=tmp_path)
    assert (code, out, err.count("\n")) == (3, "", 1)
    assert "line 2 is longer" in err
    code, out, err = run("batch", "in.txt", "-o", "-", "--skip-bad", cwd=tmp_path)
    assert [json.loads(line)["text"] for line in out.splitlines()] == ["a", "c"]
    assert "the first is line 2" in err


LONG = "a" * 300


@pytest.mark.parametrize(
    ("arguments", "cause"),
    [
        (("batch", "in.txt", "-o", "loop.jsonl"), "cannot write loop.jsonl"),
        (("batch", "in.txt", "-o", f"{LONG}.jsonl"), "cannot write aaa"),
        (("batch", "unreadable.txt", "-o", "out.jsonl"), "cannot read unreadable.txt"),
        (("evaluate", LONG), "cannot read aaa"),
        (("model", "--model", "linked"), "cannot read linked"),
    ],
)
@pytest.mark.skipif(not Path("/proc/self/mem").exists(), reason="no file that can be opened but not read")
def test_what_the_system_refuses_is_blamed_on_the_right_file(tmp_path, arguments, cause):
    (tmp_path / "in.txt").write_text("a")
    (tmp_path / "loop.jsonl").symlink_to("loop.jsonl")
    (tmp_path / "unreadable.txt").symlink_to("/proc/self/mem")
    shutil.copytree(shipped_path(), tmp_path / "linked")
    (tmp_path / "linked" / "README.md").unlink()
    (tmp_path / "linked" / "README.md").symlink_to("/proc/self/mem")
    before = sorted(tmp_path.iterdir())
    code, out, err = run(*arguments, cwd=tmp_path)
    assert (code, out) == (3, "")
    assert err.startswith(f"noticeguard: {cause}")
    assert err.count("\n") == 1
    assert sorted(tmp_path.iterdir()) == before


@pytest.mark.parametrize("name", ["two\nlines\x1b[31m", "\u202eelif"])
def test_an_error_is_one_line_that_steers_nothing_whatever_a_file_is_called(tmp_path, name):
    (tmp_path / name).mkdir()
    (tmp_path / name / "some.jsonl").write_text("{")
    for arguments in (("evaluate", name), ("classify", "--model", name, "a"), ("batch", f"{name}.txt", "-o", "-")):
        code, _, err = run(*arguments, cwd=tmp_path)
        assert code == 3
        assert err.count("\n") == 1
        assert visible(err) == err


@pytest.mark.parametrize(
    ("arguments", "name"), [(("batch", "a秘密.csv"), "--output"), (("batch",), "INPUT"), (("evaluate",), "DATA")]
)
def test_what_is_missing_is_named_without_what_was_typed(arguments, name):
    code, _, err = run(*arguments)
    assert code == 2
    assert f"{name} is missing" in err
    assert err.count("\n") == 1
    assert "秘密" not in err


@pytest.mark.parametrize("arguments", [("none.txt", "-o", "-"), (".", "-o", "-"), ("in.txt", "-o", "no/out.jsonl")])
def test_unreadable_paths_are_one_line(tmp_path, arguments):
    (tmp_path / "in.txt").write_text("a")
    code, _, err = run("batch", *arguments, cwd=tmp_path)
    assert code in {2, 3}
    assert len(err.splitlines()) == 1


def test_a_closed_pipe_is_success(tmp_path):
    (tmp_path / "in.txt").write_text(f"{BILL}\n" * 5000, encoding="utf-8")
    first = f"{sys.executable} -m noticeguard batch in.txt -o - 2>err | head -n 1 >out; echo ${{PIPESTATUS[0]}}"
    for command in (first, f"{sys.executable} -m noticeguard --help 2>err | true; echo ${{PIPESTATUS[0]}}"):
        result = subprocess.run(["bash", "-c", command], cwd=tmp_path, capture_output=True, text=True)
        assert result.stdout.strip() == "0"
        assert "Traceback" not in (tmp_path / "err").read_text()


def test_evaluate_prints_the_figures_of_a_labelled_file(tmp_path):
    rows = [{"text": SCAM, "label": "impersonation_scam"}, {"text": BILL, "label": "unlawful_threat"}]
    (tmp_path / "some.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, out, _ = run("evaluate", "--json", str(tmp_path / "some.jsonl"))
    figures = json.loads(out)
    assert code == 0
    assert figures["accuracy"] == 0.5
    assert figures["confusion"][2][0] == 1
    assert "macro-F1" in run("evaluate", "--slices", str(tmp_path / "some.jsonl"))[1]


def test_evaluate_draws_its_calibration(tmp_path):
    (tmp_path / "some.jsonl").write_text(
        "".join(json.dumps({"text": t, "label": "unrelated"}) + "\n" for t in (SCAM, BILL))
    )
    code, _, err = run("evaluate", "some.jsonl", "--plots", "plots", cwd=tmp_path)
    assert (code, err) == (0, "")
    for name in ("reliability", "risk_coverage"):
        assert (tmp_path / "plots" / f"{name}.png").read_bytes().startswith(b"\x89PNG")
    (tmp_path / "file").write_text("")
    code, out, err = run("evaluate", "some.jsonl", "--plots", "file/x", cwd=tmp_path)
    assert (code, err.count("\n")) == (3, 1)
    assert "cannot write the pictures to file/x" in err
    assert "macro-F1" in out


def test_evaluate_names_an_unknown_label(tmp_path):
    (tmp_path / "some.jsonl").write_text('{"text": "a", "label": "spam"}\n')
    code, _, err = run("evaluate", str(tmp_path / "some.jsonl"))
    assert code == 3
    assert "some.jsonl:1" in err


def test_labels_and_model_tell_what_they_are():
    assert "冒充诈骗" in run("labels")[1]
    assert "sha256" in run("model")[1]
    assert run("--version")[0] == 0


def test_no_locale_is_no_obstacle():
    code, out, _ = run("classify", stdin=SCAM.encode(), env={"LC_ALL": "C", "PYTHONIOENCODING": "ascii"})
    assert code == 0
    assert "冒充诈骗" in out


def wait_for_output(folder):
    """Until a batch has begun to write."""
    for _ in range(400):
        if any(part.stat().st_size for part in folder.glob(".noticeguard-*")):
            return
        time.sleep(0.05)
    pytest.fail("nothing is written")


@pytest.fixture
def heeded():
    """Signals reach what a test starts, also where the tests themselves run in the background and ignore them."""
    defaults = {signal.SIGINT: signal.default_int_handler, signal.SIGTERM: signal.SIG_DFL}
    if hasattr(signal, "SIGHUP"):
        defaults[signal.SIGHUP] = signal.SIG_DFL
    before = {number: signal.signal(number, handler) for number, handler in defaults.items()}
    yield
    for number, handler in before.items():
        signal.signal(number, handler)


@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, getattr(signal, "SIGHUP", signal.SIGINT)])
@pytest.mark.parametrize("workers", ["1", "2"])
def test_an_interrupt_exits_with_130_and_leaves_nothing(tmp_path, workers, number):
    (tmp_path / "in.txt").write_text(f"{BILL}\n" * 200_000, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "noticeguard", "batch", "in.txt", "-o", "out.jsonl", "--workers", workers],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
    )
    wait_for_output(tmp_path)
    process.send_signal(number)
    _, err = process.communicate(timeout=20)
    assert process.returncode == 130
    assert b"Traceback" not in err
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.txt"]


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
@pytest.mark.usefixtures("heeded")
@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_closed_terminal_leaves_nothing_though_nobody_can_be_told(tmp_path, workers):
    (tmp_path / "in.txt").write_text(f"{BILL}\n" * 200_000, encoding="utf-8")
    command = [sys.executable, "-m", "noticeguard", "batch", "in.txt", "-o", "out.jsonl", "--workers", workers]
    with Path("/dev/full").open("wb") as full:
        process = subprocess.Popen(command, cwd=tmp_path, stderr=full, start_new_session=True)
    wait_for_output(tmp_path)
    os.killpg(process.pid, signal.SIGHUP)  # to all of the session, as a terminal does
    assert process.wait(timeout=20) == 130
    assert sorted(path.name for path in tmp_path.iterdir()) == ["in.txt"]


def test_workers_end_where_the_first_process_was_killed(tmp_path):
    (tmp_path / "in.txt").write_text(f"{BILL}\n" * 200_000, encoding="utf-8")
    process = subprocess.Popen(
        [sys.executable, "-m", "noticeguard", "batch", "in.txt", "-o", "out.jsonl", "--workers", "2"],
        cwd=tmp_path,
        stderr=subprocess.PIPE,
    )
    wait_for_output(tmp_path)
    process.kill()
    process.communicate(timeout=20)  # returns when the last process has let go of the pipe


@pytest.mark.parametrize(("name", "count"), [("a.TXT", 2), ("b.JSONL", 1)])
def test_endings_in_capitals_are_known(tmp_path, name, count):
    (tmp_path / name).write_text(json.dumps({"text": BILL}) + "\n" * count, encoding="utf-8")
    code, _, err = run("batch", name, "-o", "OUT.JSONL", cwd=tmp_path)
    assert code == 0
    assert f"{count} message" in err
    assert len((tmp_path / "OUT.JSONL").read_text(encoding="utf-8").splitlines()) == count


def test_a_text_column_of_lines_is_refused(tmp_path):
    (tmp_path / "in.txt").write_text("a")
    code, out, err = run("batch", "in.txt", "-o", "-", "--text-column", "label", cwd=tmp_path)
    assert (code, out, err.count("\n")) == (2, "", 1)
    assert "a .txt has no columns" in err


def test_an_interrupt_that_numba_wraps_is_an_interrupt():
    script = """
from noticeguard import Classifier
from noticeguard.cli import main

def interrupted(*_):
    try:
        raise SystemError("an unpickler returned a result with an exception set") from KeyboardInterrupt()
    except SystemError as error:
        raise SystemError("a dispatcher returned a result with an exception set") from error

Classifier.load = interrupted
main(["classify", "a"])
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (130, "")


def test_a_full_disk_is_one_line():
    result = subprocess.run(
        ["bash", "-c", f"{sys.executable} -m noticeguard classify 请还款 > /dev/full"], capture_output=True, text=True
    )
    assert result.returncode == 3
    assert result.stderr.count("\n") == 1


def test_what_cannot_be_opened_is_no_trouble_of_the_output():
    script = """
from noticeguard import Classifier
from noticeguard.cli import main

Classifier.load = lambda *_: open("none/such")
main(["classify", "a"])
"""
    result = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert (result.returncode, result.stderr) == (
        3, "noticeguard: cannot open none/such: No such file or directory; check the path\n",
    )  # fmt: skip


def test_closed_streams_are_no_traceback(tmp_path):
    (tmp_path / "in.txt").write_text("a")
    for command, cause in (
        ("classify >&- </dev/null", ""),
        ("classify <&-", "no standard input"),
        ("batch - -o - <&-", "no standard input"),
        ("batch in.txt -o - >&-", "no standard output"),
        ("evaluate none.jsonl >&-", "none.jsonl"),
    ):
        result = subprocess.run(
            ["bash", "-c", f"{sys.executable} -m noticeguard {command}"], cwd=tmp_path, capture_output=True, text=True
        )
        assert "Traceback" not in result.stderr
        assert cause in result.stderr
        assert (result.returncode, result.stderr.count("\n")) == ((3, 1) if cause else (0, 0))


def test_skipped_lines_are_counted(tmp_path):
    (tmp_path / "in.jsonl").write_bytes(b'{"text": "a"}\n{"text": NaN}\n{\n')
    err = run("batch", "in.jsonl", "-o", "-", "--skip-bad", cwd=tmp_path)[2]
    assert "2 unreadable lines left out, the first is line 2" in err


def test_an_output_that_is_a_folder_is_refused_at_once(tmp_path):
    (tmp_path / "out.jsonl").mkdir()
    (tmp_path / "in.txt").write_text("a")
    code, _, err = run("batch", "in.txt", "-o", "out.jsonl", cwd=tmp_path)
    assert code == 3
    assert "folder" in err


@pytest.mark.parametrize(
    "content",
    ["", '{"text": "a", "label": ["x"]}', "[" * 100_000, '{"text": "a", "label": "unrelated", "topics": null}'],
)
def test_odd_labelled_data_is_no_traceback(tmp_path, content):
    (tmp_path / "some.jsonl").write_text(content)
    code, _, err = run("evaluate", str(tmp_path / "some.jsonl"))
    assert code in {0, 3}
    assert "Traceback" not in err


def test_evaluate_writes_json_that_others_can_read_when_nothing_is_answered(tmp_path):
    (tmp_path / "some.jsonl").write_text('\ufeff{"text": "a", "label": "unrelated"}', encoding="utf-8")
    assert json.loads(run("evaluate", "--json", str(tmp_path / "some.jsonl"))[1])["answered_accuracy"] is None


def test_no_path_is_checked_before_its_reader_can_say_what_is_wrong():
    parameters = [parameter for command in main.commands.values() for parameter in command.params]
    paths = [parameter.type for parameter in parameters if isinstance(parameter.type, click.Path)]
    assert len(paths) == 9
    assert not any(path.readable for path in paths)


@pytest.mark.skipif(not hasattr(os, "geteuid") or os.geteuid() == 0, reason="root may read everything")
def test_a_file_that_may_not_be_read_is_named(tmp_path):
    (tmp_path / "in.txt").write_text("a")
    (tmp_path / "in.txt").chmod(0)
    for arguments in (("batch", "in.txt", "-o", "-"), ("evaluate", "in.txt")):
        code, out, err = run(*arguments, cwd=tmp_path)
        assert (code, out) == (3, "")
        assert "cannot read in.txt" in err


@pytest.mark.skipif(not Path("/dev/full").exists(), reason="no disk that is always full")
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        ("classify --nonsense", 2),
        ("classify --model none 请还款", 3),
        (f"classify --check {BILL}", 0),
        (f"classify --check {SCAM}", 1),
        ("batch in.txt -o out.jsonl", 0),
    ],
)
def test_that_nobody_can_be_told_changes_no_outcome(tmp_path, arguments, code):
    (tmp_path / "in.txt").write_text("a")
    with Path("/dev/full").open("wb") as full:
        command = [sys.executable, "-m", "noticeguard", *arguments.split()]
        assert subprocess.run(command, cwd=tmp_path, stdout=subprocess.PIPE, stderr=full).returncode == code
    assert (tmp_path / "out.jsonl").exists() == arguments.startswith("batch")


@pytest.mark.parametrize(("message", "code"), [(SCAM, 1), (BILL, 0)])
def test_a_closed_pipe_still_tells_risk(message, code):
    read, write = os.pipe()
    os.close(read)
    with os.fdopen(write, "wb") as closed:
        command = [sys.executable, "-m", "noticeguard", "classify", "--check", message]
        result = subprocess.run(command, stdout=closed, stderr=subprocess.PIPE)
    assert (result.returncode, result.stderr) == (code, b"")


def test_a_batch_says_where_it_read_a_part_only_and_steers_no_terminal(tmp_path):
    odd = "还钱\x9b31m\u202e\u2028"
    rows = [{"text": odd}, {"text": "账单" * 6000}]
    (tmp_path / "in.jsonl").write_text("".join(json.dumps(row) + "\n" for row in rows))
    code, out, _ = run("batch", "in.jsonl", "-o", "-", cwd=tmp_path)
    assert code == 0
    assert not {"\x9b", "\u202e", "\u2028"} & set(out)
    first, second = (json.loads(line) for line in out.splitlines())
    assert first["text"] == odd
    assert (first["truncated"], second["truncated"]) == (False, True)


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (("classify", "--why", "foo", "x"), "--why must be one of genuine_reminder"),
        (("classify", "--keywords", "-1", "x"), "--keywords must be a whole number from 0 on"),
        (("batch", "a.txt", "-o", "b.jsonl", "--workers", "abc"), "--workers must be a whole number from 1 on"),
        (("法院传票",), "there are audit, batch, classify"),
    ],
)
def test_a_wrong_argument_is_named_with_what_would_do_and_never_repeated(arguments, said, tmp_path):
    code, out, err = run(*arguments, cwd=tmp_path)
    assert (code, out) == (2, "")
    assert said in err
    assert "法院" not in err
    assert "abc" not in err


@pytest.mark.parametrize("workers", ["1", "2"])
def test_a_row_nested_too_deep_is_an_unreadable_line(tmp_path, workers):
    deep = '{"text": "a", "x": ' + "[" * 300 + "]" * 300 + "}"
    (tmp_path / "in.jsonl").write_text(f'{{"text": "b", "x": [[1]]}}\n{deep}\n')
    code, _, err = run("batch", "in.jsonl", "-o", "out.jsonl", "--workers", workers, cwd=tmp_path)
    assert code == 3
    assert "line 2 is nested deeper" in err
    code, _, err = run("batch", "in.jsonl", "-o", "out.jsonl", "--workers", workers, "--skip-bad", cwd=tmp_path)
    assert code == 0
    assert "1 message classified" in err


def test_skipping_every_line_is_an_error(tmp_path):
    (tmp_path / "in.jsonl").write_bytes("催收\n".encode("gb18030") * 3)
    code, _, err = run("batch", "in.jsonl", "-o", "out.jsonl", "--skip-bad", cwd=tmp_path)
    assert code == 3
    assert "none of the 3 lines" in err
    assert not (tmp_path / "out.jsonl").exists()


def test_no_command_at_all_shows_what_there_is():
    code, out, err = run()
    assert (code, err) == (0, "")
    assert "classify" in out
    assert "batch" in out


def test_a_wrong_option_says_nothing_of_quotes_around_the_message():
    code, _, err = run("classify", "--mode", "fast", "您好")
    assert code == 2
    assert "cautious" in err
    assert "quotes" not in err
    assert "quotes" in run("classify", "two", "words")[2]
