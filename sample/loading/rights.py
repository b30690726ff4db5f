"""The citizen's right to know in the sample: a confirmed citizen whom offices read, who asked, agreed and was answered; one warning."""

from __future__ import annotations

from django.db import transaction

from sample.loading import living
from sample.loading.pressing import Stage
from sample.spec import Spec
from yiwang.apps.datahub.services.rights import consents, identity, watched
from yiwang.apps.datahub.services.rights import requests as asking
from yiwang.kernel.audit import readings, watching
from yiwang.kernel.audit.services import ensure_partitions, log_access, release_accesses
from yiwang.kernel.cases.models import CaseParty, Party
from yiwang.kernel.cases.services import parties
from yiwang.kernel.identity.models import Account

NUMBER, PHONE, HOME = "371590198503120040", "13700010002", "云望市望川区柳岸街12号3单元201"
RELIEF = "《社会救助暂行办法》第十一条"
INQUIRY = "《监察法》第十八条"


def play(spec: Spec) -> int:
    """Let offices read the sample's citizen in the last weeks; returns how many acts were done."""
    with living.staged(spec.stream("rights")) as moment:
        stage = Stage(spec, moment)
        ensure_partitions(stage.at(60, 9), stage.at(0, 9))
        account = Account.objects.get(username="citizen")
        link = _in_a_matter(account)
        citizen, me = stage.actor("citizen"), account.uid
        clerk, officer = stage.actor("acceptor"), stage.actor("data_owner")
        stage.at(40, 9, 12)
        stage.do(lambda: identity.confirm(citizen, name=account.name, id_number=NUMBER))
        stage.do(lambda: consents.give(citizen, "fill-forms"))
        stage.do(lambda: consents.give(citizen, "satisfaction-call"))
        if link is not None:
            stage.at(35, 10, 20)
            stage.do(lambda: parties.reveal(clerk, link, "回访核实处置结果"))
        stage.at(30, 14, 5)
        position = log_access(officer, subject_uid=me, fields=["name", "id_number", "household"], purpose="低保资格年度复核", register="datahub.population", basis=RELIEF)
        stage.at(30, 14, 11)
        log_access(officer, subject_uid=me, fields=["relief", "spouse.name"], purpose="低保资格年度复核", register="datahub.population", basis=RELIEF)
        stage.at(28, 20, 30)
        asked = []
        stage.do(lambda: asked.append(asking.ask_why(citizen, position, text="我没有申请低保，为什么查我的户籍？")))
        stage.at(25, 10, 2)
        if asked:
            answer = "您的父亲正在享受低保，年度复核须核对法定赡养人的户籍信息，未查阅其他内容。"
            stage.do(lambda: asking.answer(officer, asked[0].uid, granted=True, text=answer))
        stage.at(20, 9, 40)
        secret = log_access(officer, subject_uid=me, fields=["insurance"], purpose="核查线索", register="datahub.population", basis=INQUIRY, secrecy="investigation")
        stage.at(12, 15, 26)
        log_access(stage.actor("data_steward"), subject_uid=me, fields=["name", "birth_date", "address"], purpose="居住证签注自动填表", register="datahub.share", basis="本人同意（自动填表）")
        stage.at(8, 11)
        log_access(officer, subject_uid=me, fields=["insurance"], purpose="核查线索", register="datahub.population", basis=INQUIRY, secrecy="investigation")
        stage.at(5, 9, 15)
        stage.do(lambda: release_accesses(stage.actor("security_administrator"), [secret], reason="线索已了结"))
        stage.do(lambda: consents.withdraw(citizen, "satisfaction-call"))
        stage.at(3, 16, 48)
        late = log_access(stage.actor("handler"), subject_uid=me, fields=["phone"], purpose="联系核实", register="datahub.population", basis="《个人信息保护法》第三十四条")
        stage.at(2, 19, 5)
        stage.do(lambda: asking.ask_why(citizen, late, text="我没有正在办理的事项，为什么查我的电话？"))
        if link is not None:
            stage.do(lambda: asking.ask_correction(citizen, link.party.uid, field="phone", wanted="13700010003", text="上月换了号码，户口簿上有。"))
        _near(stage, link)
        return stage.done


def _in_a_matter(account: Account) -> CaseParty | None:
    """Make the caller of an old hotline matter the citizen, as its clerk would have typed him."""
    rows = CaseParty.objects.select_related("party", "case").filter(party__erased_at__isnull=True, party__account_id__isnull=True, case__state="closed", is_secret=False)
    link = rows.exclude(case__number="").order_by("case__number").first() or CaseParty.objects.select_related("party", "case").order_by("case__uid").first()
    if link is not None:
        told = {"name": account.name, "id_number": NUMBER, "phone": PHONE, "address": HOME}
        Party.objects.filter(pk=link.party_id).update(
            account_id=Account.objects.get(username="acceptor").pk,
            **{field: parties.encrypt(value, field) for field, value in told.items()},
            **{f"{field}_index": parties.blind_index(value, field) for field, value in told.items() if field != "address"},
        )
        link.party.refresh_from_db()
    return link


def _near(stage: Stage, link: CaseParty | None) -> None:
    """A clerk who lives in the same house reads the citizen without a matter: a warning for the auditor."""
    auditor = stage.actor("audit_administrator")
    watched.take_roster(auditor, [{"username": "acceptor_01", "address": "望川区柳岸街12号5单元102"}])
    stage.do(lambda: watched.watch_person(auditor, name="示例人物", phone="13700019999", label="市民代表（示例）"))
    if link is not None:
        begun = stage.at(1, 17, 31)
        log_access(stage.actor("acceptor_01"), party_id=link.party_id, party_uid=link.party.uid, fields=["name", "phone"], purpose="核实来电", register="city.case")
        with transaction.atomic():
            stage.done += len(readings.look(begun, stage.at(0, 0, 1), watching.limits()))
