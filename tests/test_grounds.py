"""The grounds: a lawful table, and words that meet a rule, are taken back, or are only spoken about."""

import re
import tomllib
from datetime import date
from importlib import resources
from itertools import pairwise

import pytest

from noticeguard.grounds import find_grounds, read_rules, rules, word_lists
from noticeguard.labels import labels
from noticeguard.normalize import fold
from noticeguard.patterns import read_pattern

TABLE = tomllib.loads((resources.files("noticeguard") / "tables" / "grounds.toml").read_text(encoding="utf-8"))
ROWS = TABLE["rule"]
RISKY = {"unlawful_threat", "impersonation_scam"}


def labels_met(message):
    return {ground.rule.label for ground in find_grounds(fold(message))}


def ids_met(message):
    return [ground.rule.id for ground in find_grounds(fold(message))]


# ------------------------------------------------------------------ the table


@pytest.mark.parametrize("row", ROWS, ids=lambda row: row["id"])
def test_a_row_says_what_was_seen_what_the_law_says_and_where_it_is_written(row):
    assert row["label"] in {label.id for label in labels()} - {"unrelated"}
    for name in ("title", "title_en", "statement", "statement_en", "instrument", "instrument_en"):
        assert row[name].strip() == row[name] != ""
    assert row["statement"].endswith("。")
    assert "《" in row["instrument"] or "提示" in row["instrument"] or "标准" in row["instrument"]
    assert re.fullmatch(r"https?://\S+", row["source"])
    assert row["evidence"] in {"T", "N", "M"}
    assert row["patterns"] or row["links"]
    assert isinstance(row.get("reviewed", TABLE["reviewed"]), date)


def test_ids_are_unique_and_the_risky_labels_have_most_rules():
    ids = [row["id"] for row in ROWS]
    assert len(ids) == len(set(ids))
    assert sum(row["label"] in RISKY for row in ROWS) > len(ROWS) / 2
    assert {row["label"] for row in ROWS if row["strong"]} == RISKY


def test_a_rule_known_from_memory_alone_is_not_shown():
    waiting = {row["id"] for row in ROWS if row["evidence"] == "M"}
    assert waiting
    assert not waiting & {rule.id for rule in rules()}
    table = {**TABLE, "rule": [{**ROWS[0], "evidence": "M"}, ROWS[1]]}
    assert [rule.id for rule in read_rules(table, word_lists())] == [ROWS[1]["id"]]


def test_no_outdated_article_and_nothing_for_unlawful_debts_is_cited():
    shown = " ".join(row[name] for row in ROWS for name in ("instrument", "statement", "instrument_en", "statement_en"))
    assert "293" not in shown
    public_security = re.findall(r"《治安管理处罚法》（2025修订）第(\d+)条", shown)
    assert public_security
    assert not set(public_security) & {"26", "40", "42", "49", "51"}
    assert shown.count("《治安管理处罚法》") == shown.count("《治安管理处罚法》（2025修订）")


@pytest.mark.parametrize(
    "never", ["不用还", "不必还", "都是骗子", "就是假的", "可以不用管", "不用理会", "都是假的", "置之不理即可"]
)
def test_nothing_is_said_that_may_never_be_said(never):
    assert not any(never in row[name] for row in ROWS for name in ("title", "statement"))


def test_every_pattern_is_bounded():
    for row in ROWS:
        for pattern in [*row["patterns"], *row.get("needs", []), *row.get("unless", [])]:
            bare = re.sub(r"\[[^]]*\]", "c", re.sub(r"\\.", "e", pattern))
            assert not re.search(r"(?<!\()[*+]|\{\d+,\}", bare), (row["id"], pattern)
    for name, words in TABLE["lists"].items():
        bare = re.sub(r"\[[^]]*\]", "c", re.sub(r"\\.", "e", words))
        assert not re.search(r"[*+]|\{\d+,\}", bare), name


# ------------------------------------------------------------------ what is found


