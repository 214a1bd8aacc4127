"""A report on a terminal: colours, and lines folded to its width, by rich."""

from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from noticeguard.render import Facts, Section, basis, phrases, pieces, sections, supporting

_WIDTH = 80  # columns at most: longer lines of Chinese are hard to read
_COLORS = {
    "genuine_reminder": "bold green",
    "legal_collection": "bold yellow",
    "unlawful_threat": "bold red",
    "impersonation_scam": "bold red",
    "unrelated": "bold",
    "unsure": "bold cyan",
    "pass": "green",
    "warn": "yellow",
    "fail": "red",
    "unknown": "dim",
}


def print_report(facts: Facts, message: str, console: Console | None = None) -> None:
    """Print a report.

    Args:
        facts: `Verdict.to_dict` of `message`.
        message: the message itself.
        console: where to; by default standard output, without colours where `NO_COLOR` is set.
    """
    console = console or Console(highlight=False, markup=False, emoji=False)
    marked = Text()
    for piece, inside in pieces(message, supporting(facts)):
        marked.append(piece, "reverse" if inside else None)
    body = [_section(section, facts) for section in sections(facts)]
    heading = Text(phrases(facts["language"])["message"], "bold")
    body += [heading, Padding(marked, (0, 0, 0, 2)), _section(basis(facts), facts)]
    console.print(Group(*body), width=min(console.width, _WIDTH))


def _section(section: Section, facts: Facts) -> RenderableType:
    if len(section.lines) == 1 and section.id != "advice":
        style = _COLORS[facts["label"]] if section.id == "verdict" else ""
        return Text.assemble((section.title, "bold"), "  ", (section.lines[0][1], style), overflow="fold")
    lines = [Padding(Text(line, _COLORS.get(mark, ""), overflow="fold"), (0, 0, 0, 2)) for mark, line in section.lines]
    return Group(Text(section.title, "bold"), *lines)
