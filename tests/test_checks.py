import re
import tomllib
from datetime import date
from importlib import resources

import pytest

from noticeguard import checks
from noticeguard.checks import find_checks
from noticeguard.entities import find_entities
from noticeguard.normalize import fold_many

TABLES = resources.files("noticeguard") / "tables"
TABLE = tomllib.loads((TABLES / "checks.toml").read_text(encoding="utf-8"))
TODAY = date(2026, 11, 21)
FINDINGS = [(row["id"], finding) for row in TABLE["check"] for finding in row["finding"]]


def examine(message, **taken_for):
    folded = fold_many([message])
    mentions = find_entities(folded).within(int(folded.starts[0]) + 1, int(folded.starts[1]))
    return folded.text(0), find_checks(folded.text(0), mentions, today=TODAY, **taken_for)


def statuses(message, **taken_for):
    """The status of each check; of several with one id (links, numbers) all of them."""
    found = {}
    for check in examine(message, **taken_for)[1]:
        found.setdefault(check.id, []).append(check.status)
    return found


def status(message, check, **taken_for):
    found = statuses(message, **taken_for).get(check, [None])
    assert len(found) == 1
    return found[0]


def sentence(message, check, **taken_for):
    return " ".join(found.text for found in examine(message, **taken_for)[1] if found.id == check)


# What every message gets, and what is left out.


@pytest.mark.parametrize(
    "message",
    [
        "【花呗】逾期请还款",
        "你欠的钱呢",
        "【天河区人民法院】请领取文书",
        "我司将依法起诉",
        "安全账户,王警官",
        "催收天天打电话",
    ],
)
def test_what_a_text_cannot_show_is_said_of_debts_and_cases(message):
    found = statuses(message)
    assert found["spoofing"] == ["unknown"]
    assert found["debt_exists"] == ["unknown"]


@pytest.mark.parametrize(
    "message",
    ["【菜鸟驿站】您的快递已到，取件码1-2-3456", "您尾号1234的账户支出100元", "妈,我换号了,打点钱", "点 t.cn/x 领奖"],
)
def test_where_there_is_no_debt_and_no_case_only_the_senders_number_is_in_doubt(message):
    found = statuses(message)
    assert found["spoofing"] == ["unknown"]
    assert "debt_exists" not in found


@pytest.mark.parametrize("message", ["", "。！？", "晚上一起吃饭吗，老地方见", "哈哈好的，明天见"])
def test_a_chat_is_asked_for_nothing(message):
    assert statuses(message) == {}


def test_what_is_taken_for_a_collectors_has_its_limits_said_in_whatever_words():
    text = "一天三趟敲她的门"
    assert find_checks(text, []) == ()
    assert [check.id for check in find_checks(text, [], collects=True)] == ["spoofing", "debt_exists"]


# Sender, creditor, amount.


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("【某某消费金融】您的借款已逾期", "pass"),
        ("您的借款已逾期，请还款【马上消费】", "pass"),
        ("您好，这里是杭州市西湖区人民法院，请领取文书", "pass"),
        ("招联金融：您的借款已逾期", "pass"),
        ("【人民法院】您有传票未领取", "warn"),
        ("【执行局】您有传票未领取", "warn"),
        ("我是公安局的，你涉嫌洗钱", "warn"),
        ("【通知】你欠的钱该还了", "warn"),
        ("你欠的五千块什么时候还款", "warn"),
        ("您的花呗已逾期", "unknown"),
        ("我行将于月底提交诉讼，请尽快还款。青禾农商行", "pass"),
        ("贵户欠物业费900元，请缴清。安居物业服务有限公司（公章）", "pass"),
        ("您的案卷已转出。——某某资产管理部", "pass"),
        ("本月账单已出，应还款430元。支付宝", "pass"),
        ("关于欠款：湖南某某律师事务所受某小贷公司委托，请您三日内清偿", "pass"),
        ("借款已逾期，请处理【青禾花】", "warn"),  # round brackets may hold anything
        ("借款已逾期，请尽快归还给公司", "unknown"),
        ("请债务人把款汇到法院账户：现在就办", "unknown"),
        ("【转发自讨债群】今晚不还款就上门", "warn"),
        ("【税务局】您欠缴税款，请还款", "pass"),
        ("【中国银行】您的信用卡已逾期", "pass"),
    ],
)
def test_a_sender_is_named_vague_or_absent(message, expected):
    assert status(message, "sender", collects=True) == expected


