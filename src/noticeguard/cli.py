"""The command line: a door, no logic.

Exit codes: 0 done, whatever the label; 1 only with `--check` where something risky was
found, and of `audit` where the corpus falls short; 2 usage; 3 unreadable input or model;
130 interrupted. A closed pipe is success. Standard output is data, standard error is talk.
"""

import contextlib
import io
import json
import os
import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any, get_args

import click

from noticeguard import __version__
from noticeguard.classifier import RISKY, Classifier, Mode
from noticeguard.errors import InputError, NoticeguardError
from noticeguard.labels import answers
from noticeguard.labels import labels as known_labels
from noticeguard.render import Language
from noticeguard.verdict import KEYWORDS

_STDIN_LIMIT = 16 * 2**20  # bytes of one message; the longest SMS has a few hundred
_MESSAGE_HINT = ". A message with spaces needs quotes, one that begins with - needs -- before it; or use standard input"

_model = click.option(
    "--model",
    "model_folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A model folder; default: the shipped.",
)


_mode = click.option(
    "--mode",
    type=click.Choice(get_args(Mode)),
    default="balanced",
    show_default=True,
    help="How readily to answer: only where nearly sure; where right as a rule; always.",
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
            code = _leave_output(0)  # the reader has seen enough
        except _Refused as error:
            click.echo(f"noticeguard: {error.message}", err=True)
            code = error.exit_code
        except click.UsageError as error:
            # click's own line would repeat what was typed, which may be the message.
            command = error.ctx.command_path if error.ctx else "noticeguard"
            hint = _MESSAGE_HINT if command.endswith("classify") else ""
            click.echo(f"noticeguard: wrong arguments; see `{command} --help`{hint}", err=True)
            code = error.exit_code
        except click.ClickException as error:
            error.show()
            code = error.exit_code
        except NoticeguardError as error:
            click.echo(f"noticeguard: {error}", err=True)
            code = 3
        except (click.Abort, KeyboardInterrupt):
            code = 130
        except OSError as error:
            click.echo(f"noticeguard: cannot write the output: {error.strerror}; check the disk", err=True)
            code = _leave_output(3)
        sys.exit(code if isinstance(code, int) else 0)


def _leave_output(code: int) -> int:
    """Point standard output nowhere, or Python would complain again when it flushes at exit."""
    with contextlib.suppress(OSError):
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
    return code


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
@click.option("--why", type=click.Choice([label.id for label in known_labels()]), help="Contrast the call with LABEL.")
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
    verdict = Classifier.load(model_folder, mode).explain(message, why=why)
    facts = verdict.to_dict(keywords=keywords, language=language)
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
@click.argument("source", metavar="INPUT", type=click.Path(path_type=Path, allow_dash=True))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, allow_dash=True), help="A .jsonl, or -.")
@click.option("--text-column", default="text", show_default=True, help="The column of a .jsonl that holds the message.")
@click.option("--prefix", default="", help="Put before the names of the added columns.")
@click.option("--skip-bad", is_flag=True, help="Leave unreadable lines out instead of stopping.")
@click.option("--workers", type=click.IntRange(1), default=1, show_default=True, help="How many processes classify.")
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

    The output has the input's columns and label, best_guess, probability and keywords.
    """
    from noticeguard.batch import classify_rows, read_rows

    if str(source) != "-" and source.suffix not in {".txt", ".jsonl"}:
        raise _Refused("batch reads .txt and .jsonl; rename INPUT, or use - for .jsonl on standard input")
    if str(output) != "-" and output.suffix != ".jsonl":
        raise _Refused("batch writes .jsonl; give --output such a name, or -")
    classifier = Classifier.load(model_folder, mode)
    with _reading(source) as lines, _writing(output) as sink:
        skipped: list[int] | None = [] if skip_bad else None
        rows = read_rows(lines, jsonl=source.suffix != ".txt", text_column=text_column, skipped=skipped)
        count = 0
        for chunk in classify_rows(classifier, rows, text_column=text_column, prefix=prefix, workers=workers):
            sink.writelines(chunk)
            count += len(chunk)
    click.echo(f"{count} messages classified", err=True)
    if skipped:
        click.echo(f"{len(skipped)} unreadable lines left out, the first is line {skipped[0]}", err=True)


@main.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--slices", is_flag=True, help="Add a table by topic, origin, length and disguise.")
@click.option(
    "--plots", type=click.Path(path_type=Path), metavar="DIR", help="Write pictures of the calibration there."
)
@_mode
@_model
def evaluate(
    data: Path, *, as_json: bool, slices: bool, plots: Path | None, mode: Mode, model_folder: Path | None
) -> None:
    """Print how often the calls are right over DATA, a .jsonl file (or folder) with text and label."""
    from noticeguard.corpus import read_examples
    from noticeguard.evaluation import call, figures_text
    from noticeguard.evaluation import evaluate as measure
    from noticeguard.render import visible

    if plots is not None:
        try:
            from noticeguard.plots import save_plots
        except ModuleNotFoundError as error:
            raise _Refused(f"--plots needs {error.name}: pip install '.[train]'") from None
    calls = call(Classifier.load(model_folder, mode), read_examples(data))
    figures, parts = measure(calls)
    if plots is not None:
        save_plots(calls.confidence, calls.right, plots)
    if as_json:
        values = {**figures.to_dict(), "slices": {name: part.to_dict() for name, part in parts.items()}}
        click.echo(json.dumps(values))
    else:
        click.echo(visible(figures_text(figures, parts if slices else None)), nl=False)


@main.command()
@click.argument("data", type=click.Path(path_type=Path))
def audit(data: Path) -> None:
    """Check the corpus in the folder DATA: coverage, near-duplicates, label errors, artefacts.

    Exits with 1 where a figure asked for in DATA/coverage.toml is not met.
    """
    try:
        from noticeguard.audit import audit as examine
        from noticeguard.training import Options
    except ModuleNotFoundError as error:
        raise _Refused(f"audit needs {error.name}: pip install '.[audit]'") from None
    report, met = examine(data, Options(copies=0))  # disguised copies would tell nothing of the messages themselves
    click.echo(report, nl=False)
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
    from noticeguard.render import visible

    folder = model_folder or shipped_path()
    loaded = load_model(folder)
    card = folder / "README.md"
    if card.is_symlink() or not card.is_file():
        click.echo(f"model {loaded.settings.version}, without a card")
    else:
        click.echo(visible(card.read_text(encoding="utf-8", errors="replace")), nl=False)


def _read_stdin() -> str:
    if sys.stdin is None:
        raise InputError("there is no standard input; give the message as an argument")
    if sys.stdin.isatty():
        click.echo("Paste the message, then press Ctrl-D (Ctrl-Z and Enter on Windows).", err=True)
    data = sys.stdin.buffer.read(_STDIN_LIMIT + 1)
    if len(data) > _STDIN_LIMIT:
        raise InputError(f"standard input is longer than {_STDIN_LIMIT} bytes; give one message, or use `batch`")
    try:
        return data.decode("utf-8-sig").removesuffix("\n")
    except UnicodeDecodeError:
        raise InputError("standard input is not UTF-8; convert it, as with iconv -f GB18030") from None


@contextlib.contextmanager
def _reading(source: Path) -> Iterator[IO[bytes]]:
    if str(source) == "-":
        yield sys.stdin.buffer
        return
    with _opened(lambda: source.open("rb"), f"cannot read {source}") as stream:
        yield stream


@contextlib.contextmanager
def _writing(output: Path) -> Iterator[IO[bytes]]:
    """A file that appears under its name only when all of it is written."""
    if str(output) == "-":
        yield sys.stdout.buffer
        return
    target = output.resolve()
    if target.is_dir():
        raise InputError(f"cannot write {output}: it is a folder; name a file")
    with _opened(
        lambda: tempfile.NamedTemporaryFile("wb", dir=target.parent, prefix=".noticeguard-", delete=False),
        f"cannot write {output}",
    ) as stream:
        part = Path(stream.name)
        try:
            yield stream
            stream.close()
            part.chmod(0o666 & ~_umask())
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def _opened(opening: Callable[[], Any], problem: str) -> Any:
    try:
        return opening()
    except OSError as error:
        raise InputError(f"{problem}: {error.strerror}; check the path") from None
