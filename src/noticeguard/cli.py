"""The command line: a door, no logic.

Exit codes: 0 done, whatever the label; 1 only with `--check` where something risky was
found, and of `audit` where the corpus falls short; 2 usage; 3 unreadable input or model;
130 interrupted. A closed pipe is success. Standard output is data, standard error is talk.
"""

import contextlib
import os
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import IO, Any

import click

from noticeguard import __version__
from noticeguard.errors import InputError, NoticeguardError

_STDIN_LIMIT = 16 * 2**20  # bytes of one message; the longest SMS has a few hundred

_model = click.option(
    "--model",
    "model_folder",
    type=click.Path(path_type=Path),
    metavar="DIR",
    help="A model folder; default: the shipped.",
)


class _Commands(click.Group):
    """Turns the errors of noticeguard into one line and an exit code."""

    def main(self, *args: Any, **extra: Any) -> Any:
        for stream in (sys.stdout, sys.stderr):
            if hasattr(stream, "reconfigure"):
                stream.reconfigure(encoding="utf-8", errors="backslashreplace")
        try:
            return super().main(*args, **extra)
        except NoticeguardError as error:
            click.echo(f"noticeguard: {error}", err=True)
            sys.exit(3)
        except KeyboardInterrupt:
            sys.exit(130)

    def invoke(self, ctx: click.Context) -> Any:
        try:
            result = super().invoke(ctx)
            sys.stdout.flush()
            return result
        except click.exceptions.Abort:
            sys.exit(130)
        except BrokenPipeError:
            # The reader has seen enough. Python would complain again when it flushes at exit.
            with contextlib.suppress(OSError):
                os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
            sys.exit(0)


@click.group(cls=_Commands, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, package_name="noticeguard")
def main() -> None:
    """Is this message a genuine reminder, lawful pressure, an unlawful threat or a scam?

    Everything runs on this machine; nothing is sent, logged or kept.
    """


@main.command()
@click.argument("message", required=False)
@click.option("--json", "as_json", is_flag=True, help="Print the verdict as JSON.")
@click.option("--keywords", type=click.IntRange(0), default=8, show_default=True, help="How many keywords to show.")
@click.option("--check", is_flag=True, help="Exit with 1 where the answer is an unlawful threat or a scam.")
@_model
def classify(message: str | None, *, as_json: bool, keywords: int, check: bool, model_folder: Path | None) -> None:
    """Classify MESSAGE, or the message on standard input (also with `-`)."""
    from noticeguard.classifier import RISKY, Classifier
    from noticeguard.render import render_json, render_text

    if message is None or message == "-":
        message = _read_stdin()
    verdict = Classifier.load(model_folder).classify(message)
    if as_json:
        click.echo(render_json(verdict, keywords=keywords), nl=False)
    else:
        color = sys.stdout.isatty() and not os.environ.get("NO_COLOR")
        click.echo(render_text(verdict, message, keywords=keywords, color=color), nl=False, color=color)
    if check and verdict.label in RISKY:
        sys.exit(1)


@main.command()
@click.argument("source", metavar="INPUT", type=click.Path(path_type=Path, allow_dash=True))
@click.option("-o", "--output", required=True, type=click.Path(path_type=Path, allow_dash=True), help="A .jsonl, or -.")
@click.option("--text-column", default="text", show_default=True, help="The column of a .jsonl that holds the message.")
@click.option("--prefix", default="", help="Put before the names of the added columns.")
@click.option("--skip-bad", is_flag=True, help="Leave unreadable lines out instead of stopping.")
@_model
def batch(
    source: Path, output: Path, *, text_column: str, prefix: str, skip_bad: bool, model_folder: Path | None
) -> None:  # fmt: skip
    """Classify the messages of INPUT: .txt (a message a line), .jsonl, or - (.jsonl on standard input).

    The output has the input's columns and label, best_guess, probability and keywords.
    """
    from noticeguard.batch import classify_rows, read_rows, write_rows
    from noticeguard.classifier import Classifier

    if str(source) != "-" and source.suffix not in {".txt", ".jsonl"}:
        raise click.BadParameter(f"{source.suffix or 'no'} suffix; it reads .txt and .jsonl", param_hint="INPUT")
    if str(output) != "-" and output.suffix != ".jsonl":
        raise click.BadParameter("it writes .jsonl", param_hint="--output")
    classifier = Classifier.load(model_folder)
    with _reading(source) as lines, _writing(output) as sink:
        rows = read_rows(lines, jsonl=source.suffix != ".txt", text_column=text_column, skip_bad=skip_bad)
        count = write_rows(classify_rows(classifier, rows, text_column=text_column, prefix=prefix), sink)
    click.echo(f"{count} messages classified", err=True)


@main.command()
@click.argument("data", type=click.Path(path_type=Path))
@click.option("--json", "as_json", is_flag=True, help="Print the figures as JSON.")
@click.option("--slices", is_flag=True, help="Add a table by topic, origin, length and disguise.")
@_model
def evaluate(data: Path, *, as_json: bool, slices: bool, model_folder: Path | None) -> None:
    """Print how often the calls are right over DATA, a .jsonl file (or folder) with text and label."""
    import json

    from noticeguard.classifier import Classifier
    from noticeguard.corpus import read_examples
    from noticeguard.evaluation import evaluate as measure
    from noticeguard.evaluation import figures_text

    figures, parts = measure(Classifier.load(model_folder), read_examples(data))
    if as_json:
        values = {**figures.to_dict(), "slices": {name: part.to_dict() for name, part in parts.items()}}
        click.echo(json.dumps(values))
    else:
        click.echo(figures_text(figures, parts if slices else None), nl=False)


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
        raise click.UsageError(f"audit needs {error.name}: pip install 'noticeguard[audit]'") from None
    report, met = examine(data, Options())
    click.echo(report, nl=False)
    if not met:
        sys.exit(1)


@main.command("labels")
def labels_() -> None:
    """What each label means."""
    from noticeguard.labels import answers

    for answer in answers().values():
        click.echo(f"{answer.id}\n  {answer.title}：{answer.meaning}\n  {answer.title_en}: {answer.meaning_en}")


@main.command()
@_model
def model(model_folder: Path | None) -> None:
    """What model this is: its card."""
    from noticeguard.model import load_model, shipped_path

    folder = model_folder or shipped_path()
    loaded = load_model(folder)
    card = folder / "README.md"
    click.echo(card.read_text(encoding="utf-8") if card.is_file() else f"model {loaded.settings.version}")


def _read_stdin() -> str:
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
    part = output.with_name(output.name + ".part")
    try:
        with _opened(lambda: part.open("wb"), f"cannot write {output}") as stream:
            yield stream
        part.replace(output)
    finally:
        part.unlink(missing_ok=True)


def _opened(opening: Callable[[], IO[bytes]], problem: str) -> IO[bytes]:
    try:
        return opening()
    except OSError as error:
        raise InputError(f"{problem}: {error.strerror}; check the path") from None
