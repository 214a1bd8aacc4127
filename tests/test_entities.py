import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from noticeguard.contacts import registry
from noticeguard.entities import _follow, find_entities, fixed_kinds
from noticeguard.knowledge import rows
from noticeguard.normalize import fold_many

PATTERNS = re.compile("|".join(f"({pattern})" for _, pattern, _ in rows("entities.tsv")))
EXAMPLES = [example for _, _, example in rows("entities.tsv")]


def kinds(message):
    return find_entities(fold_many([message])).kinds


def test_every_row_of_the_table_reads_its_own_example():
    wrong = []
    for kind, _, example in rows("entities.tsv"):
        found = kinds(example)
        if len(found) != 1 or found[0].partition(":")[0] != kind.partition(":")[0]:
            wrong.append((kind, found))
    assert wrong == []


@given(st.one_of(st.text("abxz0159.:/-_?=&%#~+*@", max_size=14), st.sampled_from(EXAMPLES).map(str.lower)))
@settings(max_examples=1000)
def test_the_automaton_reads_what_the_patterns_of_the_table_say(run):
    match = PATTERNS.fullmatch(run)
    assert _follow(run.encode()) == (match.lastindex - 1 if match else -1)


def test_every_official_number_is_recognised():
    assert [phone for phone in registry().phones if kinds(f"请拨{phone}。") != ["phone:official"]] == []


def test_the_kinds_of_a_batch_begin_with_the_fixed_ones():
    entities = find_entities(fold_many(["请拨95188", "加QQ0123456"]))
    assert entities.names[: len(fixed_kinds())] == fixed_kinds()


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("案号（2026）粤0106民初1234号，请查阅", ["case"]),
        ("案号〔2026〕粤0106民初1234号", ["case"]),
        ("案件编号CQ2026", ["word:cq", "year"]),
        ("点 zxfw.court.gov.cn/zxfw 查看", ["link:official"]),
        ("点 http://court.gov.cn.evil.top/a", ["link:lookalike"]),
        ("点 t.cn/A6abc", ["link:forwarding"]),
        ("点 http://10.1.2.3:806/x", ["link:address"]),
        ("点 sd.gdems.com/v/1", ["link:vendor"]),
        ("拨95188，不是9518800", ["phone:official", "phone:long"]),
        ("加微信7731zx**或QQ0123456", ["masked", "word:qq", "number:7"]),
        ("1,352.29元，18:00前", ["number:1", "money", "time"]),
        ("微信V", ["word:v"]),
        ("点http://icbc.com.cn@evil.top/a", ["link:lookalike"]),
        ("点http://someone@evil.top/a", ["link:cheap"]),
        ("点 www.аlipay.com", ["link:lookalike"]),
        ("案号（2024）黔0281民初3327号", ["case"]),
        ("您好。", []),
    ],
)
def test_entities_have_their_kind(message, expected):
    assert kinds(message) == expected


def test_entities_do_not_cross_messages():
    entities = find_entities(fold_many(["拨951", "88吧"]))
    assert entities.kinds == ["number:3", "number:2"]


def test_the_mentions_of_a_message_stand_in_its_own_text():
    folded = fold_many(["拨12368", "加QQ0123456，或拨95188"])
    entities = find_entities(folded)
    mentions = entities.within(int(folded.starts[1]) + 1, int(folded.starts[2]))
    assert [folded.text(1)[mention.start : mention.end] for mention in mentions] == ["qq", "0123456", "95188"]
    assert [mention.kind for mention in mentions] == entities.kinds[1:]
