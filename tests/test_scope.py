"""What is no Chinese message about anything gets no call."""

import random
from collections import Counter
from pathlib import Path

from noticeguard.artefact import load_model, shipped_path

TABLE = Path(__file__).with_name("out_of_scope.tsv")
HOSTS = (
    "t.cn",
    "dwz.cn",
    "pay.example-bank.top",
    "www.icbc.com.cn",
    "court.gov.cn.x.top",
    "10.1.2.3:8080",
    "taobao.com",
)


def written(rng):
    """The table's sentences, whole and in four windows each, and its words."""
    for line in TABLE.read_text(encoding="utf-8").splitlines():
        kind, _, text = line.partition("\t")
        if kind.startswith("#"):
            continue
        yield kind, text
        for _ in range(4 if kind != "word" else 0):
            length = rng.randint(min(8, len(text)), len(text))
            start = rng.randint(0, len(text) - length)
            yield kind, text[start : start + length]


def made(rng):
    """Random characters, and links, numbers and emoji that stand alone."""

    def draw(low, high, least, most):
        return "".join(chr(rng.randint(low, high)) for _ in range(rng.randint(least, most)))

    known = [name for name in load_model(shipped_path()).alphabet.names if "\u4e00" <= name <= "\u9fff"]
    for _ in range(30):
        yield "random Han", draw(0x4E00, 0x9FA5, 4, 60)
        yield "random known Han", "".join(rng.choices(known, k=rng.randint(4, 60)))
        yield "random ASCII", draw(0x20, 0x7E, 4, 80)
        yield "random letters", " ".join(draw(ord("a"), ord("z"), 2, 9) for _ in range(rng.randint(1, 12)))
        yield "random characters", draw(0x21, 0xD7FF, 4, 80)
        yield "link", f"{rng.choice(('', 'http://', 'https://'))}{rng.choice(HOSTS)}/{draw(ord('a'), ord('z'), 0, 8)}"
        yield "number", str(rng.randrange(10 ** rng.randint(1, 18)))
        yield "numbers", rng.choice((" ", ",", "/", "-")).join(str(rng.randrange(10_000)) for _ in range(8))
        yield "emoji", draw(0x1F300, 0x1F64F, 1, 20)


def test_what_is_out_of_scope_is_unsure(classifier):
    rng = random.Random(20261121)
    cases = [*written(rng), *made(rng)]
    verdicts = classifier.classify_many(text for _, text in cases)
    called = [(kind, text, v.label) for (kind, text), v in zip(cases, verdicts, strict=True) if v.label != "unsure"]
    assert len(cases) > 500
    assert len(called) <= 0.01 * len(cases), (Counter(kind for kind, _, _ in called), called[:20])


def test_one_word_is_unsure_though_the_same_word_in_a_message_decides(classifier):
    for message in ("安全账户", "【安全账户】", "安全账户。", " 安 全 账 户 "):
        assert classifier.classify(message).reason == "out_of_scope"
    assert classifier.classify("请转入安全账户核查").label == "impersonation_scam"
