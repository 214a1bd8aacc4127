"""Train a model: hold out, fit, calibrate, and write a folder with its card."""

import hashlib
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path

import joblib
import numpy as np
from numpy.typing import NDArray
from scipy import sparse
from sklearn.model_selection import StratifiedGroupKFold

from noticeguard import normalize
from noticeguard.artefact import save_model
from noticeguard.calibration import HeldOut, calibrate, fit_blend, fused_probabilities
from noticeguard.corpus import Example, digest
from noticeguard.entities import find_entities
from noticeguard.errors import CorpusError, InputError
from noticeguard.evaluation import Figures, figures_text, measure
from noticeguard.files import blame
from noticeguard.fitting import Blend, Options, fit, fit_dictionary, mean
from noticeguard.fusion import meets
from noticeguard.grounds import find_many
from noticeguard.labels import label_ids, labels
from noticeguard.model import Floats, Model, Settings
from noticeguard.words import Dictionary

_FOLDS = 5
_GROUPS = ("family", "scenario", "writer")  # each wider than the one before
STEPS = _FOLDS + 1
"""Of `train`, for a progress bar: each fold, and the model that ships."""

_APART = Blend((1.0, 1.0), np.zeros(len(labels())))  # what is held out is blended afterwards


def hold_out(
    texts: Sequence[str],
    truth: NDArray[np.int64],
    groups: NDArray[np.int64],
    dictionary: Dictionary,
    options: Options,
    step: Callable[[], object] = lambda: None,
) -> HeldOut:
    """Score every message by models whose features and weights are fitted without its group.

    Args:
        texts, truth: n messages, and their labels' numbers.
        groups: int64 (n,): what must not be split.
        dictionary: what messages are cut into; it knows no labels.
        options: what is asked.
        step: called after each fold.
    """
    folds = StratifiedGroupKFold(_FOLDS, shuffle=True, random_state=options.seed)
    splits = list(folds.split(np.zeros(truth.size), truth, groups))

    def one(train: NDArray[np.int64], test: NDArray[np.int64]) -> tuple[Floats, Floats]:
        fitted = fit([texts[i] for i in train], truth[train], dictionary, options)
        model = fitted.model(_APART)
        scored = model.score([texts[i] for i in test])
        _, familiarity = model.scope(scored)
        return scored.parts + fitted.intercepts[:, None], familiarity

    parallel = joblib.Parallel(n_jobs=options.workers, return_as="generator")
    parts = parallel(joblib.delayed(one)(train, test) for train, test in splits)
    held_out = HeldOut(np.zeros((2, truth.size, len(labels()))), np.zeros(truth.size), np.zeros(truth.size, np.int64))
    for fold, ((_, test), (views, familiarity)) in enumerate(zip(splits, parts, strict=True)):
        held_out.views[:, test] = views
        held_out.familiarity[test] = familiarity
        held_out.folds[test] = fold
        step()
    return held_out


def groups(examples: Sequence[Example], kind: str) -> NDArray[np.int64]:
    """A number per group of messages that must not be split between fitting and measuring.

    Args:
        examples: the corpus.
        kind: `family`, `scenario` or `writer`; what shares a narrower one is in one group too (a minimal pair may
            span scenarios), and so do equal messages. A message that names none is a group of its own.
    """
    kinds = _GROUPS[: _GROUPS.index(kind) + 1]
    nobody = [f"\0{i}" for i in range(len(examples))]
    names = [f"text {e.text}" for e in examples]
    names += [
        f"{kind} {getattr(e, kind) or alone}" for kind in kinds for e, alone in zip(examples, nobody, strict=True)
    ]
    numbers = np.unique(names, return_inverse=True)[1].reshape(-1, len(examples))
    size = int(numbers.max()) + 1
    first, others = np.broadcast_to(numbers[0], numbers.shape).ravel(), numbers.ravel()
    edges = sparse.csr_matrix((np.ones(others.size), (first, others)), shape=(size, size))
    component = sparse.csgraph.connected_components(edges, directed=False)[1]
    return np.asarray(component[numbers[0]], np.int64)


