import tomllib
from datetime import date
from importlib import resources

import pytest

from noticeguard.contacts import HostJudgement, find_contacts, registry

TABLE = tomllib.loads((resources.files("noticeguard") / "tables" / "contacts.toml").read_text(encoding="utf-8"))


def test_every_entry_says_who_it_is_and_where_that_is_written():
    for entry in [*TABLE["contact"], TABLE["government"]]:
        assert entry["org"], entry
        assert entry["org_en"].isascii(), entry
        assert set(entry["evidence"]) <= set("VNCM"), entry
        assert isinstance(entry["reviewed"], date), entry
        assert entry["evidence"] == "M" or entry["source"], entry


def test_no_number_and_no_host_belongs_to_two():
    for field in ("phones", "hosts"):
        listed = [value for entry in TABLE["contact"] for value in entry[field]]
        assert len(listed) == len(set(listed))


def test_entries_known_from_memory_alone_are_not_official():
    assert "95055" not in registry().phones
    assert registry().listing("www.duxiaoman.com") == "familiar"
    assert find_contacts("度小满提醒您还款") == ()


@pytest.mark.parametrize(
    ("host", "owner"),
    [
        ("alipay.com", "支付宝"),
        ("render.alipay.com", "支付宝"),
        ("https://zxfw.court.gov.cn:443/zxfw/#/a?b", "人民法院"),
        ("www.icbc.com.cn.", "工商银行"),
    ],
)
def test_an_official_host_is_known_with_its_owner(host, owner):
    judgement = registry().judge(host)
    assert judgement.listing == "official"
    assert judgement.contact.organisation.startswith(owner)
    assert judgement.resembles == ""


@pytest.mark.parametrize(
    ("host", "imitated"),
    [
        ("court.gov.cn.evil.top", "court.gov.cn"),
        ("www.icbc.com.cn.pay-safe.com", "icbc.com.cn"),
        ("alipay.com.a.co.uk", "alipay.com"),
        ("court-gov.com", "court.gov.cn"),
        ("zxfw-court.cn", "zxfw.court.gov.cn"),
        ("gov-court.shop", "court.gov.cn"),
        ("ybj-gov.cn.yb66.com", "gov.cn"),
        ("x.gov-cn.net", "gov.cn"),
        ("12368sd.com", "court.gov.cn"),
        ("ssfw12368.cn", "court.gov.cn"),
        ("12309-spp.net", "12309.gov.cn"),
        ("a1ipay.com", "alipay.com"),
        ("www.1cbc.com.cn", "icbc.com.cn"),
        ("cmbchlna.net", "cmbchina.com"),
        ("b0c-pay.com", "boc.cn"),
        ("ailpay.com", "alipay.com"),
        ("d0uyin.com", "douyin.com"),
        ("bankcornm.com", "bankcomm.com"),
        ("alipay-renzheng.top", "alipay.com"),
        ("icbc.lpr.vip", "icbc.com.cn"),
        ("boczk.tk", "boc.cn"),
        ("icbc.com.cn@evil.com", "icbc.com.cn"),
        ("xn--lipay-3ve.com", "alipay.com"),
    ],
)
def test_what_has_no_innocent_reading_imitates(host, imitated):
    judgement = registry().judge(host)
    assert (judgement.listing, judgement.resembles, judgement.imitates) == ("lookalike", imitated, True)


@pytest.mark.parametrize(
    ("host", "like"),
    [
        ("icbc-ltd.com", "icbc.com.cn"),
        ("boctj.com", "boc.cn"),
        ("alipey.com", "alipay.com"),
        ("webnak.com", "webank.com"),
        ("cmbchinaa.com", "cmbchina.com"),
        ("ytt-court.app", "court.gov.cn"),
        ("ccb.com.cn", "ccb.com"),
    ],
)
def test_what_may_be_a_branch_or_a_coincidence_only_resembles(host, like):
    judgement = registry().judge(host)
    assert (judgement.listing, judgement.resembles, judgement.imitates) == ("lookalike", like, False)


