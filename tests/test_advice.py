"""What a reader is told to do: what fits the case, the most urgent first, and no more than is read."""

import pytest

from noticeguard import knowledge
from noticeguard.advice import MOST, find_advice
from noticeguard.grounds import find_grounds, rules
from noticeguard.labels import answers
from noticeguard.normalize import fold
from noticeguard.topics import find_topics

ROWS = knowledge.toml("advice.toml")["advice"]
TOPICS = {row[0] for row in knowledge.rows("topics.tsv")}
OUTSIDER = ("presses_outsider", "asks_outsider", "relay_discloses", "relay")


def topics(message):
    return find_topics(fold(message))


def told(label, message="", grounds=()):
    return [row.text for row in find_advice(label, topics(message), grounds)]


def test_every_row_names_only_what_there_is():
    labels = set(answers())
    signs = TOPICS | {rule.id for rule in rules()} | labels | {f"maybe_{label}" for label in labels}
    for row in ROWS:
        assert row.keys() <= {"about", "labels", "signs", "unless", "text", "text_en", "source", "source_en"}
        assert set(row.get("labels", [])) <= labels | {"own_words"}, row["text"]
        assert {*row.get("signs", []), *row.get("unless", [])} <= signs, row["text"]
        assert bool(row["source"]) == bool(row["source_en"])


def test_every_row_can_be_shown():
    """None stands behind a more general one about the same thing."""
    for number, row in enumerate(ROWS):
        for label in row.get("labels", answers()):
            for sign in row.get("signs", [""]):
                plausible = [sign.removeprefix("maybe_")] if sign.startswith("maybe_") else []
                shown = find_advice("unrelated" if label == "own_words" else label, [label, sign], [sign], plausible)
                if row["text"] in {advice.text for advice in shown}:
                    break
            else:
                continue
            break
        else:
            pytest.fail(f"row {number} is never shown: {row['text']}")


@pytest.mark.parametrize("label", answers())
def test_there_is_always_something_to_do_and_never_too_much(label):
    assert find_advice(label, [])
    everything = find_advice(label, TOPICS, {rule.id for rule in rules()} | set(answers()), answers())
    assert len(everything) == MOST
    assert [("12356" in everything[0].text), ("110" in everything[1].text)] == [True, True]


# ---------------------------------------------------------------- what is lost, who is in danger

LOST = [
    "我刚才把验证码告诉客服了",
    "短信里的链接我已经点了，还填了银行卡号，怎么办",
    "我妈昨天给那个自称民警的人转了五万",
    "我按他说的共享了屏幕",
    "孩子爸被人骗了2万块",
    "我扫了那个陌生人的码，是不是被骗了",
    "我奶奶上当了，钱都汇过去了，对方是冒充公安的",
    "我装了他发来的远程软件",
    "已经转了两万到安全账户，怎么办",
    "我点了短信里的链接，会不会有事",
    "我把身份证照片发给他们了，是不是骗子",
    "验证码告诉客服了，钱被转走了",
    "刚被骗了八千，对方说是京东客服，我现在该怎么办",
    "我已经把钱转给那个“王法官”了，6000块，联系不上",
    "点了ETC链接，填了银行卡号和密码，怎么办",
    "验证码已经给他了怎么办",
    "共享屏幕以后卡里5万没了",
    "对方说是公安局让我转安全账户，我已经转了12万",
    "刚刚在网上刷单被骗了2万",
    "钱转过去才发现是假客服",
    "给客服转了5000保证金，现在把我拉黑了",
    "刷单垫付了三万提不出来",
    "我的钱被骗光了",
]
NOT_LOST = [
    "我没有给他验证码",
    "房租我昨天转你了，查收一下",
    "我行不会索要验证码，切勿告诉他人",
    "您的验证码是482911，请勿告诉他人",
    "差点被骗了，还好我没转",
    "我把饭钱转过去了，你收一下",
    "【反诈中心】王女士说：我把验证码告诉了客服，结果被骗5万元",
    "把验证码发给我，我帮您办退款",
    "我司已将款项转出，请查收",
    "我把身份证复印件发给人事了",
    "我填了银行卡号，报销下周到",
    "我已经付款了，客服说明天发货",
    "我已经交了保证金，房东说下周退",
    "验证码已发送，请查收",
    "大家别扫那个码，已经填了卡号的抓紧打96110",
    "各位居民：昨日我辖区王女士接到“京东客服”电话，被骗11.8万",
    "先把罚款打给中队王警官6212****4498",
    "你下班前不回我就交给外访同事了",
    "验证码还没给他，怎么办",
    "我跟你说那个退费专员真别加，一看余额都要被转走了",
    "别点链接，楼上张叔就被骗了两万",
    "我把验证码给我妈了",
    "这家店我被骗了，根本不好吃",
    "老朋友们注意：最近有人冒充老龄委上门，三号楼王阿婆已经被骗六千",
    "卡里没钱了，发工资再说",
    "昨天给我妈转了两千",
]


