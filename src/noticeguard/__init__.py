"""noticeguard: is this message a genuine reminder, lawful pressure, an unlawful threat or a scam?

    >>> import noticeguard
    >>> noticeguard.classify("【某银行】您的账单已出，最后还款日7月15日").best_guess
    'genuine_reminder'

Everything runs offline; no message is logged, sent or kept.
"""

from noticeguard.classifier import Classifier, classify
from noticeguard.errors import CorpusError, InputError, ModelError, NoticeguardError
from noticeguard.explain import Keyword
from noticeguard.verdict import Verdict

__all__ = [
    "Classifier",
    "CorpusError",
    "InputError",
    "Keyword",
    "ModelError",
    "NoticeguardError",
    "Verdict",
    "classify",
]
__version__ = "0.1.0"
