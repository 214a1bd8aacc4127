"""Train the model from the labelled messages: `python train.py`."""

import argparse
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import click

from noticeguard.corpus import read_examples
from noticeguard.errors import NoticeguardError
from noticeguard.render import one_line

HERE = Path(__file__).parent


def number(kind: type[int] | type[float], least: float, most: float = float("inf")) -> Callable[[str], float]:
    """An argument type: a number in a range."""

    def read(text: str) -> float:
        try:
            value = kind(text)
        except ValueError:
            raise argparse.ArgumentTypeError(f"{text!r} is no {'whole ' * (kind is int)}number") from None
        if not least <= value <= most:
            raise argparse.ArgumentTypeError(f"{text} is not between {least} and {most}")
        return value

    return read


@contextmanager
def progress(steps: int) -> Iterator[Callable[[], object]]:
    """What to call after each step: it moves a bar where a person looks on."""
    if not sys.stderr.isatty():
        yield lambda: None
        return
    with click.progressbar(length=steps, label="training", file=sys.stderr) as bar:
        yield lambda: bar.update(1)


def main() -> int:
    """Read the corpus, cross-validate, write the model folder, print the figures."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--data", type=Path, default=HERE / "data" / "corpus", help="folder of labelled .jsonl files")
    parser.add_argument("--out", type=Path, default=HERE / "models" / "shipped", help="the model folder to write")
    parser.add_argument("--seed", type=number(int, 0, 2**32 - 1), help="of the folds")
    parser.add_argument(
        "--least-messages", type=number(int, 1), help="an n-gram or a word is a feature if so many messages hold it"
    )
    parser.add_argument("--regularization", type=number(float, 1e-6, 1e6), help="C of the logistic regression")
    parser.add_argument(
        "--precision", type=number(float, 0, 1), help="answer a label from the probability with this precision"
    )
    parser.add_argument("--cautious-precision", type=number(float, 0, 1), help="the same in the mode `cautious`")
    parser.add_argument(
        "--error", type=number(float, 0, 0.5), help="the share of a label's messages that may rule it out"
    )
    parser.add_argument(
        "--sure",
        type=number(float, 0, 1),
        help="from this probability on, words alone settle whether it is a threat, a scam or neither",
    )
    parser.add_argument(
        "--false-scams", type=number(float, 0, 1), help="genuine and lawful messages that may be called a scam"
    )
    parser.add_argument(
        "--false-alarms", type=number(float, 0, 1), help="harmless messages that may be answered a threat, or a scam"
    )
    parser.add_argument(
        "--false-calls", type=number(float, 0, 1), help="unrelated messages that may be answered anything else"
    )
    parser.add_argument(
        "--copies",
        type=number(float, 0, 10),
        help="disguised, shortened, and twice as many reworded copies to fit beside each message (default: 1)",
    )
    parser.add_argument(
        "--fits", type=number(int, 1), help="the weights are the mean of so many fits beside other copies (default: 4)"
    )
    parser.add_argument("--workers", type=number(int, 1), help="processes for the folds and fits")
    asked = vars(parser.parse_args())
    data, out = asked.pop("data"), asked.pop("out")
    try:
        from noticeguard.fitting import Options
        from noticeguard.training import STEPS, train
    except ModuleNotFoundError as error:
        print(f"train.py needs {error.name}: pip install '.[train]'", file=sys.stderr)
        return 2
    try:
        options = Options(**{name: value for name, value in asked.items() if value is not None})
        examples = read_examples(data)
        with progress(STEPS) as step:
            report = train(examples, out, options, step)
        print(report, end="")
    except KeyboardInterrupt:
        return 130
    except (NoticeguardError, OSError) as error:
        print(f"train.py: {one_line(str(error))}", file=sys.stderr)
        return 3
    print(f"model written to {out}", file=sys.stderr)
    return 0


if __name__ == "__main__":
    sys.exit(main())
