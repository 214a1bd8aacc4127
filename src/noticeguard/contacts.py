"""The registry of official numbers and hosts (`tables/contacts.toml`).

A host or number that is not listed is *unlisted* (a host of a suffix sold for little, *cheap*), never "fake": some
real courts use the hosts of vendors, and no list is complete. A host *resembles* an official one by structure
alone (UTS #39 for signs that are read as another; the rest is described in `Registry.judge`).
"""

import re
from collections.abc import Collection, Iterable, Iterator
from dataclasses import dataclass
from functools import cache, cached_property
from itertools import pairwise
from typing import Any, Literal

from noticeguard import knowledge, normalize
from noticeguard.characters import readings
from noticeguard.patterns import Pattern

Listing = Literal[
    "official",
    "vendor",
    "government",
    "familiar",
    "platform",
    "forwarding",
    "lookalike",
    "address",
    "cheap",
    "unlisted",
]

_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_SCHEME = re.compile(r"^[a-z]{2,6}:/*")
_LONGEST_HOST = 253  # RFC 1035, 2.3.4
_LONGEST_LABEL = 63
_RUN = re.compile(r"[a-z]+|\d+")
_SPECIFIC = 6  # from this many letters on, a name one slip away is taken for a resemblance


@dataclass(frozen=True, slots=True, kw_only=True)
class Contact:
    """An organisation with what is known of its own numbers and hosts.

    Attributes:
        organisation, organisation_en: what it is called.
        phones: its numbers, digits only; the first is the one to show.
        hosts: its hosts; what ends with one of them is its own too.
        note, note_en: what a caller has to know, or empty.
        evidence: where the entry rests on, in the codes of the table.
        source: the page or directory itself.
        reviewed: the date of the last review, ISO 8601.
    """

    organisation: str
    organisation_en: str
    phones: tuple[str, ...] = ()
    hosts: tuple[str, ...] = ()
    note: str = ""
    note_en: str = ""
    evidence: str
    source: str
    reviewed: str


@dataclass(frozen=True, slots=True, kw_only=True)
class HostJudgement:
    """What the registry says of the host of a link.

    Attributes:
        host: the host, lower case, without user name and port.
        listing: how it stands in the registry.
        contact: whose host it is, or whose it resembles; `None` where neither is known.
        resembles: the official host that it resembles, or empty.
        imitates: whether the resemblance has no innocent reading. `icbc-ltd.com` may be a subsidiary's;
            `icbc.com.cn.pay.top`, `1cbc.com.cn` and `icbc-pay.top` are not.
        borrowed: whether what it resembles stands before an `@`, as a user name.
    """

    host: str
    listing: Listing
    contact: Contact | None = None
    resembles: str = ""
    imitates: bool = False
    borrowed: bool = False


