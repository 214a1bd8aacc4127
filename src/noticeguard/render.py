"""Verdicts as text. Makes strings only; prints nothing.

What a hostile message carries is shown, never obeyed: control characters, ANSI escapes
and bidirectional overrides appear as their code points.
"""

import json
import unicodedata

from noticeguard.classifier import KEYWORDS, Verdict
from noticeguard.labels import answers

_MARK, _UNMARK = "\x1b[1;7m", "\x1b[0m"
_CERTAIN = 0.995  # what rounds to 100 %
_LEAST_WEIGHT = 0.05  # of a keyword that is worth a line
_REASONS = {
    "out_of_scope": "文字太短，或与学过的内容差别太大；请粘贴完整的短信原文",
    "no_evidence": "没有可供判断的文字；请粘贴完整的短信原文",
}
_DISGUISES = {
    "width": "全角字母数字",
    "traditional": "繁体字",
    "invisible": "隐形字符",
    "mark": "附加符号",
    "digit": "变体数字",
    "homoglyph": "形近字母",
    "separator": "字间夹符号",
    "spacing": "逐字隔开",
    "annotation": "夹注拼音",
    "split": "拆字",
    "substitute": "代称",
}


def visible(text: str) -> str:
    """The text with every character that could steer a terminal written as its code point; line breaks stay.

    >>> visible("a\\x1b[31mb")
    'a⟨U+001B⟩[31mb'
    """
    return "".join(
        char
        if char == "\n" or unicodedata.category(char) not in {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
        else f"⟨U+{ord(char):04X}⟩"
        for char in text
    )


def render_text(verdict: Verdict, message: str, *, keywords: int = KEYWORDS, color: bool = False) -> str:
    """A verdict for a reader, in Chinese.

    Args:
        verdict: what was said of `message`.
        message: the message itself.
        keywords: how many keywords are listed and marked.
        color: mark words by terminal escapes instead of brackets.
    """
    answer = answers()[verdict.label]
    guess = answers()[verdict.best_guess].title
    lines = [f"判断：{answer.title}（{verdict.label}）"]
    if verdict.label != "unsure":
        lines.append(f"概率：{_percent(verdict.probability)}")
    elif verdict.reason == "low_confidence":
        lines.append(f"原因：把握不足；最接近的是“{guess}”，概率 {_percent(verdict.probability)}")
    else:
        lines.append(f"原因：{_REASONS[verdict.reason]}")
    lines.append(f"含义：{answer.meaning}")
    lines.append("接下来：")
    lines += [f"  {number}. {sentence}" for number, sentence in enumerate(verdict.advice, 1)]
    shown = [keyword for keyword in verdict.top_keywords(keywords) if abs(keyword.weight) >= _LEAST_WEIGHT]
    if shown:
        lines.append(f"关键词（+ 表示像“{guess}”，- 表示不像，数字越大影响越大）：")
        lines += [f"  {keyword.weight:+.2f}  {visible(keyword.text)}" for keyword in shown]
        weaker = len(verdict.top_keywords(len(verdict.keywords))) - len(shown)
        if weaker:
            lines.append(f"  另有 {weaker} 个较弱的词")
    if verdict.disguises:
        lines.append("写法特殊：" + "、".join(_DISGUISES[name] for name in verdict.disguises))
    lines.append("原文：")
    supporting = [span for keyword in shown if keyword.weight > 0 for span in keyword.spans]
    lines += ["  " + line for line in _marked(message, supporting, color=color).split("\n")]
    lines.append(f"依据：{answer.source}。以官方最新公布为准；仅凭文字无法得知号码真伪和债务是否存在。")
    return "\n".join(lines) + "\n"


def _percent(probability: float) -> str:
    """A probability for a reader: no model is certain."""
    return f"{probability:.0%}" if probability < _CERTAIN else "99%以上"


def render_json(verdict: Verdict, *, keywords: int = KEYWORDS) -> str:
    """A verdict as one line of JSON."""
    return json.dumps(verdict.to_dict(keywords=keywords), ensure_ascii=True) + "\n"


def _marked(message: str, spans: list[tuple[int, int]], *, color: bool) -> str:
    opening, closing = (_MARK, _UNMARK) if color else ("[", "]")
    parts, at = [], 0
    for start, end in _merged(spans):
        parts += [visible(message[at:start]), opening, visible(message[start:end]), closing]
        at = end
    return "".join([*parts, visible(message[at:])])


def _merged(spans: list[tuple[int, int]]) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for start, end in sorted(spans):
        if merged and start <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(end, merged[-1][1]))
        else:
            merged.append((start, end))
    return merged
