"""The command line: a door, no logic.

Exit codes: 0 done, whatever the label; 1 only with `--check` where something risky was
found, and of `audit` where the corpus falls short; 2 usage; 3 unreadable input or model;
130 interrupted, `batch` by SIGTERM or SIGHUP too. A closed pipe is success. Standard output
is data, standard error is talk.
"""

import contextlib
import io
import json
import os
import sys
from collections.abc import Iterator
from contextlib import AbstractContextManager
from pathlib import Path
from typing import IO, Any, TextIO, get_args

import click

from noticeguard import __version__
from noticeguard.classifier import Classifier, Mode
from noticeguard.errors import InputError, NoticeguardError
from noticeguard.files import INPUT_LIMIT, blame, read_lines, reading, writing
from noticeguard.labels import RISKY, answers, label_ids
from noticeguard.render import Language, one_line, visible
from noticeguard.verdict import KEYWORDS

_MESSAGE_HINT = ". A message with spaces needs quotes, one that begins with - needs -- before it; or use standard input"

# Whether a path can be read is for its reader to say, with its name and 3, the exit code for that.
_path = click.Path(path_type=Path, readable=False)
_model = click.option(
    "--model",
    "model_folder",
    type=_path,
    metavar="DIR",
    help="A model folder; default: the shipped.",
)


_mode = click.option(
    "--mode",
    type=click.Choice(get_args(Mode)),
    default="balanced",
    show_default=True,
    help="How readily to answer: only where nearly sure; where right as a rule; wherever there is evidence.",
)
_language = click.option(
    "--lang", "language", type=click.Choice(get_args(Language)), default="zh", show_default=True, help="Language."
)


class _Refused(click.UsageError):
    """A usage that is refused in our own words, without repeating what was typed."""


class _Commands(click.Group):
    """Turns what can go wrong into one line and an exit code."""

    def main(self, *args: Any, **extra: Any) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if isinstance(stream, io.TextIOWrapper):
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")
        try:
            code = super().main(*args, **{**extra, "standalone_mode": False})
            if sys.stdout is not None:
                sys.stdout.flush()
        except (BrokenPipeError, SystemExit):  # click leaves by SystemExit for a closed pipe alone
            _leave(sys.stdout)  # the reader has seen enough
            code = 0
        except _Refused as error:
            _complain(error.message)
            code = error.exit_code
        except click.UsageError as error:
            _complain(_usage_problem(error))
            code = error.exit_code
        except click.ClickException as error:
            _complain(error.format_message())
            code = error.exit_code
        except NoticeguardError as error:
            _complain(str(error))
            code = 3
        except (click.Abort, KeyboardInterrupt):
            code = 130
        except SystemError as error:
            if not _is_interrupt(error):
                raise
            code = 130
        except OSError as error:
            named = error.filename is not None  # writing to a stream that is open names none
            problem = f"cannot open {error.filename}" if named else "cannot write the output"
            _complain(f"{problem}: {error.strerror}; check the {'path' if named else 'disk'}")
            _leave(sys.stdout)
            code = 3
        sys.exit(code if isinstance(code, int) else 0)

    def parse_args(self, ctx: click.Context, args: list[str]) -> list[str]:
        return super().parse_args(ctx, args or ["--help"])

    def invoke(self, ctx: click.Context) -> Any:
        try:
            return super().invoke(ctx)
        except KeyboardInterrupt:
            _tell("")  # click would end the line that ^C stands in too, and fail where nobody listens any more
            raise click.Abort from None


def _is_interrupt(error: BaseException) -> bool:
    """Whether an interrupt is behind an error: of one that meets the kernel, numba makes a chain of `SystemError`."""
    cause = error.__cause__
    return isinstance(cause, KeyboardInterrupt) or (cause is not None and _is_interrupt(cause))


def _tell(text: str) -> None:
    """Say something on standard error; that nobody can be told changes no outcome."""
    try:
        click.echo(text, err=True)
    except OSError:
        _leave(sys.stderr)


def _complain(problem: str) -> None:
    """Say on standard error what is wrong, in one line whatever the names of files hold."""
    _tell(f"noticeguard: {one_line(problem)}")


def _usage_problem(error: click.UsageError) -> str:
    """What is wrong with the arguments; click's own line would repeat what was typed, which may be the message."""
    command = error.ctx.command_path if error.ctx else "noticeguard"
    problem, option = "wrong arguments", False
    if isinstance(error, click.BadParameter) and error.param is not None:
        option = isinstance(error.param, click.Option)
        name = error.param.opts[-1] if option else error.param.human_readable_name
        problem = f"{name} {_wanted(error)}"
    elif error.ctx and isinstance(error.ctx.command, click.Group):
        problem = f"no such command; there are {', '.join(sorted(error.ctx.command.commands))}"
    hint = _MESSAGE_HINT if command.endswith("classify") and not option else ""
    return f"{problem}; see `{command} --help`{hint}"