@pytest.mark.parametrize("message", LOST)
@pytest.mark.parametrize("label", answers())
def test_who_has_already_paid_or_told_reads_first_what_to_do_now(label, message):
    advice = told(label, message)
    assert "止付" in advice[0]
    assert "110" in advice[0]
    assert "断网" in advice[0]
    assert "96110" in advice[0]
    assert "冻结" in advice[0]
    assert "改密码" in advice[0]
    assert not any(text.startswith(("先别转账", "先别急着")) for text in advice)
    assert not any("钱已经转了" in text for text in advice)
    assert not any("12368" in text or "是真的" in text for text in advice)
    assert not any("与催收无关" in text for text in advice)


@pytest.mark.parametrize("message", NOT_LOST)
def test_who_has_not_is_not_told_so(message):
    assert "already_lost" not in topics(message)


@pytest.mark.parametrize("rule", ["violence", "family_harm", "stays_in_home", "breaks_in"])
@pytest.mark.parametrize("label", answers())
def test_bodily_threats_put_the_police_first(label, rule):
    assert "打110" in told(label, "明天还钱", {rule, "unlawful_threat"})[0]


THREATS = [
    "再不还钱我就杀了你全家",
    "我要杀了你",
    "今晚不还就把他手剁了",
    "你妈住几号病房我知道",
    "你老婆你儿子一个都跑不了",
    "有人发我：“再不还钱就弄死你全家”，我该报警吗？",
    "有人说要砍死我，就因为欠了五千",
    "对方威胁要杀我全家怎么办",
    "他们说要把我腿打断",
    "小心你的狗命",
    "你等着收尸吧",
]
VEILED = [
    "下班那条路挺黑的，你自己当心",
    "路上车多，接孩子放学小心点",
    "您孩子在第三小学三年级2班对吧，放学路上注意安全",
    "你女儿在实验小学三年级二班，我没说错吧",
    "你儿子放学别走丢了",
]


@pytest.mark.parametrize("message", THREATS)
@pytest.mark.parametrize("label", answers())
def test_a_threat_to_life_brings_the_police_first_whatever_the_answer(label, message):
    advice = told(label, message)
    assert "打110" in advice[0]
    assert "不单独见面" in advice[0]
    assert not any("与催收无关" in text for text in advice)


@pytest.mark.parametrize("message", VEILED)
def test_a_veiled_threat_is_one_only_where_the_answer_does_not_speak_against_it(message):
    for label in ("unlawful_threat", "unsure"):
        assert "打110" in told(label, message)[0]
    for label in ("unrelated", "genuine_reminder"):
        assert not any("暗示" in text for text in told(label, message))


@pytest.mark.parametrize(
    "message",
    [
        "这游戏里我要杀了你，哈哈",
        "敢剧透我打断你的腿",
        "再偷吃我辣条 杀你全家(养的鱼)",
        "再敢翻墙去网吧 信不信打断你腿",
        "爱死你了",
        "放学路上注意安全，早点回家",
        "我妈住几号病房你知道吗",
        "这药能杀死你家的蟑螂",
    ],
)
def test_banter_and_care_are_no_threats(message):
    assert "threat_to_life" not in topics(message)