UNLAWFUL = [
    ("tells_others", "今天不处理就联系你的家人和单位"),
    ("tells_others", "再不还钱，我们就挨个打你通讯录"),
    ("tells_others", "已通知您的紧急联系人，请尽快还款"),
    ("tells_others", "不处理的话，您的工作单位会收到催收函"),
    ("tells_others", "别逼我们通知你的家人，赶紧还款"),
    ("presses_outsider", "张某欠款1.4万拒不归还，请督促其还款"),
    ("presses_outsider", "您是李女士的姐姐吧，她在我司借款两万逾期三个月"),
    ("publishes", "再不还就把你身份证照片做成海报，发到业主群"),
    ("posters", "明天到你村里贴大字报，让全村人看看"),
    ("organ_joint", "外访人员明日上门，并联合村委公示"),
    ("organ_mandate", "我司受法院委托催收此笔欠款，限三日内还清"),
    ("violence", "再不还钱打断你的腿"),
    ("insults", "废物，借钱的时候嘴那么甜"),
    ("humiliates", "借了钱就装孙子，丢人现眼"),
    ("stays_in_home", "明天我们三个人住到你家，什么时候还清什么时候走"),
    ("breaks_in", "再不还就给你家门口泼油漆，堵你家锁眼"),
    ("invented_case", "您的欠款已立案，即将移交执行，请立即还款"),
    ("dishonest_list", "本公司已将您列入失信名单，请立即还款"),
    ("travel_ban", "逾期未还，您已被限制高消费，高铁飞机都坐不了"),
    ("freezes", "今日不还，明天冻结你名下所有银行卡"),
    ("seizes", "欠款不还，明天查封你家房产"),
    ("children", "长期逾期可能影响子女上学、考公、参军"),
    ("own_investigation", "我司已开启司法调查，请尽快还款"),
    ("police_reported", "您的案件已移交公安机关处理，请尽快还款"),
    ("called_a_crime", "你的行为已构成诈骗罪，三年起步，今天必须还款"),
    ("jail", "欠钱不还，等着坐牢吧"),
    ("family_harm", "还不还钱？你女儿几点放学我们清楚"),
    ("tells_others", "再拖下去，我就把欠款的事发给你老婆"),
    ("drags_in_kin", "欠钱不还，你们领导认得我"),
    ("asks_outsider", "您好，李女士在我司有一笔借款逾期未还，麻烦您提醒她一声"),
    ("publishes", "不还钱就让你在村里身败名裂"),
    ("invented_enforcement", "限高令已下达，今天还清可以解除"),
    ("violence", "欠钱不还，小心被活埋"),
    ("breaks_in", "明天不还钱就把你家门焊死"),
    ("publishes", "你的身份证照片会出现在你所有好友的朋友圈"),
    ("publishes", "过了今晚你的大头照就出现在业主群里"),
    ("tells_others", "派人去你老家村委会调查，跟你父母核实情况"),
    ("tells_others", "我们会安排人员到你户籍地村委会走访核实，请你做好准备"),
    ("tells_others", "外访人员将前往你单位了解你的情况"),
    ("freezes", "手机号将被停机，银行卡将被管控"),
    ("freezes", "今日不处理，微信支付宝统一冻结，电话卡同时停用"),
    ("insults", "你就是个老赖，赶紧还钱"),
    ("insults", "您就是老赖一个"),
    ("dishonest_list", "不还就是老赖，名单明天给你挂上"),
    ("dishonest_list", "一旦仲裁，你就是老赖，三天内把钱还了"),
    ("presses_outsider", "王老师，您儿子欠我们平台两万没还，麻烦您说一声"),
    ("presses_outsider", "大姐，您弟弟欠我们公司八千不还，麻烦您催催"),
    ("tells_others", "请您的亲属代为转达您的欠款情况"),
    ("tells_others", "已向您单位人事部发出协助函，年终奖也会停发，请尽快还款"),
    ("tells_others", "你女朋友还不知道你欠钱吧，晚上我跟她聊聊"),
    ("family_harm", "欠钱不还是吧，你爸的摊位在哪我清楚得很"),
    ("family_harm", "不还钱，你弟弟在二中上学我知道"),
    ("organ_joint", "我们已经联系好村主任和司法所，周五一起到你家做工作"),
    ("violence", "少一分钱，卸你一条胳膊"),
    ("jail", "恶意拖欠贷款，等着你的是有期徒刑"),
    ("jail", "再拖着不还钱，就等羁押通知吧"),
    ("jail", "欠的九百块月底不还，找人把你关满十五天"),
    ("seizes", "三日内不还款就强制收车"),
    ("publishes", "欠钱不还，裸照今晚发到你全家群"),
    ("publishes", "您的贷款一直没还，明天先到村委公示"),
    ("posters", "台端欠款不还，将派发传单、悬挂布条"),
    ("violence", "欠的钱看着办，晚上巷子黑，自己当心"),
    ("relay_discloses", "请转告陈某某欠款1.2万元，尽快联系"),
    ("presses_outsider", "您是他的紧急联络人，贷款由您承担责任"),
    ("dishonest_list", "已录入失信被执行人名单，录入后即刻生效，请还清欠款"),
    ("family_harm", "欠钱不急是吧，你老婆几点下班我们知道"),
    ("harasses", "欠着钱不接没关系，给你上云呼"),
    ("breaks_in", "礼拜二来牵牛抵账"),
    ("insults", "你的质检照片和借条都在我这，欠钱不还的畜生"),
]
SCAMS = [
    ("safe_account", "请将名下资金转入安全账户核查"),
    ("advance_fee", "贷款已批，先交保证金1000元，当天放款"),
    ("personal_account", "还款请转至专员个人支付宝，转完截图"),
    ("asks_code", "把刚收到的验证码发我一下"),
    ("asks_card_data", "请把银行卡号和身份证正反面拍给我登记退费"),
    ("screen_share", "下载会议软件，打开屏幕共享，我一步步教您关闭"),
    ("close_account", "我是抖音客服，您的百万保障明天起每月扣800元"),
    ("organ_wants_money", "（区人民法院）缴纳保证金可撤案，请加微信联系王法官"),
    ("organ_wants_money", "我们是市公安局打击逃废债专班，请到平台还清欠款"),
    ("police_by_phone", "您涉嫌洗钱，公安局通知您配合调查，请回电"),
    ("summons_lure", "法院有您一张传票未领取，速来领取"),
    ("suspended", "您的医保已停用"),
    ("suspended", "高速通行服务已暂停，点此恢复"),
    ("odd_link_action", "您的社保异常，请点击sb-rz.vip认证"),
    ("lookalike_link", "请登录court.gov.cn.fy-sd.top查看文书"),
    ("chat_handover", "花呗官方专员为您办理停息，加微信8821kefu"),
    ("prize", "恭喜您被抽选为场外幸运观众，获奖金98000元，领奖请登录官网"),
    ("refund_lure", "您的课程费可以退款了，请进QQ群登记银行卡号"),
    ("personal_account", "还款请打到户名王五，尾号1234"),
    ("advance_fee", "先转3000元激活，十分钟后一并退回"),
    ("screen_share", "下载ToDesk，我来帮您关闭"),
    ("odd_link_action", "您有一笔补贴，入口butie-lq.com"),
    ("secrecy", "我是刑警队陈警官，你涉嫌洗钱，不要告诉任何人"),
    ("secrecy", "案件机密，不许让家人知道，马上转账"),
    ("secrecy", "九点前往我给的那张卡上放五万，别声张"),
    ("asks_code", "额度已上调，请将收到的6位验证码回复给客户经理，切勿泄露给他人"),
    ("safe_account", "我是反诈中心民警，请把存款转到我们的保护账户"),
    ("police_by_phone", "通信管理局：您名下号码群发诈骗短信，即将停机，按9转接民警"),
    ("refund_lure", "您买的奶粉质检不合格，三倍退款请加客服QQ 8812345 登记"),
    ("credit_repair", "可申请一次性征信修复，办理费用398元，联系专员"),
    ("personal_account", "结清请转收款人：李秀英，建行6217 0034 1234 8812"),
    ("personal_account", "尾款付到员工李明微信就行"),
    ("advance_fee", "第四单是数据单，垫付500返650，做完一起结算"),
    ("close_account", "您大学时注册过学生账户，需要配合注销，否则影响征信"),
    ("close_account", "您的白条利率不符合国家标准，我协助您关闭"),
    ("screen_share", "请打开会议软件，我发会议号给您"),
    ("alarming_number", "本行将从您账户划扣会员年费860元。倘有疑问，速联系0755-01223344"),
    ("alarming_number", "您的卡今日在商场刷卡7320元，若有不符请垂询卡务部：021-00912288"),
]


