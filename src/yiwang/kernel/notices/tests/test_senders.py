"""Real senders against real sockets: what arrives, and what a gateway that is down, slow or lying comes to."""

from __future__ import annotations

import base64
import hashlib
import hmac
import logging
from datetime import timedelta
from email import message_from_bytes
from email.header import decode_header, make_header

import pytest

from tests.world import bare_world
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account
from yiwang.kernel.notices import channels, senders, services
from yiwang.kernel.notices.models import Notice
from yiwang.kernel.notices.tests.gateways import http_gateway, mail_server

__all__ = ["bare_world"]
pytestmark = pytest.mark.django_db
KEY, SECRET, PHONE = "key-of-ours-4711", "secret-of-ours-0815", "13800001234"


@pytest.fixture
def ann():
    return Account.objects.create(username="ann", name="安", duty_phone=PHONE, email="ann@gov.example.cn")


@pytest.fixture
def gateway(settings, monkeypatch):
    settings.OUTGOING_ALLOW, settings.NOTICES_TIMEOUT_S = ("127.0.0.0/8",), 0.4
    settings.SMS_KEY, settings.SMS_SECRET, settings.SMS_SIGN, settings.SMS_PROVIDER, settings.SMS_PROVIDERS_FILE = KEY, SECRET, "【一网】", "json", ""
    monkeypatch.setattr(channels, "_senders", dict(channels._senders))
    with http_gateway() as made:
        settings.SMS_URL = made.url
        channels.register_sender("sms", senders.SmsSender())
        channels.register_sender("chat", senders.ChatSender())
        yield made


def one(ann, channel="sms", **more):
    given = {"kind": "supervision.order", "title": {"zh-Hans": "催办 督办〔2026〕1号", "en": "Urged"}, "account_id": ann.pk, "channel": channel} | more
    services.notify(**given)
    return Notice.objects.latest("pk")


def sent(notice):
    counts = services.deliver()
    notice.refresh_from_db()
    return counts, notice


def test_a_text_message_arrives_with_its_receipt(ann, gateway):
    counts, notice = sent(one(ann))
    assert (counts["sent"], notice.state, notice.receipt) == (1, "sent", "json: R-77")
    body = gateway.seen[0]["body"]
    assert (body["phone"], body["content"], body["sign"], body["secret"], body["id"]) == (PHONE, "催办 督办〔2026〕1号", "【一网】", SECRET, str(notice.uid))


def test_a_form_post_and_another_providers_words(ann, gateway, settings):
    settings.SMS_PROVIDER, gateway.answer = "form", {"code": 0, "sid": "S1"}
    _counts, notice = sent(one(ann))
    assert (notice.state, notice.receipt) == ("sent", "form: S1")
    assert gateway.seen[0]["body"]["mobile"] == PHONE
    assert gateway.seen[0]["body"]["content"] == "【一网】催办 督办〔2026〕1号"


def test_yes_that_means_no_is_a_failure_with_its_words_and_is_tried_again(ann, gateway):
    gateway.answer = {"code": "44", "message": f"余额不足 {KEY} {PHONE}"}
    counts, notice = sent(one(ann))
    assert (counts["later"], notice.state, notice.tries) == (1, "pending", 1)
    assert "44: 余额不足" in notice.receipt
    assert KEY not in notice.receipt, "its words lose our key"
    assert PHONE not in notice.receipt
    assert notice.next_try_at > now()
    gateway.answer = {"code": "0", "id": "R-2"}
    Notice.objects.update(next_try_at=now() - timedelta(seconds=1))
    counts, notice = sent(notice)
    assert (counts["sent"], notice.receipt, notice.tries) == (1, "json: R-2", 2)


@pytest.mark.parametrize(
    ("answer", "said"),
    [("", "cannot be read"), ("<html>login</html>", "cannot be read"), ({}, "None"), ([], "None"), ({"code": None}, "None"), ({"code": {"code": "0"}}, "refused")],
)
def test_two_hundred_with_nonsense_is_a_failure(ann, gateway, answer, said):
    gateway.answer = answer
    counts, notice = sent(one(ann))
    assert (counts["later"], notice.state) == (1, "pending")
    assert said in notice.receipt


@pytest.mark.parametrize("status", [302, 400, 401, 429, 500, 503])
def test_an_error_status_is_a_failure(ann, gateway, status):
    gateway.status, gateway.answer = status, {"code": "0", "message": "ok"}
    _counts, notice = sent(one(ann))
    assert notice.state == "pending"
    assert f"HTTP {status}" in notice.receipt


def test_a_slow_gateway_holds_nobody_up(ann, gateway):
    gateway.wait_s = 1.2
    began = now()
    _counts, notice = sent(one(ann))
    assert (now() - began).total_seconds() < 1.1
    assert notice.state == "pending"
    assert "no answer" in notice.receipt