def test_a_breach_without_danger_begins_with_the_records_and_the_complaint():
    first = told("unlawful_threat", "您的借款已逾期", {"insults"})[0]
    assert first.startswith("截图")
    assert "12378" in first


@pytest.mark.parametrize(
    ("message", "meant"),
    [
        ("不打钱就把你的裸照发给所有人", True),
        ("你的私密视频我马上群发到通讯录", True),
        ("谨防裸聊诈骗，遇到敲诈请报警", False),
        ("把你的照片发到群里", False),
    ],
)
def test_blackmail_with_intimate_pictures_is_for_the_police_and_no_debt(message, meant):
    advice = told("unlawful_threat", message)
    assert ("私密照片" in advice[0]) is meant
    assert any("仍应归还" in text for text in advice) is not meant


# ---------------------------------------------------------------- who reads it, and who wants the money


@pytest.mark.parametrize("rule", OUTSIDER)
@pytest.mark.parametrize("label", ["legal_collection", "unlawful_threat"])
def test_who_owes_nothing_reads_no_advice_for_debtors(label, rule):
    advice = told(label, "你好，你是小周的同事吧，他欠款一直不还，准备起诉", {rule})
    assert any("不是借款人" in text for text in advice)
    assert not any(word in text for text in advice for word in ("仍应归还", "答辩状", "先问清"))


def test_the_debtor_himself_reads_that_the_debt_stands():
    advice = told("unlawful_threat", "你欠的钱再不还，我们就找你同事说", {"presses_outsider"})
    assert any("仍应归还" in text for text in advice)
    assert not any("不是借款人" in text for text in advice)


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("您的信用卡本期账单2300元，请按时还款", "12378"),
        ("本月电费88元未缴，户号3301", "户号"),
        ("您已欠费26元，为避免停机请及时缴费", "户号"),
        ("哥，上回欠我的两千这周方便还吗", "平时存的号码"),
        ("这个月房租1800别忘了", "平时存的号码"),
        ("托管费本周五前交一下", "对方的官方App"),
    ],
)
def test_an_ordinary_reminder_is_checked_with_the_one_who_sends_it(message, word):
    (advice,) = find_advice("genuine_reminder", topics(message))
    assert word in advice.text
    assert ("自律公约" in advice.source) is (word == "12378")


@pytest.mark.parametrize(
    ("message", "word", "law"),
    [
        ("【某区人民法院】请于12月9日到第三法庭开庭，传票另寄", "答辩状", "128"),
        ("【某区人民法院】（2025）浙0106民初88号判决书已生成，请签收", "纸质", "第90条"),
        ("【某区人民法院】（2025）浙0106执886号执行通知书，请履行义务", "失信名单", "第1条"),
        ("某仲裁委员会：您的案件已受理，仲裁通知书已寄出", "仲裁机构", ""),
        ("调解员小许：信用卡的事法院委派我们诉前调解，自愿参加", "可以拒绝", "125"),
        ("某区人民法院：支付令已寄出，请查收", "书面异议", "227"),
        ("某区人民法院：申请执行人您好，（2025）浙0106执886号执行款已到账，请来领款", "写明的期限", "第90条"),
    ],
)
def test_a_court_is_asked_by_what_it_sends(message, word, law):
    first = find_advice("genuine_reminder", topics(message))[0]
    assert word in first.text
    assert law in first.source
    assert "官方渠道还款" not in first.text
    assert ("12368" in first.text) is ("仲裁" not in first.text)
    assert ("答辩状" in first.text) is (word == "答辩状")


def test_a_lender_that_speaks_of_a_suit_leads_to_the_court_and_to_the_debt():
    advice = told("legal_collection", "您的借款逾期，我司将提起仲裁或向法院起诉")
    assert [word in text for word, text in zip(("债权人是谁", "仍应归还", "12368"), advice, strict=True)] == [True] * 3


@pytest.mark.parametrize("message", ["您的借款逾期12天，请还款", "欠我的三万块这周还我"])
def test_only_beside_unlawful_words_is_it_said_that_they_end_no_debt(message):
    said = {label: " ".join(told(label, message)) for label in ("legal_collection", "unlawful_threat")}
    assert "仍应归还" in said["legal_collection"]
    assert "违法" not in said["legal_collection"]
    assert "违法也不等于债务消失" in said["unlawful_threat"]