@pytest.mark.parametrize(("rule", "message"), UNLAWFUL)
def test_words_of_a_collector_that_breach_the_law_are_found(rule, message):
    assert rule in ids_met(message)
    assert labels_met(message) & RISKY == {"unlawful_threat"}


@pytest.mark.parametrize(("rule", "message"), SCAMS)
def test_words_of_a_scam_are_found(rule, message):
    assert rule in ids_met(message)
    assert labels_met(message) & RISKY == {"impersonation_scam"}


@pytest.mark.parametrize(
    "message",
    [
        "已逾期3天，请尽快还款，以免影响征信",
        "店里装修关三天，欠的货款周五结",
        "已严重逾期，今日18点前不处理将依法起诉并上报征信",
        "外访人员明日上门核实情况，请保持电话畅通",
        "本行现已就您拖欠贷款一事诉至法院",
        "不然依法起诉，判决后仍不履行的，法院可能列入失信",
        "请转告张某尽快与我司联系",
        "明天去你家找你，家里留个人当面核对",
        "已立案，案号（2026）粤0106民初1234号，请登录人民法院在线服务查看",
        "您尾号1234的账户07月04日支出100元，余额23.5元",
        "本月还款日07月15日，账单156.60元，请打开App还款",
        "您的快递已到驿站，请凭取件码领取",
        "债权已转让，请向原债权人核实后付款",
        "您的退款已原路退回，请注意查收",
        "请与王老师联系，电话02112345678，您的贷款逾期，现由调解中心受理",
        "王老师联系，电话02112345678，逾期不参加视为放弃调解，贷款纠纷",
        "外访人员明日到您户籍地走访核实，请留人在家，还款可免",
        "社区将安排人员到您单位走访，了解用工情况，人社局",
        "【中国移动】您的手机号因欠费即将停机，请充值",
        "恭喜，您的照片已出现在公司官网优秀员工栏",
        "验证码123456，用于登录还款，请勿告诉任何人",
        "生日惊喜别告诉妈妈，蛋糕款我付了",
        "我不争那点钱，一起去上坟吧，别让外人看笑话",
        "如有疑问请拨打我行客服95533，您的贷款已到期",
        "急事打我手机13800001234",
        "停车场缴费，可微信扫码支付",
        "住房公积金个人账户已结息",
        "您的对公账户年检未完成，请携资料到网点办理",
        "失业金已支付，金额1413元，户名张三",
        "面试在周二，届时请共享屏幕展示作品",
        "平台不会在站内聊天之外找您，客服不加微信",
        "外访人员将核实还款能力，请留人",
        "账单已发送至邮箱，应还1580元",
        "贵单位员工公务卡本期应还2318元",
        "租金请存入签约的农行卡",
        "转出未成功，收款人户名与账号不符",
        "社区公示栏已更新，您的物业欠费请到前台缴纳",
        "你应将执行款汇入本院专户（户名：某某市人民法院）",
        "我明天去你单位找你本人说说欠款的事",
        "我和同事两人去抵押房核实居住情况，贷款逾期已久",
        "您为该贷款提供连带保证，请您代偿，否则列为被告",
        "您母亲生前欠我行贷款三万元，请您作为继承人在遗产范围内清偿",
        "我是建设银行的客户经理小李，您的贷款本月20号到期",
        "我是招商银行客户经理小王，您借款5000元明天到期，请按时还款",
        "我行代理律师将同时申请查封您名下房产",
        "初九出殡，花圈和唢呐订好了，你欠他的钱回头再说",
        "（执行公开）您申请执行的案款已到账，请领取",
        "贷款先缓缓，这几年给孩子念初中凑学费",
        "信用卡限高已撤销，请留意",
        "合同押在我这跑不掉，欠的租金月底结清",
        "您本月年费10元已扣，如有疑问请到网点或拨95588",
    ],
)
def test_lawful_and_ordinary_words_meet_no_rule_of_the_risky_labels(message):
    assert not labels_met(message) & RISKY


