"""The citizen's right to know: each reading appears at once and in his own part alone, secret ones later; asking, correcting, consenting."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from django.db import transaction
from django.urls import reverse
from django.utils import timezone
from openpyxl import load_workbook

from tests import walk
from yiwang.apps.datahub.errors import AlreadySomebody, AskedAlready, ConsentMissing, NotConfirmed, NotOpen
from yiwang.apps.datahub.models import Citizen, ConsentText, PublicPerson, ReaderFact, RightsRequest
from yiwang.apps.datahub.queries.rights import consents, held, log, requests
from yiwang.apps.datahub.queries.rights.nearness import home_of, relations
from yiwang.apps.datahub.queries.rights.subject import subject_of
from yiwang.apps.datahub.rules.rights.telling import group
from yiwang.apps.datahub.services.rights import consents as consent_services
from yiwang.apps.datahub.services.rights import identity, load_texts
from yiwang.apps.datahub.services.rights import requests as services
from yiwang.kernel.audit import queries as audit
from yiwang.kernel.audit.models import AccessLog, Event
from yiwang.kernel.audit.services import log_access, release_accesses
from yiwang.kernel.base.errors import BadInput, NotFound
from yiwang.kernel.cases.contracts import PersonDraft
from yiwang.kernel.cases.models import CaseParty, Party
from yiwang.kernel.cases.services.parties import blind_index, decrypt, encrypt, reveal

NUMBER, OTHER_NUMBER = "371502199003071239", "371502198811120017"


def valid(number: str) -> str:
    """Return the number with its right check character (GB 11643)."""
    total = sum(int(d) * w for d, w in zip(number[:17], (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), strict=True))
    return number[:17] + "10X98765432"[total % 11]


NUMBER, OTHER_NUMBER = valid(NUMBER), valid(OTHER_NUMBER)
PERSON = PersonDraft(name="杨敏", phone="13800001111", id_number=NUMBER, address="云望市望川区柳岸街12号3单元201")


@pytest.fixture
def case(world: Any) -> Any:
    """A hotline case in which the citizen and another caller stand, neither entered by his account."""
    made = walk.report(world, who="acceptor2", channel="hotline", text="路面塌陷", at=(1, 1), photo="", person=PERSON)
    other = Party.objects.create(name=encrypt("李四海", "name"), phone=encrypt("13900002222", "phone"), phone_index=blind_index("13900002222", "phone"))
    CaseParty.objects.create(case=made, party=other)
    return made


@pytest.fixture
def citizen(world: Any, case: Any) -> Any:
    actor = world.actor("citizen")
    identity.confirm(actor, name="杨敏", id_number=NUMBER.lower())
    return actor


def link_of(case: Any, name: str = "杨敏") -> CaseParty:
    return next(link for link in CaseParty.objects.filter(case=case).select_related("party", "case") if decrypt(link.party.name, "name") == name)


def told(actor: Any) -> list[Any]:
    subject = subject_of(actor.account_id)
    return log.told(subject, list(log.lines_of(subject).order_by("-position")))


@pytest.mark.django_db
def test_who_he_is_needs_name_and_number_that_an_office_holds(world: Any, case: Any) -> None:
    actor = world.actor("citizen")
    assert subject_of(actor.account_id).parties == {}
    with pytest.raises(BadInput):
        identity.confirm(actor, name="杨敏", id_number=NUMBER[:17] + ("0" if NUMBER[17] != "0" else "1"))
    with pytest.raises(NotConfirmed):
        identity.confirm(actor, name="李敏", id_number=NUMBER)
    with pytest.raises(NotConfirmed):
        identity.confirm(actor, name="杨敏", id_number=OTHER_NUMBER)
    Party.objects.create(account_id=actor.account_id, name_index=blind_index("王五", "name"), id_number_index=blind_index(OTHER_NUMBER, "id_number"))
    with pytest.raises(NotConfirmed):  # what the account itself has written vouches for nobody
        identity.confirm(actor, name="王五", id_number=OTHER_NUMBER)
    assert Event.all_modes.filter(action="datahub.rights.identity_refused").count() == 3
    identity.confirm(actor, name="杨 敏", id_number=NUMBER)
    assert list(subject_of(actor.account_id).parties) == [link_of(case).party_id]
    assert NUMBER not in json.dumps(list(Citizen.objects.values()), default=str)
    with pytest.raises(AlreadySomebody):
        identity.confirm(world.actor("inspector").with_grants(actor.grants), name="杨敏", id_number=NUMBER)


@pytest.mark.django_db
def test_a_reading_appears_in_the_same_transaction_with_body_matter_and_basis(world: Any, case: Any, citizen: Any) -> None:
    with transaction.atomic():
        reveal(world.actor("acceptor"), link_of(case), "回访核实")
        (line,) = told(citizen)
    assert (line.body, line.case, line.register) == ("云望市城市运行管理监督中心", case.number or str(case.uid)[:8], "城市管理事项")
    assert line.fields == ("住址", "身份证号", "姓名", "电话")
    assert "第三十四条" in line.basis
    assert line.purpose == "回访核实"
    page = world.client("citizen").get(reverse("datahub:mine"), headers={"accept-language": "zh-hans"}).content.decode()
    assert f"因您的事项 {line.case} 查阅了您的" in page
    assert "第三十四条" in page


@pytest.mark.django_db
@pytest.mark.parametrize("register", ["city.case", "datahub.population", "datahub.share", "datahub.lake"])
def test_a_reading_in_each_register_appears(world: Any, case: Any, citizen: Any, register: str) -> None:
    person = subject_of(citizen.account_id).account_uid
    log_access(world.actor("data_owner"), subject_uid=person, fields=["name"], purpose="低保审核", register=register, basis="社会救助暂行办法第十一条")
    (line,) = told(citizen)
    assert line.register != register
    assert line.body.endswith("民政局")
    assert line.basis == "社会救助暂行办法第十一条"
    assert register in dict(log.registers_of(subject_of(citizen.account_id)))


@pytest.mark.django_db
def test_nobody_reads_without_a_purpose(world: Any, case: Any) -> None:
    from yiwang.kernel.audit.errors import NoPurpose

    with pytest.raises(BadInput):
        reveal(world.actor("acceptor"), link_of(case), "  ")
    with pytest.raises(NoPurpose):
        log_access(world.actor("acceptor"), party_id=1, fields=["name"], purpose=" \t")
    with pytest.raises(ValueError, match="of a party or of a person"):
        log_access(world.actor("acceptor"), fields=["name"], purpose="核实")
    assert not AccessLog.objects.exists()


@pytest.mark.django_db
def test_other_people_are_filtered_out(world: Any, case: Any, citizen: Any) -> None:
    reader, mine = world.actor("acceptor"), link_of(case).party_id
    reveal(reader, link_of(case, "李四海"), "核对李四海的电话")  # of the other caller of the same matter: not his affair
    log_access(reader, party_id=mine, case_id=case.pk, fields=["name", "spouse.name", "spouse.id_number"], purpose=f"核对李四海 13900002222 {OTHER_NUMBER} 的陈述", register="city.case")
    log_access(reader, party_id=mine, fields=["name"], purpose="办理王某遗产继承公证", register="datahub.population")
    foreign = walk.report(world, who="acceptor2", channel="hotline", text="井盖", at=(3, 3), photo="")
    log_access(reader, party_id=mine, case_id=foreign.pk, fields=["phone"], purpose="查找来电人", register="city.case")
    by_other_case, heirs, joint = told(citizen)
    assert joint.fields == ("姓名",)
    assert joint.has_others
    page = world.client("citizen").get(reverse("datahub:mine")).content.decode()
    copy = world.client("citizen").get(reverse("datahub:my_copy", args=["json"])).content.decode()
    for text in ("李四", "13900002222", OTHER_NUMBER, "spouse", "王某", "继承", foreign.number or str(foreign.uid)):
        assert text not in page + joint.purpose + copy, text
    assert heirs.purpose == ""
    assert by_other_case.case == ""
    with pytest.raises(NotFound):
        log.line_of(subject_of(citizen.account_id), AccessLog.objects.order_by("position").first().position)  # the other caller's line


@pytest.mark.django_db
def test_secret_readings_are_counted_hidden_and_told_once_released(world: Any, case: Any, citizen: Any) -> None:
    party = link_of(case).party_id
    position = log_access(world.actor("data_owner"), party_id=party, fields=["name"], purpose="立案审查", register="datahub.population", secrecy="investigation")
    assert told(citizen) == []
    assert "立案审查" not in world.client("citizen").get(reverse("datahub:mine")).content.decode()
    assert world.client("citizen").get(reverse("datahub:ask_why", args=[position])).status_code == 404
    auditor = world.client("audit_administrator").get(reverse("records:accesses")).content.decode()
    assert "立案审查" not in auditor
    assert audit.hidden(AccessLog.objects.all()).count() == 1
    assert world.client("audit_administrator").post(reverse("records:secrets"), {"line": [position], "reason": "案件已结"}).status_code == 403
    before = bytes(AccessLog.objects.get(position=position).hash)
    assert release_accesses(world.actor("security_administrator"), [position], reason="案件已结") == 1
    (line,) = told(citizen)
    assert line.was_secret
    assert bytes(AccessLog.objects.get(position=position).hash) == before
    assert Event.all_modes.filter(action="audit.access.released", data__positions=[position]).count() == 1
    assert world.client("security_administrator").post(reverse("records:secrets"), {"line": [position], "reason": "案件已结"}).status_code == 409


@pytest.mark.django_db
def test_why_is_asked_of_the_reading_body_and_answered_within_its_limit(world: Any, case: Any, citizen: Any) -> None:
    position = log_access(world.actor("data_owner"), party_id=link_of(case).party_id, fields=["phone"], purpose="低保复核", register="datahub.population")
    client = world.client("citizen")
    answer = client.post(reverse("datahub:ask_why", args=[position]), {"text": "我没有申请低保，为什么查我？"})
    row = RightsRequest.objects.get()
    assert answer.status_code == 302
    assert row.org.code == "bureau-civil"
    assert row.position == position
    assert 19 <= (row.due_at - row.asked_at).days <= 32  # 15 working days
    with pytest.raises(AskedAlready):
        services.ask_why(citizen, position, text="再问一次为什么")
    assert [r.pk for r in requests.visible_to(world.actor("data_owner"))] == [row.pk]
    assert list(requests.visible_to(world.actor("data_owner2"))) == [], "another bureau's question"
    RightsRequest.objects.update(due_at=timezone.now() - timezone.timedelta(days=1))
    assert requests.counts(world.actor("data_owner")) == {"open": 1, "overdue": 1, "done": 0}
    desk = world.client("data_owner")
    assert desk.post(reverse("datahub:answer", args=[row.uid]), {"do": "answer", "granted": "yes", "answer": ""}).status_code == 422
    assert desk.post(reverse("datahub:answer", args=[row.uid]), {"do": "answer", "granted": "yes", "answer": "您是户主的赡养人，依法核对。"}).status_code == 302
    assert "您是户主的赡养人" in client.get(reverse("datahub:my_request", args=[row.uid])).content.decode()
    with pytest.raises(NotOpen):
        services.answer(world.actor("data_owner"), row.uid, granted=True, text="再答一次吧")


@pytest.mark.django_db
def test_a_granted_correction_changes_the_value_and_reading_the_request_is_logged(world: Any, case: Any, citizen: Any) -> None:
    party = link_of(case).party
    made = services.ask_correction(citizen, party.uid, field="phone", wanted="13700003333", text="五月换了号码，户口簿上有")
    assert b"13700003333" not in bytes(RightsRequest.objects.get().values)
    steward = world.actor("data_steward")
    assert services.reveal(steward, made.uid) == {"wanted": "13700003333"}
    assert any(made.number in line.purpose and line.fields == ("电话",) for line in told(citizen))
    services.answer(steward, made.uid, granted=True, text="已按户口簿改正")
    party.refresh_from_db()
    assert decrypt(party.phone, "phone") == "13700003333"
    assert party.phone_index == blind_index("13700003333", "phone")
    with pytest.raises(NotFound):
        services.ask_correction(citizen, link_of(case, "李四海").party.uid, field="phone", wanted="1", text="不是我的记录")


@pytest.mark.django_db
def test_a_dead_relatives_data_is_asked_for_on_record_and_kept_sealed(world: Any, citizen: Any) -> None:
    made = services.ask_as_relative(citizen, name="杨老", id_number=OTHER_NUMBER, relation="child", text="办理社保清退")
    assert OTHER_NUMBER.encode() not in bytes(made.values)
    assert made.org is None
    assert [r.pk for r in requests.visible_to(world.actor("data_steward"))] == [made.pk]
    assert list(requests.visible_to(world.actor("data_owner"))) == []
    assert len(subject_of(citizen.account_id).parties) == 1, "asking makes him nobody else"


@pytest.mark.django_db
def test_consent_stands_until_it_is_withdrawn_or_its_text_changes(world: Any, citizen: Any) -> None:
    load_texts()
    subject = subject_of(citizen.account_id)
    assert not consents.standing(subject, "fill-forms")
    with pytest.raises(ConsentMissing):
        consent_services.require(subject, "fill-forms")
    first = consent_services.give(citizen, "fill-forms")
    assert consent_services.give(citizen, "fill-forms").pk == first.pk
    assert consents.standing(subject, "fill-forms")
    assert "本人同意" in consent_services.require(subject, "fill-forms")
    ConsentText.objects.create(purpose="fill-forms", version=2, title={"zh-Hans": "自动填表"}, text={"zh-Hans": "新"})
    assert not consents.standing(subject, "fill-forms"), "agreed to another text"
    consent_services.give(citizen, "fill-forms")
    assert consent_services.withdraw(citizen, "fill-forms")
    assert not consents.standing(subject, "fill-forms")
    assert not consent_services.withdraw(citizen, "fill-forms")
    assert not consents.standing(citizen.account_id, "unknown")


@pytest.mark.django_db
def test_what_is_held_is_masked_on_the_page_and_whole_in_the_copy(world: Any, case: Any, citizen: Any) -> None:
    client = world.client("citizen")
    page = client.get(reverse("datahub:held")).content.decode()
    assert "138****1111" in page
    assert "13800001111" not in page
    assert "13800001111" in client.get(reverse("datahub:held") + "?plain=1").content.decode()
    book = load_workbook(io.BytesIO(client.get(reverse("datahub:my_copy", args=["xlsx"])).content))
    cells = {str(cell) for sheet in book for row in sheet.iter_rows(values_only=True) for cell in row}
    assert {"13800001111", "杨敏"} <= {c.rstrip() for c in cells} or any("13800001111" in c for c in cells)
    assert not any("李四海" in c for c in cells)
    assert any(h.party_uid == link_of(case).party.uid for h in held.holdings(subject_of(citizen.account_id)))


@pytest.mark.django_db
def test_readings_of_neighbours_colleagues_and_public_people_are_named_and_others_not(world: Any, case: Any) -> None:
    reader, party = world.account("acceptor"), link_of(case).party
    street, house, whole = (blind_index(t, "home") for t in ("柳岸街", "柳岸街12号", "柳岸街12号3单元201"))

    def kinds(**facts: str) -> set[str]:
        ReaderFact.objects.update_or_create(account=reader, defaults={"home_index": "", "house_index": "", "street_index": "", "surname_index": "", **facts})
        line = AccessLog.objects.latest("position")
        return relations([line]).get(line.position, set())

    log_access(world.actor("acceptor"), party_id=party.pk, fields=["name"], purpose="核实")
    assert kinds() == set()
    assert kinds(home_index=whole, house_index=house, street_index=street) == {"household"}
    assert kinds(home_index="x", house_index=house, street_index=street) == {"neighbour"}
    assert kinds(house_index="x", street_index=street, surname_index=blind_index("李", "surname")) == set(), "a whole street is no family"
    assert kinds(house_index="x", street_index=street, surname_index=blind_index("杨", "surname")) == {"relative"}
    PublicPerson.objects.create(phone_index=party.phone_index)
    ReaderFact.objects.create(account=world.account("leader"), id_number_index=party.id_number_index)
    assert kinds() == {"public", "colleague"}


@pytest.mark.parametrize(("address", "street", "house"), [
    ("云望市望川区柳岸街12号3单元201", "柳岸街", "柳岸街12号"), ("柳岸街１２号", "柳岸街", "柳岸街12号"), ("望川区望湖街道 东昌路 8 号院 2 号楼", "东昌路", "东昌路8号院2号楼"),
    ("柳岸街", "柳岸街", ""), ("", "", ""), ("某地", "", ""),
])  # fmt: skip
def test_addresses_are_cut_for_comparing(address: str, street: str, house: str) -> None:
    assert (home_of(address).street, home_of(address).house) == (street, house)


@pytest.mark.django_db
def test_the_page_costs_the_same_for_many_readings(world: Any, case: Any, citizen: Any, django_assert_max_num_queries: Any) -> None:
    subject = subject_of(citizen.account_id)
    for n in range(30):
        log_access(world.actor("acceptor"), party_id=link_of(case).party_id, case_id=case.pk, fields=["name"], purpose=f"核实{n % 3}", register="city.case")
    lines = list(log.lines_of(subject).order_by("-position"))
    with django_assert_max_num_queries(6):
        said = log.told(subject, lines)
    assert len(said) == 30
    assert sum(o.count for o in group(said)) == 30
