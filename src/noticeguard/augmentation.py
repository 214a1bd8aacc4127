"""Copies of messages that teach a model what the messages themselves leave out.

Real messages come in disguise, cut off, and in other words than ours. Each kind of copy is
fitted beside the messages with a weight of its own; copies never decide what is a feature.
"""

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache

from noticeguard import knowledge
from noticeguard.evasion import disguise

# The disguises of copies, those that folding cannot take back whole, and how often each: as much as it costs.
_DISGUISES = {"homophone": 9, "pinyin": 8, "shape": 4, "split": 1, "substitute": 1}
_HIDDEN = (2, 6)  # words of a message that a copy disguises, from so many to so many, where it has them
_CLAUSE = re.compile(r"[^。！？!?；;，,\n]*[。！？!?；;，,\n]|[^。！？!?；;，,\n]+")
_DISGUISED_WEIGHT, _SHORTENED_WEIGHT, _REWORDED_WEIGHT = 0.6, 0.25, 0.5  # in fitting, beside a message's 1
_REWORDINGS = 2  # of each message: what one does not choose of its many words, another does
_LONGEST = 4  # words of a phrase


@dataclass(frozen=True, slots=True)
class Rows:
    """Messages as rows to fit.

    Attributes:
        texts: what they say.
        owners: the number of the message that each is, or is a copy of.
        weight: how much each counts.
        restore: as in `normalize.fold_many`.
    """

    texts: Sequence[str]
    owners: Sequence[int]
    weight: float = 1.0
    restore: bool = True


@dataclass(frozen=True, slots=True)
class Word:
    """A word of a message.

    Attributes:
        start, end: where it stands, end exclusive.
        folded: how it reads.
    """

    start: int
    end: int
    folded: str


def disguised_copies(texts: Sequence[str], words: Sequence[Sequence[str]], copies: float, seed: int) -> Rows:
    """Copies of messages in which the first few of their `words` stand in disguise.

    Who would slip past hides what tells most; to see it hidden while fitting makes a model that leans on more
    (adversarial training: Goodfellow et al., "Explaining and Harnessing Adversarial Examples", ICLR 2015).

    Args:
        texts: n messages.
        words: of each, what is to be disguised, the most important first.
        copies: how many of each message, 0.5 for every other one.
        seed: of what is chosen.
    """
    owners = _owners(len(texts), copies, seed)
    made = []
    for number, owner in enumerate(owners):
        chooser = _chooser(texts[owner], number // len(texts), seed)
        chosen = words[owner][: chooser.randint(*_HIDDEN)]
        (kind,) = chooser.choices([*_DISGUISES], [*_DISGUISES.values()])
        made.append(disguise(texts[owner], kind, seed=chooser.getrandbits(32), words=chosen))
    # What could be read back is left hidden: it stands for all that cannot.
    return Rows(made, owners, _DISGUISED_WEIGHT, restore=False)


def shortened_copies(texts: Sequence[str], copies: float, seed: int) -> Rows:
    """A stretch of clauses of messages: real ones come cut off, quoted in part, or barer than they are written.

    Args: as of `disguised_copies`.
    """
    owners = _owners(len(texts), copies, seed)
    made = []
    for number, owner in enumerate(owners):
        chooser = _chooser(texts[owner], number // len(texts), seed)
        clauses = _CLAUSE.findall(texts[owner]) or [""]
        length = chooser.randint(1, len(clauses))
        start = chooser.randint(0, len(clauses) - length)
        made.append("".join(clauses[start : start + length]))
    return Rows(made, owners, _SHORTENED_WEIGHT)


def reworded_copies(texts: Sequence[str], words: Sequence[Sequence[Word]], copies: float, seed: int) -> Rows:
    """Copies of messages in other words: what another writer might have written in the same places.

    (Synonym replacement: Zhang et al., "Character-level Convolutional Networks for Text Classification", NIPS 2015,
    section 3.2; Wei and Zou, "EDA", EMNLP 2019.)

    Args:
        texts: n messages.
        words: of each, the words that it is made of, in order.
        copies, seed: as of `disguised_copies`; of each copy there are two wordings.
    """
    owners = _owners(len(texts), copies * _REWORDINGS, seed)
    made = [
        reword(texts[owner], words[owner], _chooser(texts[owner], number // len(texts), seed))
        for number, owner in enumerate(owners)
    ]
    return Rows(made, owners, _REWORDED_WEIGHT)


def reword(message: str, words: Sequence[Word], chooser: random.Random) -> str:
    """A message with some of its words, few or nearly all, replaced by others that fit in their place.

    Args:
        message: the message.
        words: the words that it is made of, in order.
        chooser: chooses how many, which, and by what.

    >>> reword("请尽快还款", [Word(1, 3, "尽快"), Word(3, 5, "还款")], random.Random(0))
    '请抓紧还款'
    """
    share = chooser.random()
    parts, at, first = [], 0, 0
    while first < len(words):
        phrase, others = _longest(words[first : first + _LONGEST])
        first += len(phrase)
        if others and chooser.random() < share:
            parts += [message[at : phrase[0].start], chooser.choice(others)]
            at = phrase[-1].end
    return "".join([*parts, message[at:]])


def _longest(words: Sequence[Word]) -> tuple[Sequence[Word], Sequence[str]]:
    """The longest phrase that begins `words` for which others are known, and these; else the first word, and none."""
    phrase, found = "", (words[:1], list[str]())
    for count, word in enumerate(words, 1):
        phrase += word.folded
        if phrase not in _beginnings() or (count > 1 and words[count - 2].end != word.start):
            break
        if others := _synonyms().get(phrase):
            found = words[:count], others
    return found


@cache
def _beginnings() -> frozenset[str]:
    """All that a phrase with synonyms can begin with."""
    return frozenset(phrase[:end] for phrase in _synonyms() for end in range(1, len(phrase) + 1))


@cache
def _synonyms() -> dict[str, list[str]]:
    return {word: others.split() for word, others in knowledge.rows("synonyms.tsv")}


def _owners(messages: int, copies: float, seed: int) -> list[int]:
    """Of which message each copy is: whole rounds of all, and some once more."""
    whole, part = divmod(copies, 1)
    some = random.Random(seed).sample(range(messages), round(part * messages))
    return [*range(messages)] * int(whole) + some


def _chooser(text: str, number: int, seed: int) -> random.Random:
    """Chance for a copy of a text, the same whatever else is copied."""
    return random.Random(f"{seed} {number} {text}".encode("utf-8", "surrogatepass"))
