"""A report on a terminal: colours, and lines folded to its width, by rich."""

import re

from rich.cells import cell_len
from rich.console import Console, Group, RenderableType
from rich.padding import Padding
from rich.text import Text

from noticeguard.render import Facts, Section, basis, phrases, pieces, sections, supporting

_WIDTH = 80  # columns at most: longer lines of Chinese are hard to read
_UNIT = re.compile(  # what no line is cut in: a word or number, or a sign, with what opens before and closes behind it
    r"[（(【《“「『\[]*"
    r"(?:[A-Za-z0-9](?:[A-Za-z0-9.:/@*+,%-]*[A-Za-z0-9%*])?|.)"
    r"[，。、；：！？…）)】》”」』\],.;:!?]*\s*",
    re.DOTALL,
)
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
    width = min(console.width, _WIDTH)
    body = [_section(section, facts, width) for section in sections(facts)]
    heading = Text(phrases(facts["language"])["message"], "bold")
    body += [heading, Padding(marked, (0, 0, 0, 2)), _section(basis(facts), facts, width)]
    console.print(Group(*body), width=width)


def _section(section: Section, facts: Facts, width: int) -> RenderableType:
    if len(section.lines) == 1 and section.id != "advice":
        text = Text(_folded(f"{section.title}  {section.lines[0][1]}", width), overflow="fold")
        text.stylize("bold", 0, len(section.title))
        if section.id == "verdict":
            text.stylize(_COLORS[facts["label"]], len(section.title))
        return text
    parts: list[RenderableType] = [Text(section.title, "bold")]
    for number, (mark, line) in enumerate(section.lines, 1):
        shown = _folded(f"{number}. {line}" if section.id == "advice" else line, width - 2)
        parts.append(Padding(Text(shown, _COLORS.get(mark, ""), overflow="fold"), (0, 0, 0, 2)))
    return Group(*parts)


def _folded(line: str, width: int) -> str:
    """A line cut into lines of a width: numbers and words stay whole, and none begins with what closes.

    What is wider alone, rich folds.

    >>> _folded("请打12378投诉。", 8).split("\\n")
    ['请打', '12378投', '诉。']
    """
    lines, room = [""], width
    for unit in _UNIT.findall(line):
        if cell_len(unit.rstrip()) > room and lines[-1]:
            lines.append("")
            room = width
        lines[-1] += unit
        room -= cell_len(unit)
    return "\n".join(part.rstrip() for part in lines)
