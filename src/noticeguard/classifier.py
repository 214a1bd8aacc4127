"""The conductor: messages in, verdicts out. It calls the rooms and decides the answer."""

import re
from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Literal, get_args

import numpy as np

from noticeguard.advice import find_advice
from noticeguard.artefact import load_model, shipped_path
from noticeguard.checks import find_checks
from noticeguard.contacts import find_contacts
from noticeguard.counterfactual import find_counterfactual
from noticeguard.explain import Contrast, find_keywords
from noticeguard.fusion import Fused, fuse
from noticeguard.grounds import Ground, find_many
from noticeguard.labels import RISKY, label_ids
from noticeguard.model import MESSAGE_LIMIT, Floats, Model
from noticeguard.shown import Rows, worth_trying
from noticeguard.topics import find_topics
from noticeguard.verdict import Reason, Verdict

Mode = Literal["cautious", "balanced", "best-guess"]
"""How readily to answer: only where nearly sure, where it is right as a rule, or always where there is evidence."""

BATCH = 500
"""How many messages are worked on at once: their arrays still fit into a processor's cache."""

BATCH_CHARACTERS = 100_000
"""How many characters at once, where messages are long: their arrays take some 30 MB."""

_WORDS = re.compile(r"[^\W_](?:.*[^\W_])?", re.DOTALL)  # from the first letter, digit or character to the last
_MILD = ("genuine_reminder", "unrelated")
"""The calls that a strong ground for a risky label contradicts."""

_COLLECTS = ("genuine_reminder", "legal_collection", "unlawful_threat")
"""The calls that speak of a debt or a case, in whatever words."""


