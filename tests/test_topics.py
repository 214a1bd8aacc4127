"""What a message talks about, who speaks, and the help that follows from it."""

import pytest

from noticeguard.advice import find_advice
from noticeguard.labels import answers
from noticeguard.normalize import fold
from noticeguard.topics import find_topics


def topics(message):
    return set(find_topics(fold(message)))


@pytest.mark.parametrize(
    "message",
    [
        "活着没意思",
        "留了封遗书，联系不上",
        "老公被催收逼得离家出走，留了遗书",
        "我想跳楼，活不下去了，欠了二十万",
        "我不想活了，催收天天打电话，我欠了十几万还不起",
        "欠了三十万网贷，我想跳楼算了",
        "真的撑不下去了，被网贷逼得走投无路",
        "朋友说他不想活了，欠债太多",
        "活着没意思，天天被催债",
        "还不起錢，我不想活了",
        "你怎么不去死，欠钱不还的东西",
        "死了倒干净，钱让你爸妈替你还",
    ],
)
def test_words_of_suicide_or_despair_are_heard_whoever_says_them(message):
    assert "distress" in topics(message)


@pytest.mark.parametrize(
    "message",
    [
        "想死你了，什么时候回来",
        "今天作业多得想死",
        "跳楼价大甩卖，全场一折",
        "周末去玩跳楼机吗",
        "不想活动，就在家躺着",
        "笑死我了",
        "这游戏boss怎么还不去死",
        "《自杀小队》今晚上映",
        "保险责任免责：被保险人自杀",
        "再不还钱弄死你",
        "这行情看得人绝望",
        "这部电视剧里女主留了遗书",
        "活着没意思？那是歌词",
        "公证遗嘱和遗书有什么区别",
        "昨晚失眠吃了安眠药才睡着",
        "给果树打农药",
    ],
)
def test_a_manner_of_speaking_is_no_distress(message):
    assert "distress" not in topics(message)


@pytest.mark.parametrize(
    "message",
    [
        "我不想活了，催收天天打电话，我欠了十几万还不起",
        "还不上钱，催收的说要来我家，我好害怕",
        "老婆，我被人催债催到公司了怎么办",
        "收到一条短信说我花呗逾期了要被起诉，是真的吗？",
        "我欠了网贷还不上，催收打到我单位了，怎么办",
        "刚刚接到电话说我涉嫌洗钱，让我转账到安全账户，是不是骗子",
        "这个短信是真的吗？说法院有我传票",
        "网贷逾期会坐牢吗？",
        "催收说要爆我通讯录，合法吗",
        "妈，我借的网贷还不上了，好害怕",
        "我信用卡逾期半年了，银行说要起诉我，咋办",
        "我妈被催收吓得住院了，我该怎么办",
        "我在外面欠了很多钱，不敢告诉爸妈，怎么办",
        "催收给我同事发短信说我欠钱，违法吗",
        "有人打电话给我单位说我欠钱，合法吗",
        "他们把我照片发到村群里说我是老赖",
        "有人发我：“再不还钱就弄死你全家”，我该报警吗？",
        "昨天收到一条短信说“您已被列入失信名单，请点击链接处理”，请问这是真的吗？",
        "有人发我说再不还钱就弄死我全家，我该报警吗",
        "短信内容是“您的花呗已逾期，请联系13800000000”，这是诈骗吗？",
        "帮我看看这条：您的账户已冻结，请点击链接解冻，是不是骗子",
        "朋友收到“不还钱就杀你全家”的短信，能报警吗",
        "我妈妈收到短信说你儿子欠款不还，请问我妈需要替我还吗",
    ],
)
def test_the_readers_own_question_or_account_is_known_as_such(message):
    assert "own_words" in topics(message)


