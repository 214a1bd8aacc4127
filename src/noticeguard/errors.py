"""The exceptions of noticeguard.

NoticeguardError            anything this package raises on purpose
├── InputError              a file or stream of messages that cannot be read
├── CorpusError             labelled data that breaks its own rules
└── ModelError              a model folder that is missing, damaged or of another format

A wrong type is a `TypeError`, as everywhere in Python. A message that shows no evidence
is no error but a verdict, `unsure`. No exception carries the text of a message.
"""


class NoticeguardError(Exception):
    """The base of every exception raised by this package."""


class InputError(NoticeguardError):
    """Messages that cannot be read: a missing file, undecodable bytes, a malformed row."""


class CorpusError(NoticeguardError):
    """Labelled data that breaks its own rules: an unknown label, a repeated id."""


class ModelError(NoticeguardError):
    """A model folder that is missing, damaged, or written in a format this version cannot read."""
