"""Which rule of law the words of a message meet (`tables/grounds.toml`).

Grounds explain a call, and where the words leave doubt they count as well (`noticeguard.fusion`).
A rule whose words alone decide is `strong`: where one speaks against a mild call, the two
contradict each other.
"""

import re
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from functools import cache, partial
from typing import Any

from noticeguard import knowledge
from noticeguard.contacts import registry
from noticeguard.entities import Entities, Mention, find_entities
from noticeguard.normalize import Folded, fold_many
from noticeguard.patterns import Pattern, read_lists, read_pattern
from noticeguard.screen import Screen
from noticeguard.spans import Span, merge

_DECEIT, _BREACH = "impersonation_scam", "unlawful_threat"
_CLAUSE_END = re.compile(r"[,。!?;:、()\n]")
_FRAMES = ("negation", "speaks_about", "acts_itself")
_REACH = 14  # how many characters before a match a negation is looked for
_ANY_LINK = Pattern(r"\.[a-z]")  # stands among the patterns for a rule that links alone can meet


@dataclass(frozen=True, slots=True, kw_only=True)
class Rule:
    """A row of the table: how a ground is recognised, and what it says.

    Attributes:
        id: its name.
        label: the label that it speaks for.
        strong: whether the words alone decide, so that a call for a harmless label is contradicted.
        patterns: the ways to meet it; one is enough.
        links: how a link may stand in the registry of contacts to meet it as well.
        needs: what must stand somewhere in the message too, each of them.
        unless: what must stand nowhere in the message, or `None`.
        title, title_en: what was seen.
        statement, statement_en: what the law says of it, in one sentence of our own.
        instrument, instrument_en: the law and its article.
        source: where it was read.
        evidence: "T" the article itself was read, "N" it was read on a page that quotes it.
        reviewed: when.
    """

    id: str
    label: str
    strong: bool
    patterns: tuple[Pattern, ...] = field(repr=False)  # tens of thousands of characters
    links: tuple[str, ...]
    needs: tuple[Pattern, ...] = field(repr=False)
    unless: Pattern | None = field(repr=False)
    title: str
    title_en: str
    statement: str
    statement_en: str
    instrument: str
    instrument_en: str
    source: str
    evidence: str
    reviewed: date


@dataclass(frozen=True, slots=True, kw_only=True)
class Ground:
    """A rule that a message meets, and where.

    Attributes:
        rule: the rule.
        spans: (start, end), end exclusive, in order, without overlap: in the folded text, in a verdict in the message
            itself.
    """

    rule: Rule
    spans: tuple[Span, ...]


def find_grounds(text: str, *, strong: bool = False) -> tuple[Ground, ...]:
    """The rules that one text meets; `find_many` says how.

    Args:
        text: the message, folded or not; the spans are of its folded text.
        strong: look for strong rules only, in a fraction of the time.

    >>> [(ground.rule.id, ground.spans) for ground in find_grounds("你的钱要转到安全账户")]
    [('safe_account', ((6, 10),))]
    >>> find_grounds("公检法没有安全账户,请勿转账")
    ()
    """
    folded = fold_many([text])
    (found,) = find_many(folded, find_entities(folded), [0], strong=strong)
    return found


def find_many(
    folded: Folded, entities: Entities, which: Sequence[int], *, strong: bool = False
) -> list[tuple[Ground, ...]]:
    """The rules that messages of a batch meet, in the order of the table.

    A match behind a negation in its own clause does not count. A message that warns of
    such words, reports them or asks about them meets no rule, unless it opens a channel
    of its own, as a scam in the coat of a warning does. Deceit decides before a
    breach, as in the labelling guide: beside a rule that speaks for a scam, those that
    speak for an unlawful threat are left out, unless they alone are strong.

    Args:
        folded, entities: the batch.
        which: the numbers of the messages.
        strong: look for strong rules only, in a fraction of the time.
    """
    if not which:
        return []
    all_texts = folded.texts()
    texts = [all_texts[i] for i in which]
    worth_trying = _screen(strong).candidates(texts)
    begins = (folded.starts[which] + 1).tolist()
    ways = _ways(strong)
    return [
        _find(text, [ways[number] for number in some], partial(entities.within, begin, begin + len(text)))
        for text, some, begin in zip(texts, worth_trying, begins, strict=True)
    ]