@pytest.mark.parametrize(
    "message",
    [
        "我们不会联系您的家人，也不会通知您的单位，请您本人还款",
        "为了您的资金安全，请勿转账到安全账户",
        "严禁催收员通知债务人的家属",
        "我们绝不会冻结您的银行卡，请按时还款",
        "切勿把验证码发给别人",
    ],
)
def test_a_negation_in_the_same_clause_takes_a_match_back(message):
    assert not labels_met(message) & RISKY


def test_a_negation_reaches_no_further_than_its_clause():
    assert "tells_others" in ids_met("我们不会再等了，明天就通知你的家人来还钱")


@pytest.mark.parametrize(
    "message",
    [
        "反诈中心提醒：冒充法院要求转账到安全账户的都是诈骗",
        "谨防冒充客服，让您打开屏幕共享的都是骗子",
        "催收说不还钱就爆我通讯录，该怎么办？",
        "欠网贷被威胁通知家人，违法吗？",
        "记者从警方获悉，嫌疑人群发短信称要查封房产，被刑拘",
        "转给爸妈看看：凡是让你把钱转到安全账户的都别信",
        "我欠了网贷，他们今天打给我同事了，要不要紧？",
        "有个客服让我加微信办退款，我没理",
        "没有百万保障到期扣费这回事，接到电话立即挂断",
        "据了解，该公司曾在小区张贴欠条、堵锁眼",
        "您反映的某公司爆通讯录问题已转市局办理",
        "三名男子因泼漆堵门讨债被当场拘留",
        "追更的短剧里债主放话，再不还钱打断你的腿",
        "他让我共享屏幕，我没信",
        "我们不会委托任何人加您微信谈减免",
        "我妈接到电话，说她涉嫌洗钱要把钱转到安全账户",
        "幸亏柜员拦下来，差点把钱转到安全账户",
        "发帖称要把欠款人照片贴满小区，催收员被行政拘留",
        "话剧第三幕，黑衣人说：钱不到位就打断你的腿",
        "坐席禁用语：打给你单位、抓你去坐牢，抽查到扣分",
        "排位赛别坑我，再送人头我去你家住下了",
    ],
)
def test_a_message_that_warns_reports_or_asks_meets_no_rule(message):
    assert find_grounds(fold(message)) == ()