@dataclass(frozen=True, kw_only=True)
class Registry:
    """What is known of numbers and hosts.

    Attributes:
        phones: official numbers, digits only, each with its organisation.
        hosts: official hosts, each with its organisation.
        vendors: hosts of vendors that some real courts use.
        forwarding: hosts of link shorteners.
        familiar: hosts that are widely used, known from memory alone: never official.
        platforms: hosts where anybody can put something.
        government: the suffixes that only bodies of the state get.
        marks: words and numbers that nobody but an organisation puts into a host.
        hints: words that point to an organisation, but that others may use too.
        confusable: pairs of signs that are read as another.
        cheap: suffixes that anybody gets for little, under which a borrowed name has no innocent reading.
    """

    phones: dict[str, Contact]
    hosts: dict[str, Contact]
    vendors: dict[str, Contact]
    forwarding: frozenset[str]
    familiar: frozenset[str]
    platforms: frozenset[str]
    government: Contact
    marks: dict[str, Contact]
    hints: dict[str, Contact]
    confusable: tuple[tuple[str, str], ...]
    cheap: frozenset[str]

    def listing(self, link: str) -> Listing:
        """How the host of a folded link stands in the registry.

        >>> registry().listing("zxfw.court.gov.cn")
        'official'
        >>> registry().listing("https://court.gov.cn.evil.top/a")
        'lookalike'
        """
        return self.judge(link).listing

    def judge(self, link: str) -> HostJudgement:
        """What the registry says of the host of a folded link, or of a bare host.

        A host resembles a known one where (1) the user name before an `@` is a known host. If it is in no list, or has
        a name of its own under a familiar host or a platform, it resembles an official one where (2) two neighbouring
        words of it are neighbours in an official host (`court-gov`, `icbc.com.cn.x`), (3) it holds a word or number of
        the state (`12368sd`, `x-court`), (4) it holds an official name, also with confusable signs (`a1ipay`), or
        (5) its name is an official one with one letter changed, added, dropped or moved. (1), (2), marks and
        confusable signs *imitate*; hints and names do under a cheap suffix.

        >>> judgement = registry().judge("a1ipay.com")
        >>> judgement.listing, judgement.resembles, judgement.imitates
        ('lookalike', 'alipay.com', True)
        >>> registry().judge("example.com").listing
        'unlisted'
        """
        user, _, place = authority_of(link).rpartition("@")
        host = place.partition(":")[0].strip(".")
        if _ADDRESS.fullmatch(host):
            return HostJudgement(host=host, listing="address")
        if len(host) > _LONGEST_HOST:
            return HostJudgement(host=host, listing="unlisted")
        listing, ending = self._listed(host)
        owner = self._owners.get(ending)
        if listing in ("official", "vendor"):
            return HostJudgement(host=host, listing=listing, contact=owner)
        _, borrowed = self._listed(user.partition(":")[0][:_LONGEST_HOST])
        if borrowed:
            contact = self._owners.get(borrowed)
            return HostJudgement(
                host=host, listing="lookalike", contact=contact, resembles=borrowed, imitates=True, borrowed=True
            )
        if listing in ("government", "forwarding"):
            return HostJudgement(host=host, listing=listing, contact=owner)
        resemblance = self._imitation.find(host.removesuffix(ending) + "com" if ending else host)
        if resemblance:
            official, contact, imitates = resemblance
            return HostJudgement(host=host, listing="lookalike", contact=contact, resembles=official, imitates=imitates)
        if listing is None:
            listing = "cheap" if host.rpartition(".")[2] in self.cheap else "unlisted"
        return HostJudgement(host=host, listing=listing)

    def _listed(self, host: str) -> tuple[Listing | None, str]:
        """The list that holds a host, and as what it stands there: itself, or what it ends with."""
        return next(((self._lists[end], end) for end in _endings(host) if end in self._lists), (None, ""))

    @cached_property
    def _lists(self) -> dict[str, Listing]:
        lists: tuple[tuple[Listing, Collection[str]], ...] = (
            ("familiar", self.familiar), ("platform", self.platforms), ("forwarding", self.forwarding),
            ("government", self.government.hosts), ("vendor", self.vendors), ("official", self.hosts),
        )  # fmt: skip
        return {host: listing for listing, hosts in lists for host in hosts}

    @cached_property
    def _owners(self) -> dict[str, Contact]:
        return {**dict.fromkeys(self.government.hosts, self.government), **self.vendors, **self.hosts}

    @cached_property
    def _imitation(self) -> "_Imitation":
        return _Imitation(self)