def _find(
    text: str, to_try: Sequence[tuple[Rule, Pattern]], mentions: Callable[[], Sequence[Mention]]
) -> tuple[Ground, ...]:
    matches: dict[str, tuple[Rule, list[Span]]] = {}
    for rule, pattern in to_try:
        if pattern is _ANY_LINK:
            kinds = {f"link:{listing}" for listing in rule.links}
            spans = [(mention.start, mention.end) for mention in mentions() if mention.kind in kinds]
        else:
            spans = [match.span() for match in pattern.regex.finditer(text)]
        if spans:
            matches.setdefault(rule.id, (rule, []))[1].extend(spans)
    found = [Ground(rule=rule, spans=held) for rule, some in matches.values() if (held := _held(rule, some, text))]
    if not found or (_frame("speaks_about").regex.search(text) and not _frame("acts_itself").regex.search(text)):
        return ()
    deceit = [ground.rule.strong for ground in found if ground.rule.label == _DECEIT]
    return tuple(
        ground
        for ground in found
        if ground.rule.label != _BREACH or not deceit or (ground.rule.strong and not any(deceit))
    )


def _held(rule: Rule, spans: Sequence[Span], text: str) -> tuple[Span, ...]:
    """Of the matches of a rule those that count, if it has what it needs."""
    meant = [span for span in spans if not _negated(text, span[0])]
    if not meant or not all(pattern.regex.search(text) for pattern in rule.needs):
        return ()
    return () if rule.unless and rule.unless.regex.search(text) else merge(meant)


@cache
def rules() -> tuple[Rule, ...]:
    """Every rule that rests on something read, in the order of the table; what is known from memory is left out."""
    return read_rules(_table(), word_lists())


def read_rules(table: dict[str, Any], lists: dict[str, str]) -> tuple[Rule, ...]:
    """The rules of a parsed table whose evidence is not memory alone ("M"); `lists` are what its patterns name."""
    return tuple(_rule(row, lists, table["reviewed"]) for row in table["rule"] if row["evidence"] != "M")


def _rule(row: dict[str, Any], lists: dict[str, str], reviewed: date) -> Rule:
    read = {
        "patterns": tuple(read_pattern(pattern, lists) for pattern in row["patterns"]),
        "links": tuple(row.get("links", ())),
        "needs": tuple(read_pattern(pattern, lists) for pattern in row.get("needs", ())),
        "unless": read_pattern("|".join(row["unless"]), lists) if "unless" in row else None,
    }
    return Rule(**{"reviewed": reviewed, **row, **read})


@cache
def word_lists() -> dict[str, str]:
    """The word lists of the table, after one of the hosts that the registry of contacts knows."""
    known = registry()
    listed = known.hosts.keys() | known.vendors.keys() | known.forwarding | known.familiar
    hosts = sorted({*listed, *known.government.hosts})
    return read_lists({"listed": " ".join(map(re.escape, hosts)), **_table()["lists"]})


@cache
def _ways(strong: bool) -> tuple[tuple[Rule, Pattern], ...]:
    """Every pattern with its rule, in the order of the table; of strong rules only, where asked."""
    return tuple(
        (rule, pattern)
        for rule in rules()
        if rule.strong >= strong
        for pattern in (*rule.patterns, *([_ANY_LINK] if rule.links else ()))
    )


def screened(*, strong: bool) -> list[tuple[str, ...]]:
    """What the screen looks for: of each pattern in turn, the expressions that a text must match, all of them."""
    return [(pattern.expression, *(need.expression for need in rule.needs)) for rule, pattern in _ways(strong)]


@cache
def _screen(strong: bool) -> Screen:
    return Screen.read("strong" if strong else "grounds")


def _negated(text: str, start: int) -> bool:
    """Whether something in the same clause, shortly before, takes back what starts here."""
    before = _CLAUSE_END.split(text[max(0, start - _REACH) : start])[-1]
    return _frame("negation").regex.search(before) is not None


@cache
def _frame(name: str) -> Pattern:
    """What takes back, reports or acts: a row of patterns of the table that stand for one."""
    return read_pattern("|".join(_table()[name]), word_lists())


def patterns() -> Iterator[Pattern]:
    """Every pattern that is searched for, for `tools/build_screens.py`."""
    for rule in rules():
        yield from (*rule.patterns, *rule.needs, *([rule.unless] if rule.unless else ()))
    yield from map(_frame, _FRAMES)


@cache
def _table() -> dict[str, Any]:
    return knowledge.toml("grounds.toml")