@pytest.mark.parametrize(
    "message",
    [
        "您接到过诈骗电话吧，请把存款转到我们的反诈保护账户",
        "谨防诈骗！本院唯一微信fy8821kk，撤案请交保证金",
        "反诈中心：您被骗的钱已追回，请添加网警QQ 1234567 办理返还",
        "谨防诈骗！为防损失，请各位把余款转入国库核查户 6217 0011 2233 4455 667",
    ],
)
def test_a_warning_that_opens_a_channel_of_its_own_is_read_as_acting(message):
    assert "impersonation_scam" in labels_met(message)


@pytest.mark.parametrize(
    "message",
    [
        "再不还钱，你我老婆都认识，我就去通知你的家人",
        "最近有空吗，欠款再不还就通知你的家人",
        "已将您的逾期情况通报至您所在单位，请还款",
        "停电影响不了我们，明天就通知你的家人来还钱",
        "未登记者请尽快还款，否则通知你的家人",
        "不管会怎样，今天不还就通知你的家人",
        "你们全家都是骗子，再不还钱就通知你的家人",
        "再不还钱打爆你的狗头，今天就通知你的家人",
        "别再演剧本了，不还就通知你的家人",
        "合同第三章写明，逾期就通知你的家人",
        "跟你开黑的朋友我都认识，不还就通知你的家人",
        "本金2000不含违约金今晚就通知你的家人",
        "逃避问题选错路了，再不还就通知你的家人",
    ],
)
def test_a_word_of_warnings_in_another_sense_silences_nothing(message):
    assert "tells_others" in ids_met(message)


@pytest.mark.parametrize(
    "message",
    [
        "此事涉密不可说，我是公安局民警，请把资金转入安全账户",
        "您的账户发布违禁语言涉嫌洗钱，请把钱转入安全账户核查",
        "法院工作人员被罚款记录显示，请把钱转入安全账户",
    ],
)
def test_a_word_of_training_or_news_silences_no_scam(message):
    assert "safe_account" in ids_met(message)


@pytest.mark.parametrize("host", ["sf-express.com-pay.cn", "apple.com.id-verify.cn", "sc.community-pay.com"])
def test_a_host_that_only_begins_like_a_known_one_is_none_of_them(host):
    pattern = read_pattern("<plain_host>", word_lists())
    assert pattern.regex.search(host)
    assert not pattern.regex.search("m.sf-express.com/a")


def test_a_rule_that_needs_several_signs_is_met_only_where_all_of_them_stand():
    row = {**ROWS[0], "patterns": ["通知"], "needs": ["欠款", "家人"]}
    (rule,) = read_rules({**TABLE, "rule": [row]}, word_lists())
    assert [need.expression for need in rule.needs] == ["欠款", "家人"]
    assert "asks_outsider" not in ids_met("您好，李女士的快递到了，麻烦您提醒她一声")


def test_a_negation_reaches_fourteen_characters():
    assert not find_grounds("勿" + "甲" * 13 + "安全账户")
    assert find_grounds("勿" + "甲" * 14 + "安全账户")


def test_deceit_decides_before_a_breach():
    assert labels_met("再不还钱就通知你的家人；今天把钱转入安全账户就撤案") & RISKY == {"impersonation_scam"}


def test_a_breach_stands_beside_deceit_only_where_it_alone_is_strong():
    strong_breach, breach = "麻烦转告张小东，他在我这借的钱到期了，叫他今天联系我", "再不还钱就通知你的家人"
    strong_deceit, deceit = "今天把钱转入安全账户就撤案", "您的卡已冻结，详询0371-01556209"
    for message, met in (
        (f"{strong_breach}。{deceit}", {"unlawful_threat", "impersonation_scam"}),
        (f"{strong_breach}。{strong_deceit}", {"impersonation_scam"}),
        (f"{breach}。{deceit}", {"impersonation_scam"}),
    ):
        assert labels_met(message) & RISKY == met


def test_disguised_words_are_found_once_folded():
    assert "dishonest_list" in ids_met("本公司已將您列入失.信.名.單，請立即還款")