@pytest.mark.parametrize(
    ("message", "named"),
    [
        ("【仲裁委】青州仲裁委员会通知：您的案件已受理", "青州仲裁委员会"),
        ("【办案公开】您的执行款已到账，请到院领取。青州市人民法院", "青州市人民法院"),
        ("【法务部】最后通知，请还款", "法务部"),
        ("我是青州市人民法院特邀调解员老周，约您调解", "青州市人民法院特邀调解员"),
        ("【海州发布】法院集中执行：到位金额60万元", "海州发布"),
    ],
)
def test_of_several_names_the_one_that_says_which_counts(message, named):
    assert f"“{named}”" in sentence(message, "sender")


def test_a_name_is_shown_as_it_was_written():
    text = "(etc)您的通行费已扣"
    (check,) = (found for found in find_checks(text, [], original=lambda span: "ETC") if found.id == "sender")
    assert "“ETC”" in check.text


def test_brackets_that_only_signatures_bear_make_a_name_of_any_word():
    text = "借款已逾期,请处理(青禾花)"
    (check,) = (found for found in find_checks(text, [], original=lambda span: "【青禾花】") if found.id == "sender")
    assert check.status == "pass"


@pytest.mark.parametrize(
    "message",
    [
        "你欠我的八千块拖了一年，再不还就法院见",
        "兄弟，房租欠两个月了，周日前交",
        "借我的两万今天该还了，不然我去法院起诉",
        "老板，工钱还欠着三千，月底结清吧",
        "妈，你信用卡账单1680元，用手机银行还款就行",
    ],
)
def test_a_private_creditor_is_not_judged_as_a_lender(message):
    assert "creditor" not in statuses(message, collects=True)
    assert "fail" not in {check.status for check in examine(message, collects=True)[1]}


def test_a_private_creditor_need_not_sign_but_his_account_is_to_be_asked_about():
    assert "sender" not in statuses("你欠我八千块，打到我卡上", collects=True)
    assert status("你欠我八千块，打到我卡上，单位都知道", "payment") == "warn"
    assert status("你欠我司八千元，转到我个人支付宝，贷款客服", "payment") == "fail"


@pytest.mark.parametrize(
    ("message", "expected", "missing"),
    [
        ("【招商银行】您的信用卡账单2000.00元，请还款", "pass", ""),
        ("【招商银行】您的信用卡已逾期，请还款", "warn", "金额"),
        ("你逾期5000元，今天必须还款", "warn", "哪家机构"),
        ("你已逾期，今天必须处理", "warn", "欠谁的钱、欠多少"),
        ("您在本平台借款逾期，应还2000元", "warn", "哪家机构"),
        ("您欠款2000元，已移交法院，请用手机银行还款", "warn", "哪家机构"),
        ("您在青禾小贷公司借款逾期，应还2000元", "pass", ""),
    ],
)
def test_a_demand_names_creditor_and_amount(message, expected, missing):
    assert status(message, "creditor", collects=True) == expected
    assert missing in sentence(message, "creditor", collects=True)


@pytest.mark.parametrize(
    "message",
    [
        "李老师，贵班家长赵某欠款2000元，请督促其还款",
        "张某借款逾期，把您填为紧急联系人，请代为偿还",
        "您投诉的某公司催收一事已受理，工单1234",
    ],
)
def test_who_owes_nothing_is_not_told_what_a_debtor_asks(message):
    assert "creditor" not in statuses(message, collects=True)


@pytest.mark.parametrize("message", ["专业处理逾期欠款，加微信", "合规催收培训通知，请各部门报名", "催收又打电话来了"])
def test_what_collects_nothing_is_asked_for_no_sender_creditor_or_amount(message):
    assert not {"sender", "creditor"} & statuses(message).keys()