@pytest.mark.parametrize(
    ("message", "own"),
    [
        ("【招商银行】您的信用卡已逾期60天，请立即还款", True),
        ("您好，您在我行的贷款已逾期，将依法处理", True),
        ("【招商银行】您已逾期，现委托华信公司催收，请还款", False),
        ("您的贷款已逾期，请联系我司还款", False),
    ],
)
def test_of_the_lenders_own_letter_no_mandate_is_asked(message, own):
    first = told("legal_collection", message)[0]
    assert first.startswith("先问清")
    assert ("委托" not in first) is own


@pytest.mark.parametrize(
    "message",
    [
        "你老公在外面欠了五万，你们家得还",
        "我妈妈收到短信说你儿子欠款不还，请问我妈需要替我还吗",
        "我弟欠了网贷，催收天天打我电话，我有义务还吗",
    ],
)
@pytest.mark.parametrize("label", ["legal_collection", "unlawful_threat", "unsure"])
def test_where_a_relative_owes_both_sides_are_told_in_one_row(message, label):
    for grounds in ((), ("presses_outsider",)):
        (row,) = [text for text in told(label, message, grounds) if "没有还款义务" in text]
        assert "仍应归还" in row


def test_wages_owed_are_no_business_of_the_regulator_of_lenders():
    for label in ("legal_collection", "unlawful_threat"):
        assert "12378" not in " ".join(told(label, "欠我们工人的工资再不发，我们去你公司门口坐着"))
    assert "12378" not in " ".join(told("unrelated", "包工头欠我工资还骂我", ()))


@pytest.mark.parametrize(
    ("message", "meant"),
    [
        ("【某区人民法院】（2025）浙0106民初88号一审判决书已送达，请查收", True),
        ("某区人民法院：民事裁定书请到法院领取", True),
        ("某区人民法院：（2025）浙01民终88号二审判决书已送达", False),
        ("某区人民法院：请于12月9日到庭应诉", False),
    ],
)
def test_a_judgment_comes_with_the_time_to_appeal(message, meant):
    advice = told("genuine_reminder", message)
    assert any("上诉期" in text for text in advice) is meant
    assert "12368" in advice[0]


@pytest.mark.parametrize(
    ("message", "police", "court"),
    [
        ("你的案件已移交公安立案侦查，请尽快还款", True, False),
        ("派出所已受理你的欠款案件，今天还清", True, False),
        ("你的欠款已移交公安立案，并向法院起诉", True, True),
        ("我司已向法院起诉，请还款", False, True),
    ],
)
def test_a_police_file_is_asked_about_at_the_police(message, police, court):
    for label in ("legal_collection", "unlawful_threat"):
        advice = " ".join(told(label, message))
        assert ("到派出所当面问" in advice) is police
        assert ("不用信息里的电话" in advice) is police
        assert ("12368" in advice) is court


def test_a_threat_that_a_rule_finds_is_not_called_unrelated():
    assert not any("与催收无关" in text for text in told("unrelated", "老子弄你", {"violence"}))


def test_who_asks_how_to_contest_a_judgment_reads_of_the_time_to_appeal():
    assert any("上诉期" in text for text in told("unrelated", "一审判我还五万，我不服怎么办"))


def test_no_code_may_be_given_even_after_checking():
    (text,) = told("unrelated", "下午去公园吗")
    assert "验证码、密码不给任何人" in text
    assert "官方渠道核实" in text


@pytest.mark.parametrize("message", ["欠我的三万块再不还就起诉", "房租拖了两个月了，周日前不交我收房"])
def test_a_private_creditor_has_no_agency_and_no_regulator(message):
    for label in ("legal_collection", "unlawful_threat"):
        advice = " ".join(told(label, message))
        assert "催收机构是谁" not in advice
        assert "12378" not in advice


# ---------------------------------------------------------------- scams and adverts