def test_spans_point_at_the_words_in_order_and_do_not_overlap():
    text = fold("您好，再不还钱就通知你的家人。还要打断你的腿，打断你的手")
    grounds = {ground.rule.id: ground.spans for ground in find_grounds(text)}
    assert [text[start:end] for start, end in grounds["violence"]] == ["打断", "打断"]
    for spans in grounds.values():
        assert all(start < end for start, end in spans)
        assert all(before[1] < after[0] for before, after in pairwise(spans))


def test_grounds_come_in_the_order_of_the_table():
    order = [rule.id for rule in rules()]
    found = ids_met("不还钱就通知你的家人，打断你的腿，明天冻结你名下所有银行卡")
    assert len(found) > 2
    assert found == sorted(found, key=order.index)


@pytest.mark.parametrize(
    "opening",
    ["通知你", "点xyz", "a.a-", "转保证金", "中奖奖金领", "爸绑拿您", "v1", "限额叔借", "(法院", "(2026)", "0"],
)
def test_a_hundred_thousand_characters_of_openings_are_read(opening):
    text = (opening * 100_000)[:100_000]
    assert all(end <= len(text) for ground in find_grounds(text) for _, end in ground.spans)


def test_the_empty_text_meets_no_rule():
    assert find_grounds("") == ()


def test_looking_for_strong_rules_only_finds_the_strong_ones():
    for text in ("请把钱转到安全账户,共享屏幕", "联合派出所明天上门", "再不还就告诉你家人", "您的账单已出"):
        every, strong = find_grounds(text), find_grounds(text, strong=True)
        assert {ground.rule.id for ground in every if ground.rule.strong} == {ground.rule.id for ground in strong}


def test_an_insult_is_no_claim_to_list_anybody():
    assert ids_met("你就是个老赖，赶紧还钱") == ["insults"]


def test_a_policeman_who_wants_silence_poses_as_no_acquaintance():
    assert "acquaintance" not in ids_met("我是刑警队陈警官，你涉嫌洗钱，不要告诉任何人，马上转账")


@pytest.mark.parametrize(
    ("message", "owed"),
    [
        ("您的花呗账单500元，请打开支付宝App还款", True),
        ("您家三季度物业费未缴，请登录小程序缴费", True),
        ("您的贷款已超期，请登录手机银行处理", True),
        ("【交管12123】您有1条违法记录未处理，请登录交管12123App处理并缴纳罚款", False),
        ("您的航班已取消，请打开航空公司App办理改签", False),
        ("您有2600积分将清零，请登录App查询兑换", False),
        ("您借阅的图书已逾期，请登录公众号办理续借", False),
    ],
)
def test_the_channel_for_paying_a_debt_is_named_only_where_something_is_owed(message, owed):
    assert ("own_channel" in ids_met(message)) is owed


@pytest.mark.parametrize(
    ("rule", "message", "met"),
    [
        ("visit", "外访专员明日上门核实还款情况", True),
        ("visit", "明天我去你户籍地址走一趟，欠款当面核对", True),
        ("visit", "外访人员明日上门，欠款不还就带人住下", False),
        ("visit", "明天民警陪同上门，请还清欠款", False),
        ("may_sue", "今天看不到钱，材料就递法院了", True),
        ("may_sue", "欠款再不还，咱们法院见", True),
        ("may_sue", "您的借款纠纷现在诉前调解阶段，调解自愿免费", False),
        ("agency", "受某某消费金融有限公司委托，催告您的欠款", True),
        ("agency", "受法院委托，催告您的欠款", False),
        ("relay", "请转告李某尽快回电", True),
        ("relay", "请转告李某联系我司，欠款已逾期", False),
        ("court_notice", "（2025）粤0106民初1234号案件定于周五开庭", True),
        ("court_notice", "某某仲裁委（2025）粤仲案1234号案件定于周五开庭", False),
        ("late_interest", "您的贷款逾期将计收罚息", True),
        ("late_interest", "本期燃气费逾期将加收违约金", False),
        ("assignment", "您的贷款已由某某资产公司受让", True),
    ],
)
def test_what_is_lawful_is_said_only_where_it_fits(rule, message, met):
    assert (rule in ids_met(message)) is met


@pytest.mark.parametrize(
    "link", ["www.\u0430lipay.com", "http://icbc.com.cn@evil.top/a", "a.b.c.d.e.f.g.h.icbc.com.cn.evil.top"]
)
def test_a_link_that_imitates_is_a_ground_wherever_the_check_fails(classifier, link):
    verdict = classifier.classify(f"请登录 {link} 核对您的账户")
    assert "lookalike_link" in {ground.rule.id for ground in verdict.grounds}
    assert "fail" in {check.status for check in verdict.checks if check.id == "link"}