@pytest.mark.parametrize(
    "message",
    [
        "【ETC】您的ETC账户欠费已停用，请点击 etc-rz.top 更新",
        "您的通行费逾期未缴，请点击 t.cn/x 补缴",
        "【交管12123】您有1条交通违法逾期未处理，请登录交管12123处理",
        "您借阅的图书已逾期，请尽快归还图书馆",
        "您的医保欠费，已停用",
        "各位家长，托管费逾期未缴的请尽快缴",
        "税款逾期未缴将加收滞纳金",
    ],
)
def test_what_is_no_loan_is_not_asked_for_a_creditor(message):
    assert "creditor" not in statuses(message, collects=True)
    assert "creditor" in statuses("您的车贷已逾期，请尽快还款，以免影响驾驶证年检", collects=True)


@pytest.mark.parametrize("check", ["sender", "creditor"])
def test_names_are_claims_where_a_rule_speaks_for_a_scam(check):
    text = "(招商银行)您的信用卡逾期2000元,请还款"
    plain, suspected = (
        {found.id: found.status for found in find_checks(text, [], suspect=suspect, collects=True)}
        for suspect in (False, True)
    )
    assert (plain[check], suspected[check]) == ("pass", "unknown")


@pytest.mark.parametrize("trick", ["请点 a1ipay.com 还款", "把验证码发给我", "转到我个人支付宝"])
def test_nothing_speaks_for_a_message_in_which_something_fails(trick):
    text = f"【花呗】您的账单2000元（2026）粤0106民初12号逾期，请打开支付宝App还款。{trick}"
    _, found = examine(text, collects=True)
    assert "fail" in {check.status for check in found}
    assert "pass" not in {check.status for check in found}


# Case numbers.


@pytest.mark.parametrize(
    ("message", "expected", "says"),
    [
        ("【天河区人民法院】您有（2026）粤0106民初1234号案件文书送达", "pass", "不等于真"),
        ("【天河区人民法院】案号（2026）粤0106民诉前调1234号，请参加调解", "pass", "12368"),
        ("【天河区人民法院】（2024）黔0281执恢88号", "pass", "12368"),
        ("【最高法】（2023）最高法民申12号", "pass", "不等于真"),
        ("滕州法院（2013）滕执字第562号", "pass", "2016年以前"),
        ("【天河区人民法院】（2031）粤0106民初1234号", "fail", "2031"),
        ("【天河区人民法院】案号：CQ20260311，请还款", "fail", "写法"),
        ("【天河区人民法院】（2026）法执字第0832号，请立即还款", "fail", "写法"),
        ("【执行局】（2025）粤执字第88号：请立即履行", "fail", "写法"),
        ("（2025）粤0106执字第88号，请立即履行，天河区法院", "fail", "写法"),
        ("我是天河区法院书记员，您2025粤0106民初3321号案的传票被退回", "pass", "不等于真"),
        ("【天河区人民法院】（2026）粤0106刑初12号，您的网贷逾期，请还款", "fail", "刑事"),
        ("集资案被害人登记：【天河区人民法院】（2026）粤0106刑初12号，您的借款损失", "pass", "不等于真"),
        ("【天河区人民法院】（2026）粤0106民初12号，不还款将逮捕", "warn", "逮捕"),
        ("【天河区人民法院】（2026）粤0106民怪12号", "unknown", "不常见"),
        ("【天河区人民法院】您的案件已立案，请转账撤案", "warn", "没有案号"),
        ("【天河区人民法院】您的案件已立案，请注意查收文书", "unknown", "没有案号"),
    ],
)
def test_a_case_number_is_judged_by_its_form(message, expected, says):
    assert status(message, "case_number") == expected
    assert says in sentence(message, "case_number")