def _wanted(error: click.BadParameter) -> str:
    """What is wrong with the value of an option or argument."""
    kind = error.param.type if error.param else None
    if isinstance(error, click.MissingParameter):
        return "is missing"
    if isinstance(kind, click.Choice):
        return f"must be one of {', '.join(kind.choices)}"
    if isinstance(kind, click.IntRange):
        return f"must be a whole number from {kind.min} on"
    return "has a value that does not fit"


def _leave(stream: TextIO | None) -> None:
    """Point a standard stream nowhere, or Python would complain again when it flushes at exit."""
    if stream is not None:
        with contextlib.suppress(OSError):
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())


@contextlib.contextmanager
def _printing() -> Iterator[None]:
    """Where the reader has seen enough, what follows is still done: the exit code may be all that was asked for."""
    try:
        yield
    except BrokenPipeError:
        _leave(sys.stdout)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="noticeguard")
def main() -> None:
    """Is this message a genuine reminder, lawful pressure, an unlawful threat or a scam?

    Everything runs on this machine; nothing is sent, logged or kept.
    """


@main.command()
@click.argument("message", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
@click.option("--html", "as_html", is_flag=True, help="Print the report as a self-contained HTML page.")
@click.option("--keywords", type=click.IntRange(0), default=KEYWORDS, show_default=True, help="How many keywords.")
@click.option("--why", type=click.Choice(label_ids()), help="Contrast the call with LABEL.")
@click.option("--check", is_flag=True, help="Exit with 1 where the answer is an unlawful threat or a scam.")
@_language
@_mode
@_model
def classify(
    message: str | None, *, as_json: bool, as_html: bool, keywords: int, why: str | None, check: bool,
    language: Language, mode: Mode, model_folder: Path | None,
) -> None:  # fmt: skip
    """Classify MESSAGE, or the message on standard input (also with `-`)."""
    from noticeguard.render import render_html, render_text

    if as_json and as_html:
        raise _Refused("--json and --html exclude each other; give one of them")
    if message is None or message == "-":
        message = _read_stdin()
    try:
        message.encode()
    except UnicodeEncodeError:  # Python keeps undecodable bytes of an argument as surrogates, which folding drops
        raise InputError("the message is not UTF-8; convert it, as with iconv -f GB18030") from None
    verdict = Classifier.load(model_folder, mode).explain(message, why=why)
    facts = verdict.to_dict(keywords=keywords, language=language)
    with _printing():
        if as_json:
            click.echo(json.dumps(facts))
        elif as_html:
            click.echo(render_html(facts, message), nl=False)
        elif sys.stdout is not None and sys.stdout.isatty():
            from noticeguard.terminal import print_report  # rich takes as long to load as everything else

            print_report(facts, message)
        else:
            click.echo(render_text(facts, message), nl=False)
    if check and verdict.label in RISKY:
        click.get_current_context().exit(1)


@main.command()
@click.argument("source", metavar="INPUT", type=_path)
@click.option("-o", "--output", required=True, type=_path, help="A .jsonl, or -.")
@click.option("--text-column", default="text", show_default=True, help="The column of a .jsonl that holds the message.")
@click.option("--prefix", default="", help="Put before the names of the added columns.")
@click.option("--skip-bad", is_flag=True, help="Leave unreadable lines out instead of stopping.")
@click.option(
    "--workers", type=click.IntRange(1), default=1, show_default=True, help="Processes that classify, up to one a core."
)
@_mode
@_model
def batch(
    source: Path,
    output: Path,
    *,
    text_column: str,
    prefix: str,
    skip_bad: bool,
    workers: int,
    mode: Mode,
    model_folder: Path | None,
) -> None:
    """Classify the messages of INPUT: .txt (a message a line), .jsonl, or - (.jsonl on standard input).

    The output has the input's columns and label, best_guess, probability, reason, truncated and keywords.
    """
    from noticeguard.batch import classify_rows, heed_termination, read_rows

    kind = source.suffix.lower()
    if str(source) != "-" and kind not in {".txt", ".jsonl"}:
        raise _Refused(
            "batch reads .txt (a message a line) and .jsonl; convert INPUT, or use - for .jsonl on standard input"
        )
    if str(output) != "-" and output.suffix.lower() != ".jsonl":
        raise _Refused("batch writes .jsonl; give --output such a name, or -")
    if kind == ".txt" and text_column != "text":
        raise _Refused("a .txt has no columns: each line is a message; leave --text-column out, or convert INPUT")
    if skip_bad and _is_input(source, output):
        raise _Refused("--skip-bad would lose the lines it leaves out where --output is INPUT; name another --output")
    classifier = Classifier.load(model_folder, mode)
    heed_termination()
    with _reading(source) as lines, _writing(output) as sink:
        skipped: list[int] | None = [] if skip_bad else None
        rows = read_rows(lines, jsonl=kind != ".txt", text_column=text_column, skipped=skipped)
        count = 0
        for chunk in classify_rows(classifier, rows, text_column=text_column, prefix=prefix, workers=workers):
            sink.writelines(chunk)
            count += len(chunk)
        if skipped and not count:
            raise InputError(f"none of the {len(skipped)} lines can be read; look at the first without --skip-bad")
    _tell(f"{count} message{'s' * (count != 1)} classified")
    if skipped:
        _tell(f"{len(skipped)} unreadable lines left out, the first is line {skipped[0]}")


@main.command()
@click.argument("data", type=_path)
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--slices", is_flag=True, help="Add a table by topic, origin, length and disguise.")
@click.option("--plots", type=_path, metavar="DIR", help="Write pictures of the calibration there.")
@_mode
@_model
def evaluate(
    data: Path, *, as_json: bool, slices: bool, plots: Path | None, mode: Mode, model_folder: Path | None
) -> None:
    """Print how often the calls are right over DATA, a .jsonl file (or folder) with text and label."""
    from noticeguard import evaluation
    from noticeguard.corpus import read_examples

    if plots is not None:
        try:
            from noticeguard.plots import save_plots
        except ModuleNotFoundError as error:
            raise _Refused(f"--plots needs {error.name}: pip install 'noticeguard[train]'") from None
    calls = evaluation.call(Classifier.load(model_folder, mode), read_examples(data))
    figures, parts = evaluation.evaluate(calls)
    with _printing():
        if as_json:
            values = {**figures.to_dict(), "slices": {name: part.to_dict() for name, part in parts.items()}}
            click.echo(json.dumps(values))
        else:
            click.echo(visible(evaluation.figures_text(figures, parts if slices else None)), nl=False)
    if plots is not None:
        with blame(f"cannot write the pictures to {plots}"):
            save_plots(calls.confidence, calls.right, plots)


@main.command()
@click.argument("data", type=_path)
def audit(data: Path) -> None:
    """Check the corpus in the folder DATA: coverage, near-duplicates, label errors, artefacts.

    Exits with 1 where a figure asked for in DATA/coverage.toml is not met.
    """
    try:
        from noticeguard.audit import audit as examine
        from noticeguard.fitting import Options
    except ModuleNotFoundError as error:
        raise _Refused(f"audit needs {error.name}: pip install 'noticeguard[audit]'") from None
    report, met = examine(data, Options(copies=0))  # disguised copies would tell nothing of the messages themselves
    with _printing():
        click.echo(visible(report), nl=False)
    if not met:
        click.get_current_context().exit(1)


@main.command("labels")
def labels_() -> None:
    """What each label means."""
    for answer in answers().values():
        click.echo(f"{answer.id}\n  {answer.title}：{answer.meaning}\n  {answer.title_en}: {answer.meaning_en}")


@main.command()
@_model
def model(model_folder: Path | None) -> None:
    """What model this is: its card."""
    from noticeguard.artefact import load_model, shipped_path

    folder = model_folder or shipped_path()
    loaded = load_model(folder)
    card = folder / "README.md"
    if not card.is_file():
        click.echo(f"model {loaded.settings.version}, without a card")
    else:
        with blame(f"cannot read {card}"):
            text = card.read_text(encoding="utf-8", errors="replace")
        click.echo(visible(text), nl=False)


def _read_stdin() -> str:
    stream = _standard_input("give the message as an argument")
    if sys.stdin.isatty():
        _tell("Paste the message, then press Ctrl-D (Ctrl-Z and Enter on Windows).")
    with blame("cannot read standard input"):
        data = stream.read(INPUT_LIMIT + 1)
    if len(data) > INPUT_LIMIT:
        raise InputError(f"standard input is longer than {INPUT_LIMIT} bytes; give one message, or use `batch`")
    try:
        return data.decode("utf-8-sig").removesuffix("\n")
    except UnicodeDecodeError:
        raise InputError("standard input is not UTF-8; convert it, as with iconv -f GB18030") from None


def _standard_input(instead: str) -> IO[bytes]:
    if sys.stdin is None:
        raise InputError(f"there is no standard input; {instead}")
    return sys.stdin.buffer


def _reading(source: Path) -> AbstractContextManager[Iterator[bytes]]:
    if str(source) != "-":
        return reading(source)
    return contextlib.nullcontext(read_lines(_standard_input("name a file"), "standard input"))


def _writing(output: Path) -> AbstractContextManager[IO[bytes]]:
    if str(output) != "-":
        return writing(output)
    if sys.stdout is None:
        raise InputError("there is no standard output; name a file with --output")
    return contextlib.nullcontext(sys.stdout.buffer)


def _is_input(source: Path, output: Path) -> bool:
    """Whether both are one file, be it through links or as what standard input is read from."""
    if str(output) == "-":
        return False
    try:
        given = os.fstat(0) if str(source) == "-" else source.stat()
        return os.path.samestat(given, output.stat())
    except OSError:  # one of them is not there, which is for others to say
        return False