class Classifier:
    """Classifies messages with a loaded model. Immutable, safe to share between threads, picklable.

    Args:
        model: what scores.
        mode: how readily to answer.

    Example:
        >>> classifier = Classifier.load()
        >>> classifier.classify("法院传票：请把保证金转账到安全账户，否则逮捕").label
        'impersonation_scam'
    """

    def __init__(self, model: Model, mode: Mode = "balanced") -> None:
        if mode not in get_args(Mode):
            raise ValueError(f"mode must be one of {', '.join(get_args(Mode))}")
        self._model = model
        self._mode: Mode = mode
        self._names = label_ids()

    def __reduce__(self) -> tuple[type["Classifier"], tuple[Model, Mode]]:
        return (Classifier, (self._model, self._mode))

    @classmethod
    def load(cls, path: str | Path | None = None, mode: Mode = "balanced") -> "Classifier":
        """Load a model folder; `None` loads the one that comes with the package.

        Raises:
            ModelError: the folder is missing, damaged or of another format.
            ValueError: no such mode.
        """
        return cls(load_model(shipped_path() if path is None else Path(path)), mode)

    @property
    def version(self) -> str:
        """The version of the model."""
        return self._model.settings.version

    @property
    def mode(self) -> Mode:
        """How readily it answers."""
        return self._mode

    def classify(self, message: str) -> Verdict:
        """Classify one message.

        Raises:
            TypeError: `message` is not a `str`.
        """
        if not isinstance(message, str):
            raise TypeError(f"message must be a str, not {type(message).__name__}; decode bytes first")
        return self.classify_many([message])[0]

    def explain(self, message: str, *, why: str | None = None) -> Verdict:
        """Classify one message, and search what would change the call: some milliseconds more than `classify`.

        Args:
            message: the message.
            why: a label to contrast the best guess with; where it is the best guess, the runner-up is meant.

        Raises:
            TypeError: `message` is not a `str`.
            ValueError: no such label.

        Example:
            >>> verdict = Classifier.load().explain("外访人员明日上门，并联合村委公示", why="legal_collection")
            >>> verdict.contrast.keywords[0].text
            '村委'
        """
        if why is not None and why not in self._names:
            raise ValueError(f"why must be one of {', '.join(self._names)}")
        verdict = self.classify(message)
        if verdict.reason in ("no_evidence", "out_of_scope"):
            return verdict  # there is no call to explain
        best = self._names.index(verdict.best_guess)
        return replace(
            verdict,
            counterfactual=find_counterfactual(self._model, message[:MESSAGE_LIMIT], best, verdict.keywords),
            contrast=None if why is None else self._contrast(message, best, self._names.index(why)),
        )

    def classify_many(self, messages: Iterable[str], *, brief: bool = False) -> list[Verdict]:
        """Classify messages, in order.

        Args:
            messages: the messages.
            brief: leave out topics, grounds, checks, contacts and advice: what a filter over many messages needs,
                several times as fast. The answers are the same.

        Raises:
            TypeError: `messages` is a bare `str`, or holds something that is not one.
        """
        return [verdict for part in _parts(messages) for verdict in self._classify(part, brief=brief)]

    def predict_proba(self, messages: Iterable[str]) -> Floats:
        """The calibrated probabilities alone, without explanation.

        Returns:
            float64 (n, 5): a row per message, columns in the order of `noticeguard.labels.labels()`.

        Raises:
            TypeError: as `classify_many`.
        """
        return np.concatenate([fuse(self._model, part).probabilities for part in _parts(messages)])

    def _classify(self, batch: list[str], *, brief: bool) -> list[Verdict]:
        fused = fuse(self._model, batch, every=not brief)
        texts = fused.scored.folded.texts()
        verdicts = self._answers(fused, batch, texts)
        if not brief:
            rows = worth_trying(texts)
            return [self._examined(fused, i, *found) for i, found in enumerate(zip(verdicts, texts, rows, strict=True))]
        if self._mode != "best-guess":
            # A strong ground can only make a mild call doubtful: the rest need not be looked for.
            mild = [i for i, verdict in enumerate(verdicts) if verdict.label in _MILD]
            found = find_many(fused.scored.folded, fused.scored.encoded.entities, mild, strong=True)
            for i, grounds in zip(mild, found, strict=True):
                verdicts[i] = _doubted(verdicts[i], grounds)
        return verdicts

    def _answers(self, fused: Fused, batch: list[str], texts: Sequence[str]) -> list[Verdict]:
        """What the numbers say."""
        names, settings, scored = self._names, self._model.settings, fused.scored
        best = fused.scores.argmax(axis=1)
        rows = zip(
            batch,
            best.tolist(),
            self._reasons(fused, texts),
            fused.probabilities.tolist(),
            settings.possible(fused.probabilities),
            fused.scores.max(axis=1).tolist(),
            fused.additions[np.arange(best.size), best].tolist(),
            find_keywords(scored, batch, texts, self._model.contributions(scored, best)),
            scored.folded.disguises(),
            strict=True,
        )
        return [
            Verdict(
                message=message,
                label=names[number] if reason == "confident" else "unsure",
                best_guess=names[number],
                probability=probabilities[number],
                probabilities=dict(zip(names, probabilities, strict=True)),
                plausible=tuple([names[other] for other in possible]),
                reason=reason,
                score=score,
                bias=settings.bias[number],
                addition=addition,
                keywords=keywords,
                disguises=disguises,
                mode=self._mode,
                model=settings.version,
            )
            for message, number, reason, probabilities, possible, score, addition, keywords, disguises in rows
        ]

    def _examined(self, fused: Fused, index: int, verdict: Verdict, text: str, rows: Rows) -> Verdict:
        """A verdict with all that the words themselves show."""
        scored, grounds = fused.scored, fused.grounds[index] or ()
        begin = int(scored.folded.starts[index]) + 1

        def original(spans: Sequence[tuple[int, int]]) -> tuple[tuple[int, int], ...]:
            return tuple(scored.folded.original_span(index, begin + start, begin + end) for start, end in spans)

        if self._mode != "best-guess":
            verdict = _doubted(verdict, grounds)
        topics, spoken_for = find_topics(text, rows.topics), {ground.rule.label for ground in grounds}
        mentions = scored.encoded.entities.within(begin, begin + len(text))
        suspect = "impersonation_scam" in {verdict.best_guess, *spoken_for}
        collects = verdict.best_guess in _COLLECTS
        checks = find_checks(
            text,
            mentions,
            suspect=suspect,
            collects=collects,
            original=lambda span: verdict.message[slice(*original([span])[0])],
            rows=rows.checks,
        )
        return replace(
            verdict,
            grounds=tuple(replace(ground, spans=original(ground.spans)) for ground in grounds),
            checks=tuple(replace(check, spans=original(check.spans)) for check in checks),
            contacts=find_contacts(text, {verdict.label, *spoken_for.intersection(RISKY)}, rows.contacts),
            topics=topics,
            advice=find_advice(
                verdict.label, topics, spoken_for | {ground.rule.id for ground in grounds}, verdict.plausible
            ),
        )

    def _contrast(self, message: str, best: int, other: int) -> Contrast:
        """The words that set the best guess apart from another label: the difference of what they add to the two."""
        fused = fuse(self._model, [message])
        scored = fused.scored
        if other == best:
            other = int(np.argsort(fused.scores[0])[-2])
        ours, theirs = (self._model.contributions(scored, np.array([label])) for label in (best, other))
        (keywords,) = find_keywords(scored, [message], scored.folded.texts(), ours - theirs)
        return Contrast(label=self._names[other], keywords=keywords)

    def _is_one_word(self, text: str, known: int) -> bool:
        """Whether a text is one word of the dictionary, again and again or once: that says nothing, however familiar.

        Args:
            text: as folded.
            known: how much evidence it holds.
        """
        unit = text[: (text + text).find(text, 1)]  # what it repeats; itself where it repeats nothing
        if known * len(unit) > self._model.dictionary.longest * len(text):
            return False  # no word holds so much
        found = _WORDS.search(unit)
        return found is not None and found[0] in self._model.dictionary

    def _reasons(self, fused: Fused, texts: Sequence[str]) -> list[Reason]:
        """Why each answer is what it is, by the numbers alone."""
        settings = self._model.settings
        is_low = np.zeros(len(texts), bool)
        if self._mode != "best-guess":
            is_low = ~settings.sure_enough(fused.probabilities, self._mode)
        evidence, familiarity = self._model.scope(fused.scored)
        is_out = (evidence < settings.least_evidence) | (familiarity < settings.least_familiarity)
        reasons: list[Reason] = []
        for known, out, low, text in zip(evidence.tolist(), is_out.tolist(), is_low.tolist(), texts, strict=True):
            if known == 0:
                reasons.append("no_evidence")
            elif out or self._is_one_word(text, known):
                reasons.append("out_of_scope")
            else:
                reasons.append("low_confidence" if low else "confident")
        return reasons