def train(
    examples: Sequence[Example], folder: Path, options: Options, step: Callable[[], object] = lambda: None
) -> str:
    """Cross-validate, fit, calibrate and write a model folder with its card.

    Args:
        examples: the corpus.
        folder: where `model.json`, `weights.npz`, `words.txt` and `README.md` go.
        options: what is asked.
        step: called `STEPS` times on the way.

    Returns:
        The report: held-out figures by writer, the closest to messages from elsewhere.

    Raises:
        CorpusError: too few groups of a label, or no features.
        InputError: `folder` cannot be written, or holds files and no model.
    """
    texts = [example.text for example in examples]
    names = label_ids()
    truth = np.array([names.index(example.label) for example in examples])
    check_groups(examples, "writer")
    with blame(f"cannot write {folder}"):
        _try_folder(folder)
    dictionary = fit_dictionary(texts, options)
    held_out = hold_out(texts, truth, groups(examples, "writer"), dictionary, options, step)
    blend = fit_blend(held_out.views, truth)
    parallel = joblib.Parallel(n_jobs=options.workers)
    draws = [replace(options, seed=options.seed + draw) for draw in range(options.fits)]
    model = mean(parallel(joblib.delayed(fit)(texts, truth, dictionary, some) for some in draws)).model(blend)
    step()
    folded = normalize.fold_many(texts)
    met = meets(find_many(folded, find_entities(folded), range(len(texts))))
    settings = calibrate(model, held_out, blend, met, truth, options)
    settings = replace(settings, version=f"{digest(examples)[:12]}.{_fingerprint(model, settings)[:4]}")
    figures = held_out_figures(model, held_out, met, truth, options)
    held = "writer" if any(example.writer for example in examples) else "message, for none names its writer"
    report = f"cross-validated by {held} ({_FOLDS} folds)\n{figures_text(figures)}\n"
    model = model.with_settings(settings)
    with blame(f"cannot write {folder}"):
        save_model(model, folder)
        (folder / "README.md").write_text(card(examples, model, report), encoding="utf-8")
    return report


def _fingerprint(model: Model, settings: Settings) -> str:
    """What tells two models of the same corpus apart: a sha256 over weights and settings."""
    state = hashlib.sha256(repr(settings).encode())
    for array in (model.codes, model.idf, model.weights, model.word_idf, model.word_weights):
        state.update(array.tobytes())
    return state.hexdigest()


def check_groups(examples: Sequence[Example], kind: str) -> None:
    """Look whether `hold_out` can be done.

    Args:
        examples: the corpus.
        kind: of `groups`.

    Raises:
        CorpusError: too few groups of a label.
    """
    numbers = groups(examples, kind)
    for label in labels():
        count = len({numbers[i] for i, example in enumerate(examples) if example.label == label.id})
        if count < _FOLDS:
            raise CorpusError(
                f"{label.id} has {count} separate groups by {kind}, cross-validation needs {_FOLDS}; "
                f"write more messages of it, or of more values of {kind!r}"
            )


def _try_folder(folder: Path) -> None:
    """Write there as `save_model` will: what fails then would fail only after all folds."""
    folder.mkdir(parents=True, exist_ok=True)
    if any(folder.iterdir()) and not (folder / "model.json").is_file():
        raise InputError(f"{folder} holds files and no model; name a folder of its own, lest they are overwritten")
    with tempfile.TemporaryDirectory(dir=folder, prefix=".noticeguard-"):
        pass


def held_out_figures(
    model: Model, held_out: HeldOut, met: Floats, truth: NDArray[np.int64], options: Options
) -> Figures:
    """Figures of the mode `balanced` on held-out scores, each fold under the settings that the others give."""
    probabilities, answered = np.zeros((truth.size, len(labels()))), np.zeros(truth.size, bool)
    for fold in range(_FOLDS):
        test, others = held_out.folds == fold, held_out.folds != fold
        blend = fit_blend(held_out.views[:, others], truth[others])
        settings = calibrate(model, held_out.part(others), blend, met[others], truth[others], options)
        probabilities[test] = fused_probabilities(settings, blend.scores(held_out.views[:, test]), met[test])
        answered[test] = settings.sure_enough(probabilities[test], "balanced")
    return measure(truth, probabilities, answered)


def card(examples: Sequence[Example], model: Model, report: str) -> str:
    """The model card."""
    orders, counts = model.settings.orders, Counter(example.label for example in examples)
    scenarios = len({example.scenario for example in examples} - {""})
    rows = "\n".join(f"| `{label.id}` | {label.title} | {counts[label.id]} |" for label in labels())
    return f"""# Model {model.settings.version}

Sorts a Chinese message into five labels; see the package's README. TF-IDF and one logistic regression per label,
over n-grams of symbols (characters {_span(orders.characters)}, syllables {_span(orders.syllables)}) and over words:
{model.codes.size} n-grams and {np.count_nonzero(model.word_idf)} words are features, of {len(model.alphabet.names)} \
symbols and {len(model.dictionary)} words of the dictionary.

Trained on {len(examples)} messages{f" in {scenarios} scenarios" if scenarios else ""}
(sha256 of ids, labels and texts: `{digest(examples)}`).

| label | title | messages |
|---|---|---|
{rows}

The weights are the mean of several fits, each beside other copies of the messages; what is held out, and so figures and
thresholds, was scored by single ones. Held-out figures, from `python train.py`:

```
{report.strip()}
```

Limits: how well it does on messages from elsewhere, held-out ones of the same corpus cannot show; a text alone
cannot show whether a number is spoofed or a debt exists; languages other than Chinese are out of scope.
"""


def _span(lengths: tuple[int, int]) -> str:
    low, high = lengths
    return f"{low}-{high}" if low < high else f"{low}"