@pytest.mark.parametrize(
    ("message", "met"),
    [
        ("【某某市人民法院】您有（2026）粤0106民初1234号文书，请登录查收，验证方式为身份证后六位", False),
        ("（区人民法院）您有（2026）粤0106民初1234号文书，请打开链接，输入手机号获取验证码后查看", False),
        ("调解书已放进您的送达信箱，验证口令5H3Q，仅供下载", False),
        ("您正在激活新卡，请按键输入您的六位查询密码，以井号键结束", False),
        ("把验证码发我", True),
        ("回复收到的6位验证码", True),
        ("请将收到的验证码告知工作人员", True),
        ("请登录 wp-refund.fun 填写银行卡号和验证码领取退款", True),
    ],
)
def test_a_code_entered_to_open_a_document_is_handed_to_nobody(message, met):
    assert ("asks_code" in ids_met(message)) is met
    assert "organ_wants_money" not in ids_met(message)


@pytest.mark.parametrize(
    ("rule", "message", "met"),
    [
        ("violence", "再不还钱我就杀了你全家", True),
        ("violence", "今晚不还就把他手剁了", True),
        ("violence", "欠的钱月底结，价钱别再杀我了", False),
        ("violence", "这单我们报低价，杀他个措手不及，钱就回来了", False),
        ("breaks_in", "再不还就上门泼油漆", True),
        ("family_harm", "你老婆你儿子一个都跑不了", True),
        ("family_harm", "你妈住几号病房我知道", True),
        ("family_harm", "您孩子在第三小学三年级2班对吧，放学路上注意安全", True),
        ("family_harm", "各位家长，请提醒您的孩子放学路上注意安全", False),
        ("family_harm", "你妈在几号病房我知道，下午带你过去看看", False),
    ],
)
def test_a_threat_to_life_or_to_the_family_is_found_in_plain_words(rule, message, met):
    assert (rule in ids_met(message)) is met


@pytest.mark.parametrize("message", ["操你妈，欠钱不还", "草你妈的，快还钱", "干你全家，借钱不还"])
def test_a_curse_is_an_insult_and_draws_in_no_kin(message):
    assert "insults" in ids_met(message)
    assert "drags_in_kin" not in ids_met(message)
    assert "drags_in_kin" in ids_met("欠钱不还，你妈看着办")


@pytest.mark.parametrize(
    ("message", "met"),
    [
        ("欠錢不還，你等著", False),
        ("欠钱不还，今晚就爆通讯录", False),
        ("你女儿在实验小学三年级二班吧，你不还试试", False),
        ("你这种欠钱不还的人，今天必须结清", False),
        ("王大强借钱不还，村里人都来评一评", True),
        ("欠钱不还，他躲到外地去了，你们帮着找", True),
        ("你女儿在我们平台借款逾期了，让她尽快处理", True),
    ],
)
def test_the_debtor_himself_is_no_outsider(message, met):
    assert ("presses_outsider" in ids_met(message)) is met
    assert labels_met(message) & RISKY == {"unlawful_threat"} or message.startswith(("欠錢", "你这种"))


def test_the_phone_book_and_the_daughter_meet_their_own_rules():
    assert "tells_others" in ids_met("欠钱不还，今晚就爆通讯录")
    assert "family_harm" in ids_met("你女儿在实验小学三年级二班吧，你不还试试")


@pytest.mark.parametrize(
    ("message", "met"),
    [
        ("逾期请联系书记员微信了解", False),
        ("请联系专员企业微信处理您的逾期", False),
        ("有问题请联系客服支付宝", False),
        ("需要联系专员关闭账户", False),
        ("课程请找老师微信", False),
        ("案款缴至书记员微信", True),
        ("还款请转至专员个人支付宝", True),
        ("把手续费打到刘主任支付宝", True),
        ("区法院执行大队，钱打刘队长微信就掉头", True),
        ("请向组长微信转4806元", True),
        ("请把款汇到专员账户", True),
    ],
)
def test_a_means_to_reach_somebody_is_no_payment(message, met):
    assert ("personal_account" in ids_met(message)) is met