def test_a_gateway_that_is_down_is_tried_until_the_tries_are_used_up(ann, gateway, settings):
    settings.SMS_URL = "http://127.0.0.1:9/send"
    notice = one(ann)
    for _try in range(len(services.RETRY_MINUTES) + 1):
        Notice.objects.update(next_try_at=now() - timedelta(seconds=1))
        counts, notice = sent(notice)
    assert (counts["failed"], notice.state, notice.tries) == (1, "failed", 6)
    assert "no answer" in notice.receipt


def test_one_slow_gateway_does_not_hold_up_the_others_nor_use_up_tries(ann, gateway, settings):
    settings.CHAT_ROBOTS, gateway.wait_s = [{"kind": "wecom", "url": "http://127.0.0.1:9/robot"}], 0.6
    many = [one(ann) for _ in range(8)]
    chat = one(ann, "chat")
    began = now()
    counts = services.deliver()
    assert (now() - began).total_seconds() < 3, "three times the limit, not eight times"
    assert counts["later"] == 4
    assert sorted(Notice.objects.filter(pk__in=[n.pk for n in many]).values_list("tries", flat=True)) == [0] * 5 + [1] * 3
    chat.refresh_from_db()
    assert chat.tries == 1, "the other way out had its turn"


def test_an_address_that_may_not_be_called_is_not_tried_again(ann, gateway, settings):
    settings.OUTGOING_ALLOW = ()
    counts, notice = sent(one(ann))
    assert (counts["failed"], notice.state) == (1, "failed")
    assert "not called from here" in notice.receipt


def test_a_word_that_no_trying_can_mend(ann, gateway, settings):
    settings.SMS_PROVIDER, gateway.answer = "form", {"code": "10001", "msg": "号码错误"}
    counts, notice = sent(one(ann))
    assert (counts["failed"], notice.state) == (1, "failed")


def test_secrets_and_numbers_are_never_logged(ann, gateway, caplog, settings):
    caplog.set_level(logging.DEBUG)
    gateway.answer = {"code": "9", "message": f"bad secret {SECRET}"}
    settings.CHAT_ROBOTS = [{"kind": "wecom", "url": gateway.url + "?key=robot-key-31337"}]
    sent(one(ann))
    sent(one(ann, "chat"))
    whole = caplog.text + "".join(str(r.__dict__) for r in caplog.records) + "".join(Notice.objects.values_list("receipt", flat=True))
    for secret in (SECRET, KEY, PHONE, "robot-key-31337"):
        assert secret not in whole


def test_a_message_cannot_ask_for_our_secret(ann, gateway):
    sent(one(ann, title={"zh-Hans": "标题 {secret} {key}"}))
    assert gateway.seen[0]["body"]["content"] == "标题 {secret} {key}"


# --- work chat ---------------------------------------------------------------------------------------------------------


def test_wecom_takes_text_and_says_so_by_errcode(ann, gateway, settings):
    settings.CHAT_ROBOTS, gateway.answer = [{"kind": "wecom", "url": gateway.url + "?key=k1"}], {"errcode": 0, "errmsg": "ok"}
    _counts, notice = sent(one(ann, "chat"))
    assert (notice.state, notice.receipt) == ("sent", "wecom: taken")
    assert gateway.seen[0]["body"] == {"msgtype": "text", "text": {"content": "安：催办 督办〔2026〕1号"}}
    gateway.answer = {"errcode": 93000, "errmsg": "invalid webhook url"}
    _counts, notice = sent(one(ann, "chat"))
    assert (notice.state, notice.receipt) == ("pending", "the robot refused: 93000: invalid webhook url")


def test_dingtalk_is_signed_in_the_address(ann, gateway, settings):
    settings.CHAT_ROBOTS, gateway.answer = [{"kind": "dingtalk", "url": gateway.url + "?access_token=t", "secret": "SEC1"}], {"errcode": 0}
    _counts, notice = sent(one(ann, "chat"))
    assert notice.state == "sent"
    query = gateway.seen[0]["query"]
    stamp = query["timestamp"][0]
    wanted = base64.b64encode(hmac.new(b"SEC1", f"{stamp}\nSEC1".encode(), hashlib.sha256).digest()).decode()
    assert query["sign"] == [wanted]
    assert query["access_token"] == ["t"]


def test_feishu_is_signed_in_the_body_and_answers_by_code(ann, gateway, settings):
    settings.CHAT_ROBOTS, gateway.answer = [{"kind": "feishu", "url": gateway.url, "secret": "S2"}], {"code": 0, "msg": "success"}
    _counts, notice = sent(one(ann, "chat"))
    assert notice.state == "sent"
    body = gateway.seen[0]["body"]
    assert body["sign"] == base64.b64encode(hmac.new(f"{body['timestamp']}\nS2".encode(), b"", hashlib.sha256).digest()).decode()
    gateway.answer = {"code": 19021, "msg": "sign match fail"}
    _counts, notice = sent(one(ann, "chat"))
    assert "19021: sign match fail" in notice.receipt


