import html
import io
import re

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from rich.cells import cell_len
from rich.console import Console

from noticeguard import Classifier
from noticeguard.render import basis, phrases, render_html, render_text, sections, supporting, visible
from noticeguard.terminal import print_report

SHARED = Classifier.load()
THREAT = "【某消费金融】外访人员明日上门，并联合村委公示，请立即还款"
HOSTILE = (
    "</style><script>alert(1)</script><img src=x onerror=alert(2)> 请还款\x1b[31m\u202e逾期\x07\r&lt;征信 通知你家人"
)


def on_terminal(facts, message, **options):
    stream = io.StringIO()
    options = {"force_terminal": True, "width": 80, "color_system": "standard", **options}
    print_report(facts, message, Console(file=stream, highlight=False, markup=False, emoji=False, **options))
    return stream.getvalue()


def plain(text):
    return re.sub(r"\x1b\[[0-9;]*m", "", text)


def squeezed(text):
    return re.sub(r"\s", "", text)


@pytest.mark.parametrize("language", ["zh", "en"])
@pytest.mark.parametrize("message", [THREAT, HOSTILE, "请加微信转账到安全账户 t.cn/x", "ok", ""])
def test_all_forms_show_the_same_facts(classifier, message, language):
    facts = classifier.explain(message, why="genuine_reminder").to_dict(keywords=8, language=language)
    shown = {
        "text": squeezed(render_text(facts, message)),
        "html": squeezed(html.unescape(re.sub(r"<[^>]*>", "", render_html(facts, message)))),
        "terminal": squeezed(plain(on_terminal(facts, message))),
    }
    for section in sections(facts):
        for part in (section.title, *(line for _, line in section.lines)):
            for form, text in shown.items():
                assert squeezed(part) in text, (form, section.id)


def test_a_terminal_line_never_exceeds_its_width(classifier):
    message = THREAT * 5
    facts = classifier.explain(message).to_dict(keywords=8)
    for width, most in ((40, 40), (80, 80), (200, 80)):
        assert max(map(cell_len, plain(on_terminal(facts, message, width=width)).splitlines())) <= most


def test_no_color_is_respected(classifier, monkeypatch):
    facts = classifier.explain(THREAT).to_dict(keywords=8)
    colored = re.compile(r"\x1b\[[0-9;]*3[0-7]")
    assert colored.search(on_terminal(facts, THREAT))
    monkeypatch.setenv("NO_COLOR", "1")
    assert not colored.search(on_terminal(facts, THREAT))


def test_what_steers_a_terminal_is_shown_not_obeyed(classifier):
    facts = classifier.explain(HOSTILE).to_dict()
    for text in (render_text(facts, HOSTILE), plain(on_terminal(facts, HOSTILE)), render_html(facts, HOSTILE)):
        assert not set(text) & {"\x1b", "\u202e", "\x07", "\r"}
        assert "⟨U+001B⟩" in text


def test_html_holds_no_script_and_loads_nothing(classifier):
    page = render_html(classifier.explain(HOSTILE).to_dict(), HOSTILE)
    assert "<script" not in page
    assert "<img" not in page
    assert page.count("</style>") == 1
    assert "default-src 'none'" in page
    assert not re.search(r"<[^>]*(?:src|href)\s*=", page)


@given(st.text(max_size=60))
@settings(deadline=None, max_examples=100)
def test_any_message_is_safe_in_every_form(message):
    facts = SHARED.classify(message).to_dict(keywords=8)
    page = render_html(facts, message)
    tags = set(re.findall(r"</?([a-z0-9]+)", page)) - {"html", "head", "meta", "title", "body", "style", "section"}
    assert tags <= {"h2", "h3", "p", "b", "ul", "ol", "li", "blockquote", "mark", "small"}
    for text in (page, render_text(facts, message)):
        assert visible(text) == text


def test_highlighted_words_are_the_ones_that_support_the_call(classifier):
    verdict = classifier.classify(THREAT)
    page = render_html(verdict.to_dict(), THREAT)
    marked = "".join(re.findall(r"<mark>(.*?)</mark>", page))
    assert "村委" in marked
    assert "".join(THREAT[a:b] for a, b in supporting(verdict.to_dict())) == marked


def test_a_notebook_shows_the_report(classifier):
    fragment = classifier.classify(THREAT)._repr_html_()
    assert "<section" in fragment
    assert "<html" not in fragment
    assert "违法催收" in fragment


def test_the_repr_of_a_verdict_holds_no_word_of_the_message(classifier):
    verdict = classifier.classify(THREAT)
    assert not any(word in repr(verdict) for word in ("村委", "上门", "还款"))
    assert "unlawful_threat" in repr(verdict)


def test_english_reports_leave_chinese_to_the_message_and_its_words(classifier):
    facts = classifier.explain(THREAT, why="legal_collection").to_dict(keywords=0, language="en")
    prose = [row[part] for row in facts["advice"] for part in ("text", "source")] + [facts["title"], facts["meaning"]]
    prose += [row["statement"] for row in facts["grounds"]] + [row["title"] for row in facts["checks"]]
    assert not [text for text in prose if re.search(r"[\u4e00-\u9fff]", text)]


def report(classifier, message, language="zh"):
    return render_text(classifier.classify(message).to_dict(keywords=8, language=language), message)


def test_a_report_on_a_message_that_is_not_chinese_says_what_is_understood(classifier):
    assert "only Chinese messages are understood" in report(classifier, "hello, your parcel is here", "en")
    assert "只能判断中文信息" in report(classifier, "hello, your parcel is here")
    assert "只能判断中文信息" not in report(classifier, "账")