@pytest.mark.parametrize(
    ("rule", "message", "met"),
    [
        ("asks_card_data", "您的银行卡号填写错误，提现失败", False),
        ("asks_card_data", "银行卡号填错了，请修改后再提现", False),
        ("asks_card_data", "退费请填写银行卡号和身份证号", True),
        ("screen_share", "请按时到庭，线上笔录另行通知", False),
        ("screen_share", "做线上笔录，请打开屏幕共享", True),
        ("police_by_phone", "加扣扣做视频笔录，陈警官在线等你", True),
        ("advance_fee", "请打开支付宝备用金领取赔付", False),
        ("advance_fee", "请先支付保证金再领取", True),
        ("own_investigation", "欠钱跑不了的，今天还", False),
        ("own_investigation", "我司已开启司法调查，你跑不出省", True),
        ("humiliates", "没钱就去卖肾，今天必须还款", False),
        ("safe_account", "请将款项转入调解专用账户", False),
        ("personal_account", "请将款项转入调解专用账户", True),
        ("safe_account", "请将款项转入核查账户", True),
    ],
)
def test_words_meet_the_rule_that_says_what_they_do_and_no_other(rule, message, met):
    assert (rule in ids_met(message)) is met


@pytest.mark.parametrize(
    ("message", "met"),
    [
        ("您的案件将进入司法程序，请尽快还款", False),
        ("逾期未还，案件即将进入司法程序", False),
        ("您的案件已进入司法程序，请尽快还款", True),
        ("您的欠款已立案，请尽快还款", True),
    ],
)
def test_a_suit_announced_by_the_creditor_is_no_invented_case(message, met):
    assert ("invented_case" in ids_met(message)) is met
    assert ("may_sue" in ids_met(message)) is not met


@pytest.mark.parametrize(
    "message", ["这笔欠款咱们请村里调解委员会评评理", "谁对谁错，咱去社区调解室评评理，借条我带着"]
)
def test_to_ask_a_mediator_for_his_opinion_oversteps_nothing(message):
    assert not labels_met(message) & RISKY
    assert "tells_others" in ids_met("欠款不还，叫你们村主任评评理")


@pytest.mark.parametrize(
    "message", ["欠物业费不交，将停用门禁卡", "物业：拖欠物业费的，明日起停用您的门禁卡，停水停电"]
)
def test_the_means_of_a_property_manager_freeze_no_account_and_break_in_nowhere(message):
    assert not labels_met(message) & RISKY
    assert "freezes" in ids_met("欠款不还，停用你的银行卡")


def test_the_credit_of_relatives_is_no_lawful_report():
    assert ids_met("长期逾期会影响到直系亲属征信，请还款") == ["children"]
    assert ids_met("长期逾期会影响征信，请还款") == ["credit_report"]


@pytest.mark.parametrize(
    ("rule", "message"),
    [
        ("tells_others", "告诉你微信好友，让大家听说此事"),
        ("tells_others", "再不还钱就告诉你微信里的好友"),
        ("police_reported", "向派出所报备您的诈骗行为"),
        ("called_a_crime", "向派出所报备您的诈骗行为"),
        ("children", "逾期不还，您的子女无法上好学校"),
    ],
)
def test_what_is_unlawful_is_shown_with_its_rule(rule, message):
    assert rule in ids_met(message)


def test_good_news_for_friends_tells_nobody_of_a_debt():
    assert not labels_met("告诉你微信好友，让大家都来领券") & RISKY


@pytest.mark.parametrize(
    ("rule", "message", "met"),
    [
        ("personal_account", "传票请来庭里领取，有事打12368转我", False),
        ("personal_account", "贵村村民石某（身份证5203**********1219）借款逾期，请村委督促", False),
        ("personal_account", "手续费5000转我", True),
        ("safe_account", "首笔案款已入本院案款专户，请携卡来登记", False),
        ("safe_account", "请把款打到法院指定专户", True),
        ("screen_share", "线上调解时调解员会共享屏幕给双方看账单", False),
        ("screen_share", "调解员会教您，请打开屏幕共享", True),
        ("asks_card_data", "您的银行卡已过有效期，本期未扣，请换卡", False),
        ("asks_card_data", "请报卡号和有效期给我", True),
        ("own_investigation", "人在哪，我们过来找你谈还钱", False),
        ("own_investigation", "手机定位，人在哪我们都知道，赶紧还钱", True),
    ],
)
def test_ordinary_words_beside_a_rule_do_not_meet_it(rule, message, met):
    assert (rule in ids_met(message)) is met


@pytest.mark.parametrize("message", ["您的案件请联系书记员微信", "请联系专员企业微信处理您的逾期"])
def test_an_official_reached_by_wechat_hands_over_to_a_private_account(message):
    assert ids_met(message) == ["chat_handover"]
    assert "chat_handover" not in ids_met("书记员办公室电话见传票，请到庭里领取")


@pytest.mark.parametrize("message", ["请登录example.com查看", "请登录zxfw.court.gov.cn查看文书"])
def test_a_link_that_looks_like_none_is_no_lookalike(message):
    assert "lookalike_link" not in ids_met(message)