@pytest.mark.parametrize(
    "host",
    [
        "example-shop.com",
        "courtyard.com",
        "bocconi.it",
        "jingan.com",  # one letter from pingan, but pinyin itself
        "meitan.cn",
        "0571-12345.com",
        "usa.gov",
        "www.gov.uk",
        "someone@example.com",
        "xn--fiqs8s.com",
        "xn--99999999999.com",
        "***.com",
        "a" * 300 + ".com",
    ],
)
def test_a_host_that_is_not_listed_is_not_called_a_lookalike(host):
    assert registry().judge(host).listing == "unlisted"


def test_a_body_of_the_state_that_is_not_listed_is_known_as_one():
    judgement = registry().judge("somecity.gov.cn")
    assert judgement.listing == "government"
    assert judgement.contact == registry().government
    assert registry().listing("somecity.gov.cn.example.com") == "lookalike"


def test_hosts_known_from_memory_are_familiar_and_no_imitation():
    assert registry().judge("b.pingan.com.cn/x") == HostJudgement(host="b.pingan.com.cn", listing="familiar")
    assert registry().listing("jf.10086.cn") == "familiar"


def test_every_host_of_a_list_stands_in_that_list_alone():
    for listing, hosts in (("familiar", registry().familiar), ("platform", registry().platforms)):
        assert {registry().listing(host) for host in hosts} == {listing}


def test_a_host_where_anybody_puts_a_form_is_nobodys():
    assert registry().listing("docs.qq.com/form/x") == "platform"
    assert registry().listing("mail.qq.com") == "familiar"


@pytest.mark.parametrize(
    "host",
    ["icbc.feishu.cn", "court-gov.vercel.app", "icbc.com.cn.163.com", "alipay-refund.github.io", "ccb.icloud.com"],
)
def test_an_official_name_under_a_known_host_is_still_an_imitation(host):
    assert registry().listing(host) == "lookalike"


@pytest.mark.parametrize("user", ["icbc.com.cn", "12306.cn", "somecity.gov.cn"])
@pytest.mark.parametrize("place", ["evil.top", "t.cn", "docs.qq.com"])
def test_a_known_host_before_an_at_sign_is_there_for_show(user, place):
    judgement = registry().judge(f"{user}@{place}/a")
    assert (judgement.listing, judgement.imitates, judgement.borrowed) == ("lookalike", True, True)
    assert user.endswith(judgement.resembles)


def test_a_suffix_that_anybody_gets_is_told_from_others():
    assert registry().listing("k3x.top/a") == "cheap"
    assert registry().listing("k3x.cn/a") == "unlisted"
    assert registry().listing("icbc-pay.top") == "lookalike"


def test_the_other_lists_come_before_likeness():
    assert registry().listing("sd.gdems.com/v/1") == "vendor"
    assert registry().listing("w.url.cn") == "forwarding"
    assert registry().listing("10.1.2.3:806/x") == "address"


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("您的花呗已逾期", {"95188"}),
        ("(招商银行)信用卡账单", {"95555"}),
        ("法院传票,请拨0371-12345678", {"12368"}),
        ("我是派出所民警", {"96110"}),
        ("招行和建行", {"95555", "95533"}),
        ("中国银行业协会", set()),
        ("农行业务", {"95599"}),
        ("三农行业里,途中行李、施工行为都要登记", set()),
        ("您的快递到了", set()),
        ("李哥,房租这个月晚几天交行吗?", set()),
        ("你看交行吗,今天中行吗,这招行吗", set()),
        ("工行事多,农行走吧", set()),
        ("员工行为、诚招行政、新建行政楼、提交行程、公交行驶", set()),
        ("本人工行卡", {"95588"}),
        ("5月8日交行信用卡", {"95559"}),
        ("转到中行,或者交行,都可以", {"95566", "95559"}),
        ("改存农行李某某", {"95599"}),
        ("请登录 https://tjyj.court.gov.cn/abc 查看", {"12368"}),
        ("您反映的事已转12345热线", {"12345"}),
        ("市公安局", {"96110"}),
        ("市公安交警提醒您按时年检", set()),
        ("要不要报警", {"110"}),
        ("烟雾报警器已检修", set()),
        ("刚被骗了八千,我现在该怎么办", {"96110", "110"}),
        ("点了ETC链接,填了银行卡号和密码,怎么办", {"96110", "110"}),
        ("验证码已经给他了怎么办", {"96110", "110"}),
        ("共享屏幕以后卡里5万没了", {"96110", "110"}),
        ("钱转给那个王老板了,联系不上", {"96110", "110"}),
        ("我给骗子转账了", {"96110", "110"}),
        ("不小心点了那个链接,还输了密码怎么办", {"96110", "110"}),
        ("验证码不要给他", set()),
        ("有人发我:再不还就弄死你全家", {"110"}),
        ("对方威胁要杀我全家", {"110"}),
        ("老公留了遗书", {"110"}),
        ("我想跳楼", {"110"}),
        ("跳楼价大甩卖", set()),
    ],
)
def test_the_number_to_call_is_ours(text, phones):
    assert {contact.phones[0] for contact in find_contacts(text)} == phones