class _Imitation:
    """Finds which official host the host of another resembles. Made when the first unlisted host is met."""

    def __init__(self, registry: Registry) -> None:
        from publicsuffixlist import PublicSuffixList  # here: a message without a link needs no list of suffixes

        self._suffixes = PublicSuffixList()
        self._registry = registry
        self._pairs: dict[frozenset[str], tuple[str, Contact]] = {}
        self._names: dict[str, tuple[str, Contact]] = {}
        for host, contact in {**registry.hosts, registry.government.hosts[0]: registry.government}.items():
            own = self._own(host)
            name = own.split(".")[-1] if own else host.split(".")[0]
            labels = host.split(".")
            for pair in pairwise(labels):
                if name in pair:
                    self._pairs.setdefault(frozenset(pair), (host, contact))
            if len(name) > 2 and not host.endswith(registry.government.hosts[0]):
                self._names.setdefault(name, (host, contact))
        skeletons = {self._skeleton(name): name for name in self._names}
        self._read = skeletons | {name: name for name in self._names}
        self._plain, self._disguised = _any_of(self._names), _any_of(skeletons)
        # What is one letter from a name that reads as pinyin (`pingan`) is mostly pinyin too (`jingan`), not a slip.
        pinyin = re.compile(f"(?:{'|'.join(readings())})+")
        specific = [name for name in self._names if len(name) >= _SPECIFIC and not pinyin.fullmatch(name)]
        self._slips = {slip: name for name in specific for slip in _slips(name)}

    def find(self, host: str) -> tuple[str, Contact, bool] | None:
        """The official host, its organisation, and whether `host` can be nothing but an imitation."""
        shown = ".".join(map(_readable, host.split("."))) if "xn--" in host else host
        own = self._own(shown)
        words = re.split(r"[._-]", own)
        for pair in pairwise(words):
            if frozenset(pair) in self._pairs:
                return *self._pairs[frozenset(pair)], True
        cheap = host.rpartition(".")[2] in self._registry.cheap
        runs = _RUN.findall(own)
        for known, imitates in ((self._registry.marks, True), (self._registry.hints, cheap)):
            for contact in (known[run] for run in runs if run in known):
                return contact.hosts[0], contact, imitates
        found = self._borrowed(own)
        if found:
            name, disguised = found
            return *self._names[name], disguised or cheap or shown != host
        label = own.rpartition(".")[2]
        if len(label) < _SPECIFIC - 1:  # no name that counts is one letter longer
            return None
        name = next((self._slips[slip] for slip in _slips(label) if slip in self._slips), "")
        return (*self._names[name], False) if name else None

    def _own(self, host: str) -> str:
        """What the owner of a host chose: all before its public suffix, empty where it is one."""
        suffix = self._suffixes.publicsuffix(host) or ""
        return host.removesuffix(suffix).rstrip(".")

    def _borrowed(self, own: str) -> tuple[str, bool] | None:
        """The longest official name in a host, and whether confusable signs disguise it."""
        found = [(self._read[shown], False) for shown in self._plain.findall(own)]
        found += [(self._read[shown], True) for shown in self._disguised.findall(self._skeleton(own))]
        return max(found, key=lambda pair: (len(pair[0]), not pair[1]), default=None)

    def _skeleton(self, text: str) -> str:
        for sign, read in self._registry.confusable:
            text = text.replace(sign, read)
        return text


def _any_of(names: Iterable[str]) -> re.Pattern[str]:
    """Finds names in what the owner of a host chose; one of three letters only as the start of a short word.

    So `boczk.tk` and `ccb-card.net` hold one, `bocconi.it` does not.
    """
    listed = sorted(names, key=len, reverse=True)
    return re.compile(
        "|".join(name if len(name) > 3 else rf"(?<![^.]){name}(?=[a-z\d]{{0,3}}(?:$|[._-]))" for name in listed)
    )


def _slips(name: str) -> set[str]:
    """A name and all that is left of it with one letter dropped.

    Two names that share one of these are one slip apart (symmetric deletion: W. Garbe, SymSpell, 2012).
    """
    name = name[:_LONGEST_LABEL]
    return {name, *(name[:i] + name[i + 1 :] for i in range(len(name)))}


def _readable(label: str) -> str:
    """A label as it is shown: `xn--…` (RFC 3492) decoded, and folded as any other text."""
    if not label.startswith("xn--"):
        return label
    try:
        return normalize.fold(label[4 : _LONGEST_LABEL + 1].encode("ascii").decode("punycode"))
    except (UnicodeError, OverflowError, ValueError):
        return label


def _endings(host: str) -> Iterator[str]:
    """A host and every parent domain of it, the longest first."""
    while host:
        yield host
        host = host.partition(".")[2]


def authority_of(link: str) -> str:
    """What names the place in a folded link: user, host and port, without scheme and path.

    >>> authority_of("https://zxfw.court.gov.cn:443/a?b")
    'zxfw.court.gov.cn:443'
    """
    return re.split(r"[/?#]", _SCHEME.sub("", link), maxsplit=1)[0]