@pytest.mark.parametrize(
    "message",
    [
        "再不还款，我司将依法向法院提起诉讼",  # announced, so no number yet
        "【某仲裁委】案号（2022）湛仲字第2207号，开庭时间另行通知",  # not a court's
        "【京州仲裁委员会】（2025）京仲案字第233号已受理，法院有关文书请留意",
        "【劳动仲裁】（2025）粤劳人仲1123号，定于12月3日开庭",
        "本处（2025）京方圆执字第12号公证执行证书已出具，可向法院申请执行",
        "【某公司】您的案件编号A0391172，请回电",
        "我行将向法院申请立案，届时法院会有开庭通知",
    ],
)
def test_no_court_number_is_asked_for_where_there_is_no_case_of_a_court(message):
    assert "case_number" not in statuses(message)


def test_a_masked_case_number_is_not_called_malformed():
    assert status("【天河区人民法院】案号（2026）粤****民初***号", "case_number") == "pass"
    assert "case_number" not in statuses("【天河区人民法院】案号（2026）某某法民***号")
    assert status("【天河区人民法院】（2026）粤0106民初**号", "case_number") == "pass"


def test_the_year_is_compared_with_the_day_that_is_passed():
    text = "【法院】(2027)粤0106民初1号"
    late = [check for check in find_checks(text, [], today=date(2028, 1, 1)) if check.id == "case_number"]
    early = [check for check in find_checks(text, [], today=date(2026, 1, 1)) if check.id == "case_number"]
    assert [late[0].status, early[0].status] == ["pass", "fail"]


def test_of_several_case_numbers_the_wrong_one_is_shown():
    text, found = examine("【天河区人民法院】（2026）粤0106民初1号、（2031）粤0106民初2号")
    (check,) = [check for check in found if check.id == "case_number"]
    assert check.status == "fail"
    assert [text[start:end] for start, end in check.spans] == ["(2031)粤0106民初2号"]


# Links.


@pytest.mark.parametrize(
    ("link", "expected", "says"),
    [
        ("zxfw.court.gov.cn/zxfw", "pass", "属于人民法院；"),
        ("https://tjyj.court.gov.cn/abc", "pass", "属于人民法院；"),
        ("sd.gdems.com/v/1", "unknown", "少数法院确实用它；别点，先打12368"),
        ("t.cn/A6abc", "unknown", "短链接"),
        ("http://171.0.0.1:28083/x", "warn", "数字地址"),
        ("some.gov.cn", "unknown", "政府机关"),
        ("hk-zhb.vip", "warn", "低价注册"),
        ("court.gov.cn.evil.top/a", "fail", "court.gov.cn"),
        ("a1ipay.com", "fail", "支付宝"),
        ("icbc-ltd.com", "warn", "可能是仿冒"),
        ("аlipay.com", "fail", "形近字母"),
    ],
)
def test_a_link_is_judged_by_its_host(link, expected, says):
    assert status(f"请点 {link} 办理", "link") == expected
    assert says in sentence(f"请点 {link} 办理", "link")


def test_each_host_is_judged_once_with_all_its_places():
    text, found = examine("点 t.cn/a 或 t.cn/b 或 alipay.com/c")
    links = [check for check in found if check.id == "link"]
    assert [[text[start:end] for start, end in check.spans] for check in links] == [
        ["t.cn/a", "t.cn/b"],
        ["alipay.com/c"],
    ]


# Phone numbers.


@pytest.mark.parametrize(
    ("message", "expected", "says"),
    [
        ("请拨打95188咨询", "pass", "支付宝"),
        ("可拨12368（加区号）", "pass", "法院"),
        ("请拨打400-820-5555核实您的信用卡", "pass", "招商银行"),
        ("请拨打4008205555核实您的信用卡", "pass", "招商银行"),
        ("请致电951880012", "fail", "不是它的官方号码"),
        ("来电+95188请接听", "fail", "95188"),
        ("来电0095588请接听", "fail", "95588"),
        ("您的借款逾期，致电400-300-1234", "unknown", "租用"),
        ("您的借款逾期，致电14212345678", "warn", "手机号"),
        ("您的借款逾期，致电0571-08123344", "unknown", "固定电话"),
        ("您的银行卡异常，致电+85212345678", "warn", "境外"),
    ],
)
def test_a_number_is_compared_with_the_registry(message, expected, says):
    assert status(message, "phone") == expected
    assert says in sentence(message, "phone")