@pytest.mark.parametrize(
    ("text", "phones"),
    [
        ("电费请通过网上国网、支付宝生活缴费缴纳", set()),
        ("房租转我支付宝", set()),
        ("本店支持微信和支付宝", set()),
        ("你的微信、支付宝都冻结了", set()),
        ("请打开支付宝还款", {"95188"}),
        ("支付宝客服让我转账", {"95188"}),
        ("打开支付宝备用金,多的退回来", {"95188"}),
        ("转到收款人王某建行6217 0034 xxxx 8812", set()),
        ("打到我农行卡上,卡号没变", set()),
        ("请在绑定的农业银行卡存足余额", set()),
        ("招商银行尾号6225的信用卡账单", {"95555"}),
        ("转文字:这里是交通银行信用卡中心", {"95559"}),
        ("明天把视频发抖音", set()),
        ("抖音点赞日结", set()),
        ("抖音月付已逾期", {"95152"}),
    ],
)
def test_a_name_that_is_only_a_means_is_nobody_to_call(text, phones):
    assert {contact.phones[0] for contact in find_contacts(text)} == phones


@pytest.mark.parametrize("label", ["legal_collection", "unlawful_threat"])
def test_who_supervises_lenders_is_named_for_collection_but_not_for_private_creditors(label):
    def phones(text):
        return {contact.phones[0] for contact in find_contacts(text, {label})}

    assert "12378" in phones("今天不处理就去你家")
    assert "12378" in phones("你欠我司的钱今天还")
    assert "12378" in phones("您说工资没发,信用卡账单还是要还")
    private = ("你欠我的八千块", "有借条在", "房租拖两个月了", "拖欠物业费", "上半年的货款")
    for message in (*private, "工资再不发就去告", "欠工人的工资"):
        assert "12378" not in phones(message), message


def test_the_police_are_named_first_where_somebody_threatens():
    assert [contact.phones[0] for contact in find_contacts("今晚上门", {"unlawful_threat"})] == ["110", "12378"]
    assert find_contacts("今晚上门", {"genuine_reminder"}) == ()


def test_the_court_is_called_with_its_area_code():
    (court,) = find_contacts("法院通知")
    assert court.phones == ("12368",)
    assert "区号" in court.note
    assert "area code" in court.note_en


def test_whoever_is_named_can_be_called():
    named = [entry for entry in TABLE["contact"] if "names" in entry]
    assert [entry["org"] for entry in named if not entry["phones"]] == []


def test_a_host_belongs_to_a_body_and_not_to_its_telephone():
    lines = {contact.organisation for contact in registry().phones.values() if "热线" in contact.organisation}
    assert not lines & {contact.organisation for contact in registry().hosts.values()}


def test_whoever_deals_with_a_label_can_be_called_whatever_is_named():
    assert find_contacts("把那串数字念给我") == ()
    called = find_contacts("把那串数字念给我", {"impersonation_scam"})
    assert [contact.phones[0] for contact in called] == ["96110", "110"]


@pytest.mark.parametrize(
    ("message", "asked"), [("您的案件将于8月3日开庭", True), ("深圳国际仲裁院：您的仲裁案将于8月3日开庭", False)]
)
def test_a_hearing_is_a_courts_unless_it_is_an_arbitrators(message, asked):
    assert ("12368" in [contact.phones[0] for contact in find_contacts(message)]) == asked
