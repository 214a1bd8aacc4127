"""Seconds for messages made to be slow, at n and at 2n characters: `python bench/hostile.py`.

`fold + entities` reads all of the message, `classify` its first `MESSAGE_LIMIT` characters. Where time is linear
in length, twice the length takes twice the time.
"""

import argparse
import time
from collections.abc import Callable
from functools import partial

from noticeguard import Classifier
from noticeguard.entities import find_entities
from noticeguard.normalize import fold_many

MESSAGES: dict[str, Callable[[int], str]] = {
    "a plain message": lambda n: "请尽快还款。" * (n // 6),
    "opening brackets": lambda n: "(" * n,
    "brackets behind Han": lambda n: "催(" * (n // 2),
    "digits": lambda n: "1" * n,
    "digits between Han": lambda n: "1还" * (n // 2),
    "pinyin annotations": lambda n: "催(cuī)" * (n // 6),
    "annotations of one character": lambda n: "催" + "(cui)" * (n // 5),
    "dots": lambda n: "." * n,
    "dots between Han": lambda n: "法." * (n // 2),
    "a host of many labels": lambda n: "a." * (n // 2) + "cn",
    "a host that looks alike": lambda n: "icbc-com." * (n // 9) + "top",
    "a path": lambda n: "t.cn" + "/?#a" * (n // 4),
    "user names": lambda n: "a.b@" * (n // 4),
    "user names of one link": lambda n: "ab:" + "a@" * (n // 2),
    "numbers with dots": lambda n: "1.1." * (n // 4),
    "hyphens": lambda n: "a-" * (n // 2),
    "stars": lambda n: "1***." * (n // 5),
    "schemes": lambda n: "http://" * (n // 7),
    "different links": lambda n: " ".join(f"a{i}.cn" for i in range(n // 8)),
    "case numbers cut short": lambda n: "(2026)粤01民" * (n // 10) + "号",
    "alternating scripts": lambda n: "aаа催가" * (n // 5),
    "combining marks": lambda n: "催" + "\u0301" * n,
    "surrogates": lambda n: "\ud800" * n,
    "signatures": lambda n: "【】" * (n // 2),
    "signatures behind Han": lambda n: "【行】还" * (n // 4),
    "white space": lambda n: " " * n,
    "spaced letters": lambda n: "a " * (n // 2),
    "emoji between Han": lambda n: "催😀" * (n // 2),
    "characters that expand": lambda n: "㎡" * n,
    "every character of a block": lambda n: "".join(chr(0x4E00 + i % 20_000) for i in range(n)),
    "line breaks": lambda n: "还\n" * (n // 2),
    "signs of objects": lambda n: "\ufffc " * (n // 2),
    "joins that overlap": lambda n: "扣" * n,
    "joins that overlap both ways": lambda n: "方阝" * (n // 2),
    "letters of words": lambda n: "huankuan" * (n // 8),
    "cases with arrests": lambda n: "法院" + "(2026)粤01执1号拘留坐牢" * (n // 18),
    "underscores before words": lambda n: "_" * (n // 4) + "账单还款" * (3 * n // 16),
    "zeros": lambda n: "\0" * n,
}


def read(message: str) -> None:
    find_entities(fold_many([message]))


def seconds(call: Callable[[], object]) -> float:
    """The least of three runs: the machine may be shared."""
    times = []
    for _ in range(3):
        begin = time.perf_counter()
        call()
        times.append(time.perf_counter() - begin)
    return min(times)


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--length", type=int, default=100_000, help="characters of a message")
    asked = parser.parse_args()
    classifier = Classifier.load()
    classifier.classify("请还款")
    print(f"{'':<30}{'fold + entities':>16}{'twice as long':>15}{'ratio':>7}{'classify':>10}")
    cases = [(name, asked.length, make) for name, make in MESSAGES.items()]
    cases.append(("a plain message of 1 MB", 350_000, MESSAGES["a plain message"]))
    for name, length, make in cases:
        message, longer = make(length), make(2 * length)
        once, twice = (seconds(partial(read, text)) for text in (message, longer))
        whole = seconds(partial(classifier.classify, message))
        print(f"{name:<30}{once:>16.3f}{twice:>15.3f}{twice / once:>7.1f}{whole:>10.3f}")


if __name__ == "__main__":
    main()