@pytest.mark.parametrize(
    "message", ["", "收到一条短信说我逾期要被起诉，是真的吗？", "法院传票，请缴费", "我把卡冻结了"]
)
def test_in_a_scam_the_safety_line_comes_before_anything_else(message):
    assert told("impersonation_scam", message)[0].startswith("先别转账")


@pytest.mark.parametrize("message", ["", "请打开会议软件共享屏幕", "中奖了，请领奖"])
def test_every_scam_says_what_to_do_where_it_has_worked(message):
    lost = told("impersonation_scam", message)[1]
    assert "止付" in lost
    assert "断网" in lost


@pytest.mark.parametrize(
    ("message", "word"),
    [
        ("妈，我换手机了，先帮我转5000学费", "原来的号码"),
        ("我是你们刘总，马上给客户打款20万", "原来的号码"),
        ("市公安局：你涉嫌洗钱，请配合", "没有“安全账户”"),
        ("法院通知，缴保证金撤案", "12368"),
        ("您的包裹丢失，加客服理赔", "自己打开官方App"),
    ],
)
def test_a_scam_is_checked_with_the_one_it_poses_as(message, word):
    advice = told("impersonation_scam", message)
    assert word in advice[2]
    assert ("12368" in " ".join(advice)) is (word == "12368")


@pytest.mark.parametrize(
    ("message", "meant"),
    [
        ("停息挂账，债务优化，不成功不收费", True),
        ("专业征信修复，包消除逾期", True),
        ("征信报告可免费查询", False),
        ("警惕征信修复骗局", False),
    ],
)
def test_an_advert_for_paid_credit_repair_is_answered(message, meant):
    assert any("收费“修复”" in text for text in told("unrelated", message)) is meant


@pytest.mark.parametrize("language", ["", "_en"])
def test_no_name_says_that_a_message_is_authentic(language):
    shown = answers()["genuine_reminder"]
    assert not any(word in getattr(shown, f"title{language}") for word in ("真", "genuine", "real", "authentic"))
    assert {"": "核实", "_en": "checked"}[language] in getattr(shown, f"meaning{language}")


# ---------------------------------------------------------------- from the message to the report


@pytest.mark.parametrize(
    ("message", "first"),
    [
        ("短信说我ETC停用了，我点了链接，还填了卡号和验证码，怎么办", "止付"),
        ("再不还钱就打断你的腿，砍死你全家", "110"),
        ("您好，请下载会议软件，打开屏幕共享，我教您关闭百万保障", "先别转账"),
        ("【某区人民法院】（2025）浙0106民初88号一案定于12月9日开庭，传票请到法院领取", "12368"),
    ],
)
def test_the_first_line_of_a_report_is_the_most_urgent(classifier, message, first):
    verdict = classifier.classify(message)
    assert first in verdict.advice[0].text, (verdict.label, verdict.topics)
    assert len(verdict.advice) <= MOST


def test_a_message_to_somebody_else_is_answered_for_him(classifier):
    verdict = classifier.classify("他在我们平台的借款逾期三个月了，您是他同事，麻烦您转告，让他尽快还款")
    assert {ground.rule.id for ground in verdict.grounds} & set(OUTSIDER)
    assert any("没有还款义务" in row.text for row in verdict.advice)
    assert not any("仍应归还" in row.text for row in verdict.advice)


def test_who_tells_his_own_story_is_not_told_that_it_is_no_collection():
    assert not any("与催收无关" in text for text in told("unrelated", "今天收到法院短信说我被起诉了，怎么办"))


@pytest.mark.parametrize(
    "message", ["您母亲欠我行贷款3万，您作为子女有义务偿还，请尽快处理", "张三逾期30天，烦请你提醒他还款"]
)
def test_who_owes_nothing_is_not_told_that_his_debt_stands(message):
    found = [ground.rule.id for ground in find_grounds(message)]
    advice = told("unlawful_threat", message, found)
    assert any(text.startswith("您若没有还款义务") for text in advice)
    assert not any(text.startswith("您确实欠的钱") for text in advice)


def test_of_a_debt_assigned_the_old_creditor_is_asked():
    (first, *_) = told("genuine_reminder", "债权转让通知：请还至我司对公账户", ["assignment"])
    assert "原债权人" in first