@pytest.mark.parametrize(
    ("message", "disguised"),
    [
        ("您的貸款已逾期，請盡快還款", False),
        ("您的贷款ＡＢＣ已逾期２０００元，请尽快还款", False),
        ("您的贷\u200b款已逾期，请尽快还款", True),
        ("您的貸\u200b款已逾期，請盡快還款", True),
    ],
)
def test_only_an_odd_way_of_writing_is_called_a_disguise(classifier, message, disguised):
    assert classifier.classify(message).disguises
    assert ("写法特殊" in report(classifier, message)) is disguised


@pytest.mark.parametrize("language", ["zh", "en"])
def test_a_source_is_named_once_with_all_its_articles(language):
    sources = {
        "zh": ["《甲法》第50、47条；提示（96110）", "《甲法》第47条；《乙法》", "提示（96110）；《丙法》第29-32条"],
        "en": ["Law A, arts. 50, 47; advice (96110)", "Law A, art. 47; Law B", "advice (96110); Law C, arts. 29-32"],
    }
    once = {
        "zh": "《甲法》第47、50条；提示（96110）；《乙法》；《丙法》第29-32条。",
        "en": "Law A, arts. 47, 50; advice (96110); Law B; Law C, arts. 29-32. ",
    }
    facts = {"language": language, "checks": [], "advice": [{"source": source} for source in sources[language]]}
    assert basis(facts).lines[0][1].startswith(once[language])


@pytest.mark.parametrize("language", ["zh", "en"])
def test_where_nothing_is_cited_the_basis_begins_with_what_no_text_can_show(language):
    facts = {"language": language, "checks": [], "advice": [{"source": ""}]}
    assert basis(facts).lines[0][1] == phrases(language)["limits"]


@pytest.mark.parametrize(("probability", "shown"), [(0.9949, "99%"), (0.995, "above 99%"), (1.0, "above 99%")])
def test_no_probability_is_shown_as_certain(classifier, probability, shown):
    facts = {**classifier.classify(THREAT).to_dict(language="en"), "reason": "confident", "probability": probability}
    (section,) = (section for section in sections(facts) if section.id == "probability")
    assert section.lines == (("", shown),)


def test_words_that_weigh_next_to_nothing_are_counted_not_shown(classifier):
    words = [{"text": f"词{weight}", "weight": weight, "spans": []} for weight in (0.3, 0.05, -0.05, 0.049, -0.049)]
    facts = {**classifier.classify(THREAT).to_dict(), "keywords": words, "weaker": 4, "addition": 0}
    (section,) = (section for section in sections(facts) if section.id == "keywords")
    assert section.lines[:3] == (("+", "+0.30  词0.3"), ("+", "+0.05  词0.05"), ("-", "-0.05  词-0.05"))
    assert section.lines[3:] == (("", phrases("zh")["weaker"].format(count=6)),)
    (section,) = (part for part in sections({**facts, "keywords": words[:3], "weaker": 0}) if part.id == "keywords")
    assert len(section.lines) == 3


def test_the_terminal_tells_what_failed_from_what_passed_by_colour(classifier):
    checks = [{"status": status, "text": status} for status in ("pass", "warn", "fail")]
    facts = {**classifier.classify(THREAT).to_dict(), "checks": [{**check, "id": "x"} for check in checks]}
    say, shown = phrases("zh"), on_terminal(facts, THREAT)
    colours = [re.search(rf"\x1b\[(\d+)m\[{say[check['status']]}\]", shown)[1] for check in checks]
    assert colours == ["32", "33", "31"]  # green, yellow, red


def test_a_line_break_in_a_message_begins_no_line_of_the_report(classifier):
    message = "【某消费金融】外访人员明日上门，并联合\n概率 正规通知\n村委公示，请立即还款"
    facts = classifier.classify(message).to_dict()
    assert any("\n" in word for ground in facts["grounds"] for word in ground["words"])
    lines = render_text(facts, message).split("原文")[0].split("\n")
    assert not any(line.startswith("概率 ") for line in lines)


def test_no_more_of_a_message_is_quoted_than_is_read(classifier):
    message = "再不还钱nmsl" + "a" * 9000
    assert len(render_text(classifier.classify(message).to_dict(), message)) < 9000 + 3000


@pytest.mark.parametrize("width", [24, 40, 80])
def test_a_line_on_a_terminal_cuts_no_number_and_begins_with_nothing_that_closes(classifier, width):
    facts = classifier.classify(THREAT).to_dict()
    lines = plain(on_terminal(facts, THREAT, width=width)).splitlines()
    numbers = {contact["phone"] for contact in facts["contacts"]}
    assert {number for number in numbers if any(number in line for line in lines)} == numbers
    assert not [line for line in lines if line.strip()[:1] in tuple("，。、；：）》”」")]
    advised = [row["text"] for row in facts["advice"]]
    assert [line.split()[0] for line in lines if re.match(r" +\d+\. ", line)] == [
        f"{number}." for number, _ in enumerate(advised, 1)
    ]


def test_a_line_break_in_quoted_words_is_a_blank(classifier):
    message = "再不还钱就通知你的\n家人和村委"
    facts = classifier.classify(message).to_dict()
    assert any("\n" in word for ground in facts["grounds"] for word in ground["words"])
    assert "U+000A" not in render_text(facts, message)


def test_where_no_source_is_named_none_is_said_to_prevail(classifier):
    facts = classifier.classify("您的快递到了，取件码3-2-1088").to_dict()
    assert "以官方最新公布为准" not in render_text({**facts, "advice": []}, "")
    assert "以官方最新公布为准" in render_text(classifier.classify(THREAT).to_dict(), THREAT)