@cache
def _table() -> dict[str, Any]:
    return knowledge.toml("contacts.toml")


def _known() -> list[dict[str, Any]]:
    return [entry for entry in _table()["contact"] if entry["evidence"] != "M"]


def _contact(entry: dict[str, Any]) -> Contact:
    return Contact(
        organisation=entry["org"],
        organisation_en=entry["org_en"],
        phones=tuple(entry.get("phones", ())),
        hosts=tuple(entry["hosts"]),
        note=entry.get("note", ""),
        note_en=entry.get("note_en", ""),
        evidence=entry["evidence"],
        source=entry["source"],
        reviewed=entry["reviewed"].isoformat(),
    )


@cache
def registry() -> Registry:
    """The shipped registry; entries known from memory alone are left out."""
    table = _table()
    known = [(entry, _contact(entry)) for entry in _known()]
    government = _contact(table["government"])
    return Registry(
        phones={phone: contact for _, contact in known for phone in contact.phones},
        hosts={host: contact for entry, contact in known for host in contact.hosts if not entry.get("vendor")},
        vendors={host: contact for entry, contact in known for host in contact.hosts if entry.get("vendor")},
        forwarding=frozenset(table["forwarding"]["hosts"]),
        familiar=frozenset(table["familiar"]["hosts"].split()),
        platforms=frozenset(table["platform"]["hosts"].split()),
        government=government,
        marks={mark: contact for entry, contact in known for mark in entry.get("marks", ())}
        | dict.fromkeys(table["government"]["marks"], government),
        hints={hint: contact for entry, contact in known for hint in entry.get("hints", ())},
        confusable=tuple((sign, read) for sign, read in table["imitation"]["confusable"]),
        cheap=frozenset(table["imitation"]["cheap"]),
    )


def find_contacts(text: str, labels: Collection[str] = (), rows: Collection[int] | None = None) -> tuple[Contact, ...]:
    """Whom to call about a folded text: the organisations that it names, in the order of the table.

    The numbers are the registry's own; none is taken from the message. A name that is only a means, such as the
    bank of an account to pay into, does not count.

    Args:
        text: the folded text.
        labels: what it may be; some organisations are there for whatever bears a label.
        rows: which organisations the text may name, as numbers of `screened` (`noticeguard.shown`); by default all.

    >>> [(contact.organisation, contact.phones[0]) for contact in find_contacts("花呗逾期,请还款")]
    [('支付宝（花呗、借呗）', '95188')]
    """
    named = _means().regex.sub(",", text)
    if named != text:  # what is left may be another text
        rows = None
    return tuple(
        entry.contact
        for row, entry in enumerate(_callable())
        if ((rows is None or row in rows) and entry.names.regex.search(named)) or entry.bears(text, labels)
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _Callable:
    """An organisation that can be called, and when."""

    names: Pattern
    labels: frozenset[str]
    unless: Pattern | None
    contact: Contact

    def bears(self, text: str, labels: Collection[str]) -> bool:
        """Whether it is there for one of these labels, and nothing in the text speaks against it."""
        return not self.labels.isdisjoint(labels) and not (self.unless and self.unless.regex.search(text))


@cache
def _callable() -> tuple[_Callable, ...]:
    return tuple(
        _Callable(
            names=Pattern(entry["names"]),
            labels=frozenset(entry.get("labels", ())),
            unless=Pattern(entry["unless"]) if "unless" in entry else None,
            contact=_contact(entry),
        )
        for entry in _known()
        if "names" in entry
    )


@cache
def _means() -> Pattern:
    return Pattern(_table()["means"]["pattern"])


def screened() -> list[tuple[str, ...]]:
    """What is looked for by a screen: the names of each organisation that can be called."""
    return [(entry.names.expression,) for entry in _callable()]


def patterns() -> Iterator[Pattern]:
    """Every pattern that is searched for, for `tools/build_screens.py`."""
    yield _means()
    for entry in _callable():
        yield from filter(None, (entry.names, entry.unless))