@pytest.mark.parametrize(
    "message",
    ["欠款12345元未还", "金额95588.00元，花呗", "请点 w.95588hj.com", "快递员电话14212345678", "尾号1234,95188期"],
)
def test_amounts_links_and_couriers_are_no_numbers_to_judge(message):
    assert "phone" not in statuses(message)


# Payment, requests, messengers.


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("您涉嫌洗钱，请将资金转入安全账户核查", "fail"),
        ("我是京东客服，请转到我个人支付宝", "fail"),
        ("请将欠款汇入专员账户，户名：张伟，【某某金融】", "fail"),
        ("您的贷款被冻结，请缴纳解冻费2000元", "fail"),
        ("王法官：交保证金3000元可撤案", "fail"),
        ("平台维护，请扫专员收款码还款", "fail"),
        ("物业费未交，请扫码缴费", "warn"),
        ("公安会到你单位带人，转到这个账户 6222 0200 1234 5678 王建国，钱到撤案", "fail"),
        ("还款请打到6217001234567890123 李某，平台专员", "fail"),
        ("您的贷款逾期，请汇到6217001234567890123", "warn"),
        ("您尾号6217的储蓄卡收到转账100元", None),
        ("您已向6217001234567890123转账100元，信用卡中心", None),
        ("您的花呗账单500元，请打开支付宝App还款", "pass"),
        ("您的本期账单将于明日自动扣款，请存足卡内余额", "pass"),
        ("债权已转让，请还至该公司对公账户（户名同上）", None),
        ("请存入您本人的还款账户（户名：刘**），平安普惠", "pass"),
        ("结清款请于当日存入您本人的还款账户（户名：刘**，尾号6613），平安普惠", "pass"),
        ("登录浙江法院网，用户名为手机号", None),
        ("花呗专属结清，转账至收款人：王建国 工行 6222 0200 xxxx 1234", "fail"),
        ("请将案款汇至执行局代管账户：王建国 农行6228…9981，法官", "fail"),
        ("先转诚意金到李律师卡上，平台即撤诉", "fail"),
        ("付服务费至个人监管账户，客服办理", "fail"),
        ("存入您个人账户即可，客服提示", None),
        ("法院：缴纳和解金即可撤案", "fail"),
        ("支持扫码支付、转账，银行数字钱包", None),
        ("可在App内缴费、扫码支付", None),
        ("限制收付款，请扫描二维码进行人脸识别", None),
    ],
)
def test_a_way_of_paying_is_judged(message, expected):
    assert status(message, "payment") == expected


def test_its_own_channel_is_no_pass_beside_a_link():
    assert status("您的花呗账单500元，请点 hb-pay.cc 打开App还款", "payment") is None


@pytest.mark.parametrize(
    "message",
    [
        "把验证码发给我，我帮你停息",
        "客服需要核对，请告知短信验证码",
        "收到的六位数字念给我听",
        "请登录 psbc-jc.cn 提交卡号及交易密码，邮储银行",
        "您的账户异常，请打开会议软件共享屏幕",
        "您的贷款逾期，请下载 hk.apk 还款",
        "请将身份证正反面及银行卡照片发给我，客服小王",
    ],
)
def test_what_no_real_sender_asks_for_fails(message):
    assert status(message, "request") == "fail"


@pytest.mark.parametrize(
    ("message", "expected"),
    [
        ("【花呗】专员为您办理减免，请加微信abc123", "fail"),
        ("法院：撤案请联系王法官微信a***1", "fail"),
        ("您好，请加我微信，有事商量", "warn"),
        ("参加方式：微信搜索移动微法院小程序", None),
        ("可微信支付还款", None),
    ],
)
def test_a_move_to_a_messenger_is_a_warning_and_with_money_a_failure(message, expected):
    assert status(message, "handover") == expected


