"""Could this be real? What the text of a message shows and does not show (`tables/checks.toml`).

A check follows from the text and never decides the label; what the message is taken for only
says which checks apply, makes names doubtful and adds limits. The patterns and every sentence
are in the table; here is how its findings are chosen.
"""

import re
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from collections.abc import Set as AbstractSet
from dataclasses import dataclass, replace
from datetime import date
from functools import cache
from typing import Any, Literal

from noticeguard import knowledge
from noticeguard.contacts import Contact, HostJudgement, registry
from noticeguard.entities import Mention
from noticeguard.patterns import Pattern, read_lists, read_pattern
from noticeguard.spans import Span

Status = Literal["pass", "warn", "fail", "unknown"]

_DETENTION = {"拘留"}  # which a court itself can order where a judgment is not performed: no arrest
_WINDOW = 100  # how many characters before and behind a match its context reaches at most
_SENTENCE_END = re.compile(r"[。!?;]")
_CLAUSE_END = re.compile(r"[,。!?;:]")
_SHORTEST = 5  # digits of a number that others may lengthen
_GROUPED = 10  # digits of a number that is written in groups: 400-820-5555
# How a sender names himself, best first.
_WAYS = ("signed", "introduced", "mandated", "signed_below", "signed_last", "restated", "headed")
_UNCLEAR = ("signed_below", "headed")  # what stands there may be something else: a name only if an organisation's
_NO_LENDING = ("friend", "outsider", "reply")  # what speaks of a debt, but not as a lender to its debtor


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One thing that the text shows, or cannot show.

    Attributes:
        id: what was looked at, as in the table.
        status: `pass` speaks for the message, `warn` asks for care, a real sender does not do what `fail` names,
            `unknown` cannot be told from the text.
        title, title_en: what was looked at, for readers.
        text, text_en: what was found, one sentence.
        spans: where it was found, end exclusive: in the folded text, in a verdict in the message itself.
    """

    id: str
    status: Status
    title: str
    title_en: str
    text: str
    text_en: str
    spans: tuple[Span, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Finding:
    status: Status
    text: str
    text_en: str
    pattern: Pattern | None
    beside: tuple[str, ...]
    unless: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class _Rule:
    """A check of the table with its findings, by id, in order."""

    id: str
    title: str
    title_en: str
    findings: Mapping[str, _Finding]

    def check(self, finding: str, spans: Sequence[Span] = (), **fields: str) -> Check:
        found = self.findings[finding]
        return Check(
            id=self.id,
            status=found.status,
            title=self.title,
            title_en=self.title_en,
            text=found.text.format(**fields),
            text_en=found.text_en.format(**fields),
            spans=tuple(spans),
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Table:
    rules: tuple[_Rule, ...]
    patterns: Mapping[str, Pattern]
    case_types: Mapping[str, str]  # type code to `criminal` or `other`


@dataclass(frozen=True, slots=True)
class _Message:
    """One folded message under examination."""

    text: str
    mentions: Sequence[Mention]
    today: date
    suspect: bool
    collects: bool
    worth_trying: AbstractSet[Pattern]  # of the findings' patterns
    original: Callable[[Span], str]

    def speaks_of(self, topic: str) -> bool:
        """Whether a pattern of the table matches anywhere."""
        return _table().patterns[topic].regex.search(self.text) is not None

    def meant(self, pattern: Pattern) -> list[Span]:
        """Where a pattern matches and is not denied, forbidden, warned of or quoted."""
        return [match.span() for match in pattern.regex.finditer(self.text) if self._is_meant(*match.span())]

    def _is_meant(self, start: int, end: int) -> bool:
        patterns = _table().patterns
        before = self.text[max(0, start - _WINDOW) : start]
        clause = _CLAUSE_END.split(before)[-1] + self.text[start:end]
        sentence = _SENTENCE_END.split(before)[-1]
        behind = self.text[end : end + _WINDOW]
        return not (
            patterns["denied"].regex.search(clause)
            or patterns["warned"].regex.search(sentence)
            or patterns["called"].regex.search(behind)
        )


def find_checks(
    text: str,
    mentions: Sequence[Mention],
    *,
    today: date | None = None,
    suspect: bool = False,
    collects: bool = False,
    original: Callable[[Span], str] | None = None,
    rows: Iterable[int] | None = None,
) -> tuple[Check, ...]:
    """What the text of a message shows and does not show.

    Args:
        text: the folded text.
        mentions: its entities, from `Entities.within`.
        today: the day by which a year lies in the future; by default the day of the call.
        suspect: whether it is taken for a scam or a rule speaks for one, so that a name in the text is a claim and
            nothing more. What fails makes a message suspect as well.
        collects: whether it is taken for a creditor's or collector's, in whatever words.
        original: what stands in the message as it came, for a span of the folded text; by default that text itself.
        rows: which patterns of the findings are worth trying, as numbers of `screened` (`noticeguard.shown`); by
            default all.

    Returns:
        The checks that say something about this message, in the order of the table, and the limits that
        matter to what it speaks of.

    Example:
        >>> [(check.id, check.status) for check in find_checks("请把钱转入安全账户,联系王警官", [])]
        [('sender', 'warn'), ('payment', 'fail'), ('spoofing', 'unknown'), ('debt_exists', 'unknown')]
    """
    patterns = _screened()
    possible = set(patterns if rows is None else map(patterns.__getitem__, rows))
    original = original or (lambda span: text[slice(*span)])
    message = _Message(text, mentions, today or date.today(), suspect, collects, possible, original)
    checks = _apply(message)
    if not suspect and any(check.status == "fail" for check in checks):
        return _apply(replace(message, suspect=True))
    return checks


def _apply(message: _Message) -> tuple[Check, ...]:
    """The checks of the table that say something about a message."""
    return tuple(check for rule in _table().rules for check in _FINDERS.get(rule.id, _by_pattern)(message, rule))


def _by_pattern(message: _Message, rule: _Rule) -> Iterator[Check]:
    """The first finding whose pattern is meant; one without a pattern always holds."""
    for name, finding in rule.findings.items():
        if finding.pattern is None:
            yield rule.check(name)
            return
        if finding.pattern not in message.worth_trying or (message.suspect and finding.status == "pass"):
            continue
        spans = message.meant(finding.pattern)
        is_beside = spans and all(message.speaks_of(topic) for topic in finding.beside)
        if is_beside and not any(message.speaks_of(topic) for topic in finding.unless):
            yield rule.check(name, spans)
            return


def _sender(message: _Message, rule: _Rule) -> Iterator[Check]:
    found = _signature(message)
    if found:
        is_vague = _table().patterns["vague"].regex.search(found[1]) is not None
        named = "claimed" if message.suspect else "named"
        sender = " ".join(message.original(found.span(1)).split())
        yield rule.check("vague" if is_vague else named, [found.span(1)], sender=sender)
        return
    asks = (message.collects or message.suspect) and (message.speaks_of("debt") or message.speaks_of("state"))
    if asks and not message.speaks_of("friend"):
        yield rule.check("mentioned" if message.speaks_of("organisation") else "absent")


def _signature(message: _Message) -> re.Match[str] | None:
    """Who signs the text or introduces himself, as group 1: where there are several, one who says which he is."""
    patterns = _table().patterns
    organisation, vague = patterns["organisation"].regex, patterns["vague"].regex
    matches = [(way, patterns[way].regex.search(message.text)) for way in _WAYS]
    found = [
        match
        for way, match in matches
        if match
        and not patterns["nameless"].regex.search(match[1])
        and (way not in _UNCLEAR or organisation.search(match[1]) or message.original(match.span()).startswith("【"))
    ]
    precise = (match for match in found if organisation.search(match[1]) and not vague.search(match[1]))
    return next(precise, found[0] if found else None)


def _creditor(message: _Message, rule: _Rule) -> Iterator[Check]:
    if not message.collects or not message.speaks_of("debt") or any(map(message.speaks_of, _NO_LENDING)):
        return
    if message.speaks_of("service") and not message.speaks_of("lending"):
        return
    who = message.speaks_of("creditor") or _signature(message) is not None
    how_much = message.speaks_of("amount")
    both = "claimed" if message.suspect else "both"
    yield rule.check({(True, True): both, (True, False): "no_amount", (False, True): "no_creditor"}.get(
        (who, how_much), "neither"
    ))  # fmt: skip


def _case_number(message: _Message, rule: _Rule) -> Iterator[Check]:
    patterns = _table().patterns
    others = patterns["other_case"].regex
    numbers = [found for found in patterns["wellformed"].regex.finditer(message.text) if not others.search(found[0])]
    if numbers:
        # One that is wrong says more than one that is not.
        arrests = {message.text[start:end] for start, end in message.meant(patterns["arrest"])}
        mismatched = message.speaks_of("loan") and not message.speaks_of("criminal")
        findings = [_judge_number(message, number, arrests, mismatched=mismatched) for number in numbers]
        worst = min(range(len(numbers)), key=lambda i: list(rule.findings).index(findings[i]))
        number = numbers[worst]
        yield rule.check(findings[worst], [number.span()], year=number["year"] or number["bare"], type=number["type"])
        return
    if message.speaks_of("other_case") or not message.speaks_of("court"):
        return
    old = patterns["old"].regex.search(message.text)
    if old:
        yield rule.check("claimed" if message.suspect else "old", [old.span()])
        return
    stated = patterns["stated"].regex.search(message.text)
    if stated and message.speaks_of("court_sender"):
        group = stated.lastindex or 0
        if not patterns["masked"].regex.search(stated[group]):
            yield rule.check("malformed", [stated.span(group)], number=stated[group])
        return
    if any(_is_present(message.text, start) for start, _ in message.meant(patterns["case"])):
        yield rule.check("absent" if message.speaks_of("demand") else "none")


def _judge_number(message: _Message, number: re.Match[str], arrests: set[str], *, mismatched: bool) -> str:
    """What a case number is worth beside the arrests that the message speaks of, and whether it is about a loan."""
    about = _table().case_types.get(number["type"])
    if int(number["year"] or number["bare"]) > message.today.year:
        return "future"
    if about == "criminal" and mismatched:
        return "mismatch"
    if about == "other" and (arrests - _DETENTION if number["type"].startswith("执") else arrests):
        return "civil_arrest"
    if not about:
        return "type"
    return "claimed" if message.suspect else "wellformed"


def _is_present(text: str, start: int) -> bool:
    """Whether what stands at `start` is told as a fact, not announced."""
    clause = _CLAUSE_END.split(text[max(0, start - _WINDOW) : start])[-1]
    return _table().patterns["announced"].regex.search(clause) is None


def _links(message: _Message, rule: _Rule) -> Iterator[Check]:
    links: dict[tuple[str, HostJudgement], list[Span]] = {}
    for mention in message.mentions:
        if mention.kind.startswith("link:"):
            judgement = registry().judge(message.text[mention.start : mention.end])
            links.setdefault((_link_finding(judgement, mention.kind), judgement), []).append(
                (mention.start, mention.end)
            )
    for (finding, judgement), spans in links.items():
        names = _names(judgement.contact)
        yield rule.check(finding, spans, host=judgement.host, resembles=judgement.resembles, **names)


def _link_finding(judgement: HostJudgement, kind: str) -> str:
    if judgement.borrowed:
        return "borrowed"
    if judgement.listing == "lookalike":
        return "imitates" if judgement.imitates else "resembles"
    return "disguised" if kind == "link:lookalike" else judgement.listing  # only the unfolded message shows it


def _names(contact: Contact | None) -> dict[str, str]:
    return {
        "organisation": contact.organisation if contact else "",
        "organisation_en": contact.organisation_en if contact else "",
    }


def _phones(message: _Message, rule: _Rule) -> Iterator[Check]:
    found: dict[str, tuple[str, Contact | None, str, list[Span]]] = {}
    taken: set[int] = set()
    for match in _official_numbers().finditer(message.text):
        start, end = match.span()
        taken.update(range(start, end))
        if _table().patterns["handle"].regex.search(message.text[max(0, start - _WINDOW) : start]):
            continue
        official = match["official"].replace("-", "")
        name = "extended" if match["prefix"] or match["more"] else "official"
        found.setdefault(match[0], (name, registry().phones[official], official, []))[3].append((start, end))
    if message.speaks_of("matters"):
        for mention in message.mentions:
            family, _, kind = mention.kind.partition(":")
            if family == "phone" and kind in rule.findings and kind != "official" and mention.start not in taken:
                number = message.text[mention.start : mention.end]
                found.setdefault(number, (kind, None, "", []))[3].append((mention.start, mention.end))
    for number, (name, of, official, spans) in found.items():
        yield rule.check(name, spans, number=number, official=official, **_names(of))


@cache
def _official_numbers() -> re.Pattern[str]:
    """An official number as such, with what was put before or behind it; amounts and parts of links are none."""
    longest_first = sorted((phone for phone in registry().phones if len(phone) >= _SHORTEST), key=len, reverse=True)
    numbers = "|".join("-?".join(phone) if len(phone) == _GROUPED else phone for phone in longest_first)
    return re.compile(
        rf"(?<![\da-z*.,/@_+¥$-])(?P<prefix>\+|00)?(?P<official>{numbers})(?P<more>\d{{1,12}})?(?![\da-z*./@_])"
        r"(?!,?\d|元|块|万|笔|期|号(?!码))"
    )


def _spoofing(message: _Message, rule: _Rule) -> Iterator[Check]:
    asks = any(map(message.speaks_of, ("debt", "state", "matters", "dispute", "stakes")))
    if asks or message.collects or message.mentions or _signature(message):
        yield rule.check("always")


def _debt_exists(message: _Message, rule: _Rule) -> Iterator[Check]:
    if message.collects or any(map(message.speaks_of, ("debt", "state", "case", "dispute"))):
        yield rule.check("always")


_FINDERS = {
    "sender": _sender,
    "creditor": _creditor,
    "case_number": _case_number,
    "link": _links,
    "phone": _phones,
    "spoofing": _spoofing,
    "debt_exists": _debt_exists,
}


def screened() -> list[tuple[str, ...]]:
    """What is looked for by a screen: the patterns of the findings, each once, in order."""
    return [(pattern.expression,) for pattern in _screened()]


def patterns() -> Iterator[Pattern]:
    """Every pattern that is searched for, for `tools/build_screens.py`."""
    yield from (*_screened(), *_table().patterns.values())


@cache
def _screened() -> tuple[Pattern, ...]:
    findings = (finding for rule in _table().rules for finding in rule.findings.values())
    return tuple(dict.fromkeys(finding.pattern for finding in findings if finding.pattern))


@cache
def _table() -> _Table:
    table = knowledge.toml("checks.toml")
    types = table["case_types"]
    lists = read_lists(table["lists"])
    patterns = {name: Pattern(pattern) for name, pattern in {**table["patterns"], **table["context"]}.items()}
    patterns |= {name: Pattern(types[name]) for name in ("wellformed", "old", "stated", "masked")}
    patterns |= {name: read_pattern(pattern, lists) for name, pattern in table["sender"].items()}
    return _Table(
        rules=tuple(_rule(row) for row in table["check"]),
        patterns=patterns,
        case_types={code: about for about in ("criminal", "other") for code in types[about]},
    )


def _rule(row: Mapping[str, Any]) -> _Rule:
    return _Rule(
        id=row["id"],
        title=row["title"],
        title_en=row["title_en"],
        findings={
            finding["id"]: _Finding(
                status=finding["status"],
                text=finding["text"],
                text_en=finding["text_en"],
                pattern=Pattern(finding["pattern"]) if "pattern" in finding else None,
                beside=tuple(finding.get("beside", ())),
                unless=tuple(finding.get("unless", ())),
            )
            for finding in row["finding"]
        },
    )