@pytest.mark.parametrize(
    "message",
    [
        "你说怎么办吧，钱还不还",
        "你看怎么办，今天必须还钱",
        "请问怎么办理贷款结清证明",
        "我被老板催方案催到半夜",
        "妈我到家了，钱转给我吧",
        "您的花呗已逾期，请尽快还款",
        "我欠你的钱下月还，真不好意思",
        "我是催收员小王，欠款怎么办，你给个说法",
        "我们天天打你电话，你不接，我上门找你",
        "网贷逾期怎么办？加微信咨询专业法务",
        "我司已委托催收公司上门，欠款请与我司联系",
        "晚上吃什么，怎么办",
        "【花呗】近期有人自称我方员工，让人“添加QQ办理降息注销”，我们从不这么做",
        "收到“已发货”短信后关注公众号，领取礼品吗？",
    ],
)
def test_what_others_write_is_not_taken_for_the_readers_own_words(message):
    assert "own_words" not in topics(message)


@pytest.mark.parametrize("label", answers())
def test_in_distress_help_comes_first_and_the_labels_own_advice_stays(label):
    first, *then = find_advice(label, ["distress"])
    assert "12356" in first.text
    assert "120" in first.text
    # Who says so is told neither "unrelated" nor what is owed.
    assert set(then) <= set(find_advice(label, []))
    assert not any("仍应归还" in row.text or "与催收无关" in row.text for row in then)
    assert bool(then) is (label not in ("unrelated", "unsure"))


def test_own_words_are_answered_with_a_request_for_the_message_and_the_help_that_fits():
    advice = [row.text for row in find_advice("unrelated", ["own_words", "home_visit", "overdue"])]
    assert "原文" in advice[0]
    assert "12378" in advice[1]
    assert "证件" in advice[2]
    assert "强行进入" in advice[2]
    assert not any("证件" in row.text for row in find_advice("unrelated", ["home_visit"]))


@pytest.mark.parametrize("label", sorted(answers().keys() - {"impersonation_scam"}))
def test_where_a_rule_speaks_for_a_scam_the_money_is_held_first(label):
    advice = [row.text for row in find_advice(label, [], {"impersonation_scam"})]
    assert advice[0].startswith("先别转账")
    assert "96110" in advice[0]
    assert not any(row.text.startswith("先别转账") for row in find_advice(label, [], {label}))


def test_an_unsure_answer_that_may_be_a_threat_says_what_to_keep_and_whom_to_call():
    assert any("110，" in row.text or "打110" in row.text for row in find_advice("unsure", [], (), ["unlawful_threat"]))
    assert any("都保存好" in row.text for row in find_advice("unsure", ["home_visit"]))
    assert not any("都保存好" in row.text for row in find_advice("unsure", [], (), ["unrelated"]))


def test_a_topic_is_named_once_though_several_rows_find_it():
    found = find_topics(fold("我不想活了，走投无路，欠债太多，逼死我"))
    assert found.count("distress") == 1


@pytest.mark.parametrize(
    ("message", "meant"),
    [
        ("明天到您户籍地走一趟", True),
        ("我们就在你家门口等", True),
        ("周三去你父母家谈", True),
        ("请到我公司前台谈", False),
        ("回家路上小心", False),
    ],
)
def test_a_visit_is_known_in_other_words_too(message, meant):
    assert ("home_visit" in topics(message)) is meant


@pytest.mark.parametrize(
    ("message", "topic", "meant"),
    [
        ("上次你借的三千什么时候还", "private_creditor", True),
        ("我司已将您欠我司的款项转让", "private_creditor", False),
        ("欠我们工人的工资再不发，我们去你公司门口坐着", "private_creditor", True),
        ("您推脱说没发工资，请还我行信用卡", "private_creditor", False),
        ("你儿子欠了我们三千", "kin_debt", True),
        ("您妹妹透露欠款一事，我们已核查", "kin_debt", False),
        ("你哥借用一下我的车", "kin_debt", False),
        ("您的360借条今日到期", "private_creditor", False),
        ("供水公司：本期水费46元", "utility", True),
        ("花呗可交水费", "utility", False),
        ("您已逾期12天", "to_debtor", True),
        ("您好，您的同事小李逾期未还", "to_debtor", False),
        ("我司将提起仲裁，仲裁委员会受理后通知您", "arbitration", False),
        ("某仲裁院通知：仲裁规则已寄出", "arbitration", True),
    ],
)
def test_who_wants_the_money_and_who_reads_it_is_known(message, topic, meant):
    assert (topic in topics(message)) is meant