def test_only_a_court_that_offers_to_unsubscribe_fails():
    assert status("【天河区人民法院】您有文书未领取，退订回T", "unsubscribe") == "fail"
    assert "unsubscribe" not in statuses("【某律所】将向法院起诉，退订回T")
    assert "unsubscribe" not in statuses("【优惠】新品上市，退订回T")


# Denied, forbidden, warned of, quoted.


@pytest.mark.parametrize(
    "message",
    [
        "本院不会要求您转账到安全账户，也不会索要验证码",
        "请勿向他人泄露验证码、密码，谨防诈骗",
        "谨防假客服：要求共享屏幕、提供验证码的都是诈骗",
        "凡要求把钱转入安全账户的，都是诈骗",
        "冒充法院要求加法官微信交保证金撤案的都是骗子",
        "【反诈中心】要求您把钱转到安全账户的电话，一律是诈骗",
        "我行工作人员不会以任何理由要求您提供验证码、共享屏幕",
        "还款只打公司对公账户，不要打给任何个人账户，官方客服提醒",
        "有人让我把验证码发给他，是不是骗子",
        "我被骗了，他说是银行客服让我共享屏幕",
        "近期有人自称支付宝客服，让用户加微信办理减免、转账到安全账户",
        "不转账，不下载陌生软件，不共享屏幕，银行卡安全记心间",
    ],
)
def test_a_warning_that_names_a_trick_is_not_the_trick(message):
    assert "fail" not in [check.status for check in examine(message)[1]]


def test_a_trick_behind_somebody_elses_warning_still_fails():
    assert status("谨防诈骗！为保护资金，请立即将存款转入安全账户，银行客服", "payment") == "fail"
    assert status("案件保密，请勿告诉家人，把存款转入安全账户，公安局", "payment") == "fail"


# The table.


def test_every_finding_can_be_read_and_keeps_to_one_sentence_without_gaps():
    fields = {"sender": "S", "year": "2031", "number": "N", "type": "T", "host": "h.cn", "resembles": "r.cn"}
    fields |= {"organisation": "O", "organisation_en": "O", "official": "95188"}
    for row, finding in FINDINGS:
        for text in (finding["text"].format(**fields), finding["text_en"].format(**fields)):
            assert text[-1] in "。.", (row, finding["id"])
            assert "{" not in text
        assert finding["text"].count("。") == 1, (row, finding["id"])
        assert finding["status"] in {"pass", "warn", "fail", "unknown"}


def test_findings_name_patterns_that_exist():
    for _, finding in FINDINGS:
        assert set(finding.get("beside", [])) | set(finding.get("unless", [])) <= TABLE["patterns"].keys()


@pytest.mark.parametrize("table", sorted(path.name for path in TABLES.iterdir() if path.name.endswith(".toml")))
def test_no_table_says_what_must_never_be_said(table):
    never = (
        r"不用还|不必还|无需还|可以不还|不用理|不必理会|无需理会|可以不管|不用管|可以忽略|直接删除|都是骗子|都是假的|就是假的|一定是假|一律是假"
        r"|肯定是假|必是诈骗|均为诈骗"
        r"|need not (?:be )?(?:repa|pa)y|(?:can|may) (?:be )?ignore|(?:is|are) (?:always )?fake"
    )
    for entry in re.findall(r'^\s*(?:text|meaning|advice|note)\w* = (".*"|\[[^\]]*\])', read(table), re.M):
        assert not re.search(never, entry), entry


def read(table):
    return (TABLES / table).read_text(encoding="utf-8")


def test_only_what_the_structure_shows_to_be_false_fails_a_host_or_a_number():
    failing = {
        (row, finding["id"]) for row, finding in FINDINGS if finding["status"] == "fail" and "pattern" not in finding
    }
    assert failing == {
        ("case_number", "future"), ("case_number", "malformed"), ("case_number", "mismatch"),
        ("link", "imitates"), ("link", "borrowed"), ("link", "disguised"), ("phone", "extended"),
    }  # fmt: skip


