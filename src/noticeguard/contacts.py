"""The registry of official numbers and hosts (`tables/contacts.toml`).

A host or number that is not listed is *unlisted*, never "fake": some real courts use the
hosts of vendors, and no list is complete.
"""

import re
import tomllib
from dataclasses import dataclass
from functools import cache
from importlib import resources
from typing import Literal

Listing = Literal["official", "vendor", "forwarding", "lookalike", "address", "unlisted"]

_ADDRESS = re.compile(r"\d{1,3}(\.\d{1,3}){3}")
_LONGEST_HOST = 253  # RFC 1035, 2.3.4
_SUFFIX = re.compile(r"(?:\.(?:com|org|gov|net))?\.(?:cn|com|org|net)$")
# `courtyard` is a word; `court-gov`, `gd-court` and `court.gov.cn.x` are not.
_STATE = re.compile(r"gov[-_.]?cn|(?<![a-z])court(?![a-z])|12368|12348")


@dataclass(frozen=True, slots=True, kw_only=True)
class Registry:
    """What is known of numbers and hosts.

    Attributes:
        phones: official numbers, digits only, each with its organisation.
        hosts: official registrable hosts, each with its organisation.
        vendors: hosts of vendors that some real courts use.
        forwarding: hosts of link shorteners.
        names: what the official hosts are called (`icbc` of `icbc.com.cn`); another host that holds one looks alike.
            `court` is left to a pattern, for it is a word as well.
    """

    phones: dict[str, str]
    hosts: dict[str, str]
    vendors: dict[str, str]
    forwarding: frozenset[str]
    names: frozenset[str]

    def listing(self, host: str) -> Listing:
        """How a host (lower case, no port) stands in the registry.

        >>> registry().listing("zxfw.court.gov.cn")
        'official'
        >>> registry().listing("court.gov.cn.evil.top")
        'lookalike'
        """
        if _ADDRESS.fullmatch(host):
            return "address"
        if len(host) > _LONGEST_HOST:
            return "unlisted"
        parts = host.split(".")
        endings = {".".join(parts[i:]) for i in range(len(parts))}
        if endings & self.hosts.keys():
            return "official"
        if endings & self.vendors.keys():
            return "vendor"
        if endings & self.forwarding:
            return "forwarding"
        if host.endswith(".gov.cn"):
            return "unlisted"  # only government bodies get such a name
        if _STATE.search(host) or any(name in host if len(name) > 3 else name in _starts(host) for name in self.names):
            return "lookalike"
        return "unlisted"


def _starts(host: str) -> set[str]:
    """The first three letters of each part of a host that is longer than three."""
    return {part[:3] for part in host.split(".") if len(part) > 3}


@cache
def registry() -> Registry:
    """The shipped registry; entries known from memory alone are left out."""
    table = tomllib.loads((resources.files("noticeguard") / "tables" / "contacts.toml").read_text(encoding="utf-8"))
    known = [entry for entry in table["contact"] if entry["evidence"] != "M"]
    hosts = {host: entry["org"] for entry in known for host in entry["hosts"] if not entry.get("vendor")}
    return Registry(
        phones={phone: entry["org"] for entry in known for phone in entry["phones"]},
        hosts=hosts,
        vendors={host: entry["org"] for entry in known for host in entry["hosts"] if entry.get("vendor")},
        forwarding=frozenset(table["forwarding"]["hosts"]),
        names=frozenset(
            name
            for host in hosts
            for name in [_SUFFIX.sub("", host).split(".")[-1]]
            if len(name) > 2 and name != "court"
        ),
    )