def _doubted(verdict: Verdict, grounds: Sequence[Ground]) -> Verdict:
    """The verdict, or `unsure` where the words themselves decide against a mild call."""
    decided = any(ground.rule.strong and ground.rule.label in RISKY for ground in grounds)
    return replace(verdict, label="unsure", reason="contradicted") if decided and verdict.label in _MILD else verdict


def classify(message: str) -> Verdict:
    """Classify one message with the shipped model, loaded at the first call.

    Raises:
        TypeError: `message` is not a `str`.
        ModelError: the shipped model is missing or damaged.

    Example:
        >>> classify("您尾号1234的信用卡本期账单2,000元，最后还款日5月8日，已还请忽略").label
        'genuine_reminder'
    """
    return _default().classify(message)


@cache
def _default() -> Classifier:
    return Classifier.load()


def _parts(messages: Iterable[str]) -> list[list[str]]:
    """The messages, checked, in batches; at least one, so that no messages have probabilities of the right shape."""
    if isinstance(messages, str):
        raise TypeError("messages must be an iterable of str, not one str; use classify() for a single message")
    batch = list(messages)
    for message in batch:
        if not isinstance(message, str):
            raise TypeError(f"every message must be a str, not {type(message).__name__}; decode bytes first")
    parts = [batch[i : i + BATCH] for i in range(0, len(batch), BATCH)] or [[]]
    return [few for part in parts for few in _halved(part)]


def _halved(batch: list[str]) -> list[list[str]]:
    """A batch, in halves of halves where it has too many characters."""
    if sum(map(len, batch)) <= BATCH_CHARACTERS or len(batch) < 2:
        return [batch]
    middle = len(batch) // 2
    return [*_halved(batch[:middle]), *_halved(batch[middle:])]