def test_spans_lie_in_the_text_and_show_what_is_meant():
    text, found = examine("【花呗】请把验证码发给我，并点 a1ipay.com 把钱转到安全账户，致电951880012")
    shown = {check.id: [text[start:end] for start, end in check.spans] for check in found}
    assert shown["sender"] == ["花呗"]
    assert shown["link"] == ["a1ipay.com"]
    assert shown["phone"] == ["951880012"]
    assert shown["payment"] == ["安全账户"]
    assert shown["request"] == ["验证码发给我"]
    assert all(0 <= start < end <= len(text) for check in found for start, end in check.spans)


def test_two_links_that_fold_to_one_host_are_told_apart():
    _, found = examine("请登录icbc.com.cn，或打开iсbс.com.cn")
    assert [(check.status, len(check.spans)) for check in found if check.id == "link"] == [("pass", 1), ("fail", 1)]


def test_a_host_before_an_at_sign_is_called_a_show():
    assert "@前面的icbc.com.cn只是障眼法，真正打开的是t.cn" in sentence("点 http://icbc.com.cn@t.cn/a", "link")


def test_a_disguised_platform_is_called_disguised():
    assert "形近字母" in sentence("填表 dосs.qq.com/form/x", "link")


def test_braces_in_a_message_are_only_text():
    assert "{organisation}" in sentence("【{organisation}{0}】您的借款逾期", "sender")


# Hostile input.


def test_patterns_have_no_nested_and_no_unbounded_repetition():
    patterns = [finding["pattern"] for _, finding in FINDINGS if "pattern" in finding]
    patterns += [*TABLE["patterns"].values(), *TABLE["context"].values(), *TABLE["sender"].values()]
    patterns += [TABLE["case_types"][name] for name in ("wellformed", "old", "stated", "masked")]
    for pattern in patterns:
        unbounded = re.findall(r"(?<!\\)(?:[*+]|\{\d+,\})(?![^\[]*\])", re.sub(r"\\.", "", pattern))
        assert unbounded == [], pattern
        assert not re.search(r"[}?]\)\{\d+,\d{2,}\}", pattern), pattern


@pytest.mark.parametrize(
    "part", ["转到", "安全账户", "(2026)", "案号", "a.", "95188 ", "加微信", "户名", "我是", "不", "[", "身份证"]
)
def test_context_is_read_in_a_window_however_long_the_message(part, monkeypatch):
    read_lengths = []

    class Counting:
        def __init__(self, pattern):
            self.pattern = pattern.regex
            self.regex = self

        def search(self, text):
            read_lengths.append(len(text))
            return self.pattern.search(text)

    table = checks._table()
    watched = {name: Counting(table.patterns[name]) for name in ("denied", "warned", "called", "announced")}
    replaced = checks._Table(rules=table.rules, patterns={**table.patterns, **watched}, case_types=table.case_types)
    monkeypatch.setattr(checks, "_table", lambda: replaced)
    message = part * (100_000 // len(part))
    examine(message)
    assert max(read_lengths, default=0) <= 300
    assert len(read_lengths) <= 6 * len(message)


def test_a_name_to_write_to_is_no_phone_number():
    assert "phone" not in statuses("逾期请加QQ 123456 协商处理")
    assert "phone" not in statuses("【工商银行】您的动态密码为955881，请勿告知他人")
    assert status("逾期请拨 123456 协商处理", "phone") == "fail"


def test_a_court_can_detain_who_refuses_to_perform_but_not_arrest_for_a_debt():
    notice = "【某某市人民法院】被执行人李四，（2026）苏0509执1234号，拒不履行将依法{}"
    assert status(notice.format("罚款、拘留"), "case_number") == "pass"
    assert status(notice.format("逮捕"), "case_number") == "warn"


def test_the_police_have_no_channel_to_pay_a_debt_in():
    assert status("花呗逾期，请到支付宝小程序还款", "payment") == "pass"
    assert "payment" not in statuses("我们是市公安局，你的花呗逾期，请到支付宝小程序还款")