def test_each_body_has_its_own_group(gateway, settings, bare_world):
    settings.CHAT_ROBOTS = [
        {"kind": "wecom", "url": gateway.url + "/all"}, {"kind": "wecom", "url": gateway.url + "/wangchuan", "org": "wangchuan-government"},
    ]  # fmt: skip
    gateway.answer = {"errcode": 0}
    for who in ("handler", "handler2"):
        sent(one(bare_world.account(who), "chat"))
    assert [s["path"] for s in gateway.seen] == ["/send/wangchuan", "/send/all"]
    settings.CHAT_ROBOTS = settings.CHAT_ROBOTS[1:]
    counts, _notice = sent(one(bare_world.account("handler2"), "chat"))
    assert counts["failed"] == 1, "no group is his"


# --- mail --------------------------------------------------------------------------------------------------------------


@pytest.fixture
def mail(settings):
    with mail_server() as (box, port):
        settings.EMAIL_BACKEND = "django.core.mail.backends.smtp.EmailBackend"
        settings.EMAIL_HOST, settings.EMAIL_PORT, settings.EMAIL_USE_TLS, settings.EMAIL_USE_SSL, settings.EMAIL_TIMEOUT = "127.0.0.1", port, False, False, 2
        settings.EMAIL_HOST_USER = settings.EMAIL_HOST_PASSWORD = ""
        settings.DEFAULT_FROM_EMAIL = "yiwang@gov.example.cn"
        yield box


def test_mail_arrives_over_smtp(ann, mail):
    _counts, notice = sent(one(ann, "mail", body={"zh-Hans": "请于今日答复。"}))
    assert (notice.state, notice.receipt) == ("sent", "mail server took 1")
    got = message_from_bytes(mail.mails[0].content)
    assert str(make_header(decode_header(got["Subject"]))) == "催办 督办〔2026〕1号"
    assert got.get_payload(decode=True).decode().strip() == "请于今日答复。"
    assert mail.mails[0].rcpt_tos == ["ann@gov.example.cn"]


def test_a_paper_goes_with_a_mail_only_where_settings_say_so_and_when_it_is_small(ann, mail, settings, monkeypatch):
    monkeypatch.setattr(channels, "_papers", {"bulletin": lambda uid: channels.Paper("bulletin-2026-1.pdf", b"%PDF-" + b"x" * 100_000)})
    told = {"subject_kind": "bulletin", "subject_uid": uuid7(), "body": {"zh-Hans": "请查看"}}
    for most, receipt in ((0, "mail server took 1"), (0.05, "mail server took 1"), (1, "mail server took 1 with bulletin-2026-1.pdf")):
        settings.MAIL_ATTACH_MB = most
        _counts, notice = sent(one(ann, "mail", **told))
        assert notice.receipt == receipt, most
    parts = list(message_from_bytes(mail.mails[-1].content).walk())
    assert [(p.get_content_type(), p.get_filename()) for p in parts[1:]] == [("text/plain", None), ("application/pdf", "bulletin-2026-1.pdf")]
    assert parts[2].get_payload(decode=True).startswith(b"%PDF-")
    assert not message_from_bytes(mail.mails[0].content).is_multipart()
    monkeypatch.setattr(channels, "_papers", {"bulletin": lambda uid: 1 / 0})
    assert sent(one(ann, "mail", **told))[1].state == "sent", "a paper that cannot be made holds no mail up"


def test_a_receiver_that_is_nobody_is_not_tried_again_a_busy_server_is(ann, mail):
    mail.refused = {"ann@gov.example.cn": "550 No such user"}
    counts, notice = sent(one(ann, "mail"))
    assert (counts["failed"], notice.state) == (1, "failed")
    mail.refused = {"ann@gov.example.cn": "450 Mailbox busy"}
    counts, notice = sent(one(ann, "mail"))
    assert (counts["later"], notice.state) == (1, "pending")
    mail.refused, mail.busy = {}, "451 Try again later"
    counts, notice = sent(one(ann, "mail"))
    assert (counts["later"], notice.state) == (1, "pending")


def test_a_mail_server_that_is_away_is_tried_again(ann, mail, settings):
    settings.EMAIL_PORT = 9
    counts, notice = sent(one(ann, "mail"))
    assert (counts["later"], notice.state) == (1, "pending")
    assert notice.receipt


def test_without_a_mail_server_it_goes_to_the_file(ann, settings):
    settings.EMAIL_BACKEND, settings.EMAIL_HOST = "django.core.mail.backends.smtp.EmailBackend", ""
    _counts, notice = sent(one(ann, "mail"))
    assert (notice.state, notice.receipt) == ("sent", channels.OUTBOX_RECEIPT)
