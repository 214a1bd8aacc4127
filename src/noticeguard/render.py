"""Verdicts as text and HTML, made from the facts that `Verdict.to_dict` gives. Makes strings only; prints nothing.

Every form shows the same facts. What a hostile message carries is shown, never obeyed:
control characters, ANSI escapes and bidirectional overrides appear as their code points,
and HTML is escaped.
"""

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import cache
from html import escape
from typing import Any, Literal

from noticeguard import knowledge
from noticeguard.spans import Span, merge

Facts = Mapping[str, Any]
Language = Literal["zh", "en"]

_CERTAIN = 0.995  # what rounds to 100 %
_LEAST_WEIGHT = 0.05  # of a keyword that is worth a line
_ORDINARY = frozenset({"traditional", "width"})  # what folding undoes, but many write so without a thought
_UNSEEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}  # the Unicode categories that could steer a terminal


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A part of a report: a heading and its lines.

    Attributes:
        id: what it is, such as `grounds`; renderers choose its looks by it.
        title: the heading.
        lines: what stands under it, each with a mark (`+`, `-`, `pass`, …, or empty).
    """

    id: str
    title: str
    lines: tuple[tuple[str, str], ...]


def visible(text: str) -> str:
    """The text with every character that could steer a terminal written as its code point; line breaks stay.

    >>> visible("a\\x1b[31mb")
    'a⟨U+001B⟩[31mb'
    """
    return "".join(
        char if char == "\n" or unicodedata.category(char) not in _UNSEEN else f"⟨U+{ord(char):04X}⟩" for char in text
    )


def one_line(text: str) -> str:
    """The text with nothing that could steer a terminal, line breaks included.

    >>> one_line("a\\nb")
    'a⟨U+000A⟩b'
    """
    return visible(text).replace("\n", "⟨U+000A⟩")


_LINE_BREAKS = re.compile(r"[\r\n]+")
_QUOTED = 60
"""Characters of a message that are quoted at once."""


@cache
def phrases(language: Language) -> Mapping[str, Any]:
    """What stands around the facts in a language, from `tables/phrases.toml`."""
    table = knowledge.toml("phrases.toml")
    phrases: Mapping[str, Any] = table[language]
    return phrases


def sections(facts: Facts) -> Iterator[Section]:
    """The report on a message, part by part, without the message itself."""
    say = phrases(facts["language"])
    yield Section(
        id="verdict", title=say["verdict"], lines=(("", facts["title"] + say["aside"].format(text=facts["label"])),)
    )
    if facts["reason"] == "confident":
        yield Section(id="probability", title=say["probability"], lines=(("", _percent(facts, say)),))
    else:
        reason = say["reasons"][facts["reason"]].format(guess=facts["best_guess_title"], percent=_percent(facts, say))
        if not facts["chinese"]:
            reason += say["then"] + say["only_chinese"]
        yield Section(id="reason", title=say["reason"], lines=(("", reason),))
    if facts["truncated"]:
        text = say["truncated"].format(count=facts["truncated"])
        yield Section(id="truncated", title=say["note"], lines=(("", text),))
    yield Section(id="meaning", title=say["meaning"], lines=(("", facts["meaning"]),))
    if len(facts["plausible"]) > 1:
        titles = say["or"].join(row["title"] for row in facts["plausible"])
        yield Section(id="plausible", title=say["plausible"], lines=(("", titles),))
    yield Section(id="advice", title=say["advice"], lines=tuple(("", row["text"]) for row in facts["advice"]))
    if facts["contacts"]:
        yield Section(id="contacts", title=say["contacts"], lines=tuple(map(_contact, facts["contacts"])))
    if facts["grounds"]:
        lines = tuple(("", _ground(row, say)) for row in facts["grounds"])
        yield Section(id="grounds", title=say["grounds"], lines=lines)
    if facts["checks"]:
        lines = tuple((row["status"], f"[{say[row['status']]}] {visible(row['text'])}") for row in facts["checks"])
        yield Section(id="checks", title=say["checks"], lines=lines)
    words = [row for row in facts["keywords"] if abs(row["weight"]) >= _LEAST_WEIGHT]
    if words:
        weaker = facts["weaker"] + len(facts["keywords"]) - len(words)
        more = [("", say["weaker"].format(count=weaker))] if weaker else []
        if facts["addition"]:
            more.append(("", say["addition"].format(weight=facts["addition"])))
        title = say["keywords"].format(title=facts["best_guess_title"])
        yield Section(id="keywords", title=title, lines=(*map(_keyword, words), *more))
    if facts["contrast"]:
        title = say["contrast"].format(title=facts["contrast"]["title"], own=facts["best_guess_title"])
        yield Section(id="contrast", title=title, lines=tuple(map(_keyword, facts["contrast"]["keywords"])))
    if facts["counterfactual"]:
        yield Section(id="counterfactual", title=_counterfactual(facts["counterfactual"], say), lines=())
    if not _ORDINARY.issuperset(facts["disguises"]):
        names = say["separator"].join(say["disguises"][name] for name in facts["disguises"])
        yield Section(id="disguises", title=say["disguises_title"], lines=(("", names),))


def basis(facts: Facts) -> Section:
    """The last part: where the advice is written, and what no text can show."""
    say = phrases(facts["language"])
    sources = say["then"].join(_each_once((row["source"] for row in facts["advice"]), say))
    about_debt = any(row["id"] == "debt_exists" for row in facts["checks"])
    limits = say["limits_of_debt" if about_debt else "limits"]
    return Section(
        id="basis",
        title=say["basis"],
        lines=(("", f"{sources}{say['stop']}{say['latest']}{limits}" if sources else limits),),
    )


def _each_once(sources: Iterable[str], say: Mapping[str, Any]) -> list[str]:
    """Every source once, and each law once with all its articles."""
    articles: dict[str, set[str]] = {}
    for source in (part for row in sources if row for part in row.split(say["then"])):
        cited = re.fullmatch(say["cited"], source)
        articles.setdefault(cited[1] if cited else source, set()).update(
            cited[2].split(say["separator"]) if cited else ()
        )
    return [_cite(law, sorted(numbers, key=_number), say) for law, numbers in articles.items()]


def _cite(law: str, articles: Sequence[str], say: Mapping[str, Any]) -> str:
    if not articles:
        return law
    form = say["cite_one" if len(articles) == 1 and articles[0].isdecimal() else "cite_many"]
    return str(form.format(law=law, articles=say["separator"].join(articles)))


def _number(article: str) -> int:
    """The article itself, or the first of several: `29-32`."""
    return int(article.partition("-")[0])


def _percent(facts: Facts, say: Mapping[str, Any]) -> str:
    """A probability for a reader: no model is certain."""
    return f"{facts['probability']:.0%}" if facts["probability"] < _CERTAIN else str(say["almost_certain"])


def _short(text: str) -> str:
    """What is quoted from a message: one line, and no more than is read."""
    text = _LINE_BREAKS.sub(" ", text)
    return one_line(text if len(text) <= _QUOTED else f"{text[:_QUOTED]}…")


def _contact(row: Facts) -> tuple[str, str]:
    return "", " ".join((row["organisation"], row["phone"], row["note"])).strip()


def _ground(row: Facts, say: Mapping[str, Any]) -> str:
    words = say["separator"].join(dict.fromkeys(say["quote"].format(text=_short(text)) for text in row["words"]))
    aside = say["aside"].format(text=row["instrument"])
    return f"{words} {row['title']}{say['between']}{row['statement']}{aside}"


def _keyword(row: Facts) -> tuple[str, str]:
    return "+" if row["weight"] > 0 else "-", f"{row['weight']:+.2f}  {_short(row['text'])}"


def _counterfactual(found: Facts, say: Mapping[str, Any]) -> str:
    words = say["separator"].join(say["quote"].format(text=_short(row["text"])) for row in found["phrases"])
    return str(say["counterfactual"].format(phrases=words, title=found["title"]))


def supporting(facts: Facts) -> tuple[Span, ...]:
    """Where the words stand that speak for the best guess, merged and in order."""
    return merge(
        (start, end) for row in facts["keywords"] if row["weight"] >= _LEAST_WEIGHT for start, end in row["spans"]
    )


def pieces(message: str, spans: Sequence[Span]) -> Iterator[tuple[str, bool]]:
    """The message in visible pieces: (piece, whether it lies in a span)."""
    at = 0
    for start, end in spans:
        yield visible(message[at:start]), False
        yield visible(message[start:end]), True
        at = end
    yield visible(message[at:]), False


def render_text(facts: Facts, message: str) -> str:
    """A report as plain text, one fact a line, whatever the width.

    Args:
        facts: `Verdict.to_dict` of `message`.
        message: the message itself.
    """
    say = phrases(facts["language"])
    lines: list[str] = []
    for section in sections(facts):
        lines += _plain(section, say)
    marked = "".join(f"[{piece}]" if inside else piece for piece, inside in pieces(message, supporting(facts)))
    lines += [f"{say['message']}{say['between']}".rstrip(), *("  " + line for line in marked.split("\n"))]
    lines += _plain(basis(facts), say)
    return "\n".join(lines) + "\n"


_LISTS = {"advice", "contacts", "grounds", "checks", "keywords", "contrast"}


def _plain(section: Section, say: Mapping[str, Any]) -> list[str]:
    if not section.lines:
        return [section.title]
    if section.id not in _LISTS:
        return [f"{section.title}{say['between']}{section.lines[0][1]}"]
    numbered = section.id == "advice"
    return [
        f"{section.title}{say['between']}".rstrip(),
        *(f"  {number}. {line}" if numbered else f"  {line}" for number, (_, line) in enumerate(section.lines, 1)),
    ]


@cache
def _style() -> str:
    return knowledge.text("report.css")


def render_html(facts: Facts, message: str) -> str:
    """A report as a self-contained HTML page: no script, nothing loaded from anywhere, light and dark."""
    language = "zh-CN" if facts["language"] == "zh" else "en"
    policy = "default-src 'none'; style-src 'unsafe-inline'"
    return (
        f'<!doctype html>\n<html lang="{language}">\n<head>\n<meta charset="utf-8">\n'
        f'<meta http-equiv="Content-Security-Policy" content="{policy}">\n'
        '<meta name="viewport" content="width=device-width">\n'
        f"<title>noticeguard</title>\n</head>\n<body>\n{render_fragment(facts, message)}</body>\n</html>\n"
    )


def render_fragment(facts: Facts, message: str) -> str:
    """The report as a piece of HTML to set into a page, as notebooks do."""
    say = phrases(facts["language"])
    parts = [f'<style>\n{_style()}</style>\n<section class="noticeguard">\n']
    for section in sections(facts):
        parts.append(_html(section, facts))
    marked = "".join(
        f"<mark>{escape(piece)}</mark>" if inside else escape(piece)
        for piece, inside in pieces(message, supporting(facts))
    )
    parts.append(f"<h3>{say['message']}</h3>\n<blockquote>{marked}</blockquote>\n")
    parts.append(f"<p><small>{escape(basis(facts).lines[0][1])}</small></p>\n</section>\n")
    return "".join(parts)


def _html(section: Section, facts: Facts) -> str:
    title = escape(section.title)
    if section.id == "verdict":
        return f'<h2 class="label {facts["label"]}">{title}: {escape(section.lines[0][1])}</h2>\n'
    if not section.lines:
        return f"<p>{title}</p>\n"
    if section.id not in _LISTS:
        return f"<p><b>{title}</b> {escape(section.lines[0][1])}</p>\n"
    tag = "ol" if section.id == "advice" else "ul"
    rows = "".join(f'<li class="{mark}">{escape(line)}</li>\n' if mark.isalpha() else f"<li>{escape(line)}</li>\n"
                   for mark, line in section.lines)  # fmt: skip
    return f"<h3>{title}</h3>\n<{tag}>\n{rows}</{tag}>\n"
