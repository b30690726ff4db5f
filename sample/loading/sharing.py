"""The catalogue and sharing: entries of a dozen bureaus, requests in every state, a grant that is in use, the register of systems."""

from __future__ import annotations

import csv
import hashlib
import tempfile
import time
import uuid
from datetime import date, timedelta
from pathlib import Path
from random import Random
from typing import Any

from sample.loading import living
from sample.names import person
from sample.spec import Spec
from yiwang.apps.datahub.models import ContractVersion, Dataset
from yiwang.apps.datahub.models.share import GrantCall, InfoSystem, SharingGrant, SharingRequest
from yiwang.apps.datahub.rules import contract as contracts
from yiwang.apps.datahub.rules.share import signing
from yiwang.apps.datahub.services.landing import land
from yiwang.apps.datahub.services.share import calls, catalogue, granting, objections, requests, systems
from yiwang.kernel.audit.services import ensure_partitions
from yiwang.kernel.base.actor import Actor, ActorKind
from yiwang.kernel.identity.models import Organization

OWNER, STEWARD = Actor(kind=ActorKind.SYSTEM, name="数据管理员"), Actor(kind=ActorKind.SYSTEM, name="数据主管")
_ID = "id_number:公民身份号码:string:id_number:3"
_PERSON = f"{_ID},name:姓名:string:name:2"
_LAW = "《统计法》第二十五条"
# code, name, bureau, theme, base, sharing, condition or law, grade, cycle, columns (name:label:type:personal:grade), days since the last load (-1: none)
ENTRIES = (
    ("civil-relief", "低保对象", "bureau-civil", "社会救助", "population", "conditional", "办理救助、入学资助、医疗救助等法定事项时使用", 3, "monthly", f"{_PERSON},amount:月金额:decimal::2,since:起始日期:date::1", -1),
    ("relief-payments", "救助金发放清册", "bureau-civil", "社会救助", "", "conditional", "审计、医疗救助、入学资助使用", 3, "monthly", f"{_PERSON},street:街道:string::1,month:发放月份:string::1,amount:金额:decimal::2", 3),
    ("elderly-allowance", "高龄津贴对象", "bureau-civil", "养老服务", "population", "conditional", "养老服务、医保经办使用", 3, "monthly", f"{_PERSON},street:街道:string::1,age:年龄:integer::2", 50),
    ("disabled-persons", "残疾人证信息", "bureau-civil", "助残服务", "population", "conditional", "助残、就业、公交优待使用", 3, "quarterly", f"{_PERSON},kind:类别:string::3,level:等级:string::3", -1),
    ("marriage-records", "婚姻登记信息", "bureau-civil", "婚姻登记", "population", "conditional", "不动产、户籍办理核验使用", 3, "daily", f"{_PERSON},state:婚姻状况:string::3,since:登记日期:date::2", -1),
    ("graves", "公益性墓地名录", "bureau-civil", "殡葬服务", "", "unconditional", "", 1, "yearly", "code:编号:string::1,name:名称:string::1,street:街道:string::1", 30),
    ("vaccinations", "预防接种信息", "bureau-health", "公共卫生", "population", "conditional", "入学查验、疾控使用", 3, "weekly", f"{_PERSON},vaccine:疫苗:string::3,day:接种日期:date::3", -1),
    ("clinics", "医疗机构名录", "bureau-health", "医疗服务", "legal", "unconditional", "", 1, "quarterly", "code:机构代码:string::1,name:名称:string::1,street:街道:string::1,beds:床位:integer::1", 12),
    ("patient-records", "门诊病历摘要", "bureau-health", "医疗服务", "", "none", "《基本医疗卫生与健康促进法》第九十二条", 4, "daily", f"{_PERSON},diagnosis:诊断:string:other:4", -1),
    ("household-population", "户籍人口", "bureau-police", "户籍管理", "population", "conditional", "按职责核验使用", 3, "daily", f"{_PERSON},street:街道:string::1,sex:性别:string::2", -1),
    ("residence-permits", "居住证信息", "bureau-police", "流动人口", "population", "conditional", "入学、落户、住房保障使用", 3, "daily", f"{_PERSON},until:有效期至:date::2", -1),
    ("case-clues", "案件线索", "bureau-police", "治安管理", "", "none", "《治安管理处罚法》第八十条", 4, "daily", "code:编号:string::4,text:内容:string:free_text:4", -1),
    ("vehicles-parking", "机动车停放违法记录", "bureau-traffic-police", "交通管理", "", "conditional", "城市管理执法使用", 3, "daily", "plate:车牌:string:plate:3,place:地点:string::1,at:时间:datetime::2", 1),
    ("licences", "营业执照信息", "bureau-market", "市场监管", "legal", "unconditional", "", 1, "daily", "code:统一社会信用代码:string::1,name:名称:string::1,street:街道:string::1,state:状态:string::1", 1),
    ("food-permits", "食品经营许可", "bureau-market", "市场监管", "licence", "unconditional", "", 1, "weekly", "code:许可证号:string::1,name:名称:string::1,until:有效期至:date::1", 5),
    ("shop-signs", "门店招牌设置备案", "bureau-urban", "城市管理", "", "unconditional", "", 1, "weekly", "code:备案号:string::1,name:店名:string::1,street:街道:string::1", 20),
    ("construction-waste", "建筑垃圾处置核准", "bureau-urban", "城市管理", "licence", "unconditional", "", 1, "weekly", "code:核准号:string::1,site:工地:string::1,volume:方量:decimal::1", 4),
    ("public-housing", "公租房保障对象", "bureau-housing", "住房保障", "population", "conditional", "民政、人社核对使用", 3, "monthly", f"{_PERSON},street:街道:string::1", -1),
    ("old-buildings", "危旧房屋台账", "bureau-housing", "住房安全", "space", "conditional", "应急、消防使用", 2, "quarterly", "code:编号:string::1,address:地址:string:address:2,level:等级:string::2", -1),
    ("street-trees", "行道树", "bureau-greening", "园林绿化", "space", "unconditional", "", 1, "yearly", "code:编号:string::1,kind:树种:string::1,street:街道:string::1", 200),
    ("toilets", "公共厕所", "bureau-sanitation", "环境卫生", "space", "unconditional", "", 1, "quarterly", "code:编号:string::1,name:名称:string::1,street:街道:string::1", 40),
    ("bus-cards", "老年公交卡", "bureau-transport", "公共交通", "population", "conditional", "养老服务使用", 3, "monthly", f"{_PERSON},card:卡号:string:bank_card:3", -1),
    ("water-accounts", "用水户信息", "bureau-water", "供水", "", "conditional", "居住核验使用", 3, "monthly", "code:户号:string::2,name:户主:string:name:2,address:地址:string:address:2", -1),
    ("air-stations", "空气质量监测", "bureau-ecology", "生态环境", "space", "unconditional", "", 1, "daily", "station:站点:string::1,day:日期:date::1,pm25:细颗粒物:decimal::1", 1),
    ("fire-hydrants", "消火栓", "bureau-fire", "消防", "space", "unconditional", "", 1, "quarterly", "code:编号:string::1,street:街道:string::1,state:状态:string::1", 15),
    ("survey-units", "统计调查单位原始表", "city-government", "统计", "economy", "none", _LAW, 4, "monthly", "code:单位代码:string::3,value:数值:decimal::4", -1),
)  # fmt: skip
WAYS = ["api", "table", "file", "query"]
STREETS = ("望湖街道", "柳岸街道", "长桥街道", "朝霞街道", "听河街道")
# code, name, kind, bureau, cost, a year, users, active, elements, items
SYSTEMS = (
    ("relief", "社会救助信息系统", "system", "bureau-civil", 860000, 90000, 120, 96, "person_name identity_number phone address income", "低保审核 特困审核"),
    ("street-relief", "街道救助申请小程序", "mini", "bureau-civil", 180000, 40000, 2300, 12, "person_name identity_number phone address income", "低保审核"),
    ("elderly", "养老服务平台", "system", "bureau-civil", 640000, 80000, 300, 150, "person_name identity_number phone address", "高龄津贴"),
    ("health-records", "全民健康信息平台", "system", "bureau-health", 5200000, 610000, 1800, 1400, "person_name identity_number diagnosis vaccine", "预防接种证查验"),
    ("vaccine-app", "疫苗预约", "app", "bureau-health", 320000, 120000, 40000, 9, "person_name identity_number vaccine", "预防接种证查验"),
    ("household", "人口管理系统", "system", "bureau-police", 3100000, 300000, 900, 820, "person_name identity_number address sex birth_date", "居住证办理 户口登记"),
    ("visitors", "流动人口自主申报", "mini", "bureau-police", 150000, 30000, 8000, 400, "person_name identity_number address phone", "居住证办理"),
    ("licensing", "市场主体登记系统", "system", "bureau-market", 1900000, 200000, 260, 240, "entity_name credit_code address", "营业执照办理"),
    ("urban", "数字城管旧平台", "system", "bureau-urban", 2400000, 260000, 400, 3, "case_number address phone", "城市管理问题处置"),
    ("housing", "住房保障系统", "system", "bureau-housing", 700000, 70000, 90, 60, "person_name identity_number income address", "公租房申请"),
    ("trees", "园林资产台账", "system", "bureau-greening", 210000, 20000, 30, 18, "asset_code species", "树木移植许可"),
    ("bus", "公交优待卡系统", "system", "bureau-transport", 430000, 60000, 60, 41, "person_name identity_number card_number", "老年公交卡"),
)  # fmt: skip


def play(spec: Spec) -> dict[str, int]:
    """Describe, publish, ask, decide, call and register; returns how many of each there are."""
    orgs = {o.code: o for o in Organization.objects.select_related("area")}
    rng = spec.stream("sharing")
    ensure_partitions(spec.as_of - timedelta(days=250), spec.as_of)
    with living.staged(rng) as stage:
        stage.moment = spec.end - timedelta(days=60)
        made = {row[0]: _entry(spec, stage, orgs[row[2]], row, rng) for row in ENTRIES if row[2] in orgs}
        stage.moment = spec.end - timedelta(days=40)
        catalogue.describe(OWNER, made["toilets"], {"cycle": "monthly"})  # a change that waits
        _requests(spec, stage, made, orgs)
        _systems(spec, orgs)
    return {"entries": len(made), "requests": SharingRequest.objects.count(), "calls": GrantCall.objects.count(), "systems": InfoSystem.objects.count()}


def _entry(spec: Spec, stage: Any, org: Organization, row: tuple[Any, ...], rng: Random) -> Dataset:
    code, name, _org, theme, base, sharing, reason, grade, cycle, columns, age = row
    values = {
        "name": name, "name_en": code.replace("-", " ").capitalize(), "abstract": f"{name}，由{org.name['zh-Hans']}在履职中形成并维护", "theme": theme, "base": base, "sharing": sharing,
        "sharing_reason": reason, "grade": grade, "cycle": cycle, "ways": WAYS, "contact": "办公室 0635-8000000", "keywords": [theme], "format": "数据库", "network": "政务外网",
        "scene": "跨部门核验与联办", "source_system": f"{theme}业务系统",
    }  # fmt: skip
    found = Dataset.objects.filter(code=code).first()
    if found is None:
        found = catalogue.begin(OWNER, code=code, org=org, values=values)
        found.is_sample = True
        text = _contract(code, name, cycle, columns)
        found.contract = ContractVersion.objects.create(
            dataset=found, version=1, text=text, body=contracts.parse(text).as_dict(), hash=hashlib.sha256(text.encode()).hexdigest(), reason="编目"
        )
        found.save(update_fields=["contract", "is_sample"])
        if age >= 0:
            now, stage.moment = stage.moment, spec.end - timedelta(days=age)
            _land(found, rng)
            stage.moment = now
    elif found.state == "published":
        return found
    else:
        catalogue.describe(OWNER, found, values)
    if code == "disabled-persons":
        return found  # one draft, and one that waits to be judged
    catalogue.submit(OWNER, found)
    return found if code == "bus-cards" else catalogue.judge(STEWARD, found, approve=True)


def _contract(code: str, name: str, cycle: str, columns: str) -> str:
    lines = [f"dataset: {code}", f"name: {{zh-Hans: {name}}}", f"cycle: {cycle}", "columns:"]
    for column in columns.split(","):
        key, label, kind, personal, grade = column.split(":")
        lines.append(f"  - {{name: {key}, label: {label}, type: {kind}, grade: {grade}{f', personal: {personal}' if personal else ''}}}")
    return "\n".join([*lines, f"key: [{columns.split(':', 1)[0]}]", ""])


def _land(dataset: Dataset, rng: Random) -> None:
    columns = contracts.from_dict(dataset.contract.body).columns if dataset.contract else ()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"{dataset.code}.csv"
        with path.open("w", encoding="utf-8", newline="") as opened:
            writer = csv.writer(opened)
            writer.writerow([c.name for c in columns])
            writer.writerows([_value(c, n, rng) for c in columns] for n in range(120))
        land(OWNER, dataset, path, source="sample", idempotency_key=f"sample-{dataset.code}", is_sample=True)


def _value(column: Any, n: int, rng: Random) -> str:
    named = {"street": STREETS[n % len(STREETS)], "name": person(rng)[0] if column.personal == "name" else f"第{n + 1}号", "month": "2026-10", "state": "在用"}
    if column.personal == "id_number":
        return _number(n)
    if column.personal == "plate":
        return f"鲁P{10000 + n * 7}"
    by_kind = {"decimal": f"{300 + n * 3.5:.2f}", "integer": str(60 + n % 40), "date": str(date(2026, 1 + n % 10, 1 + n % 28)), "datetime": f"2026-11-{1 + n % 20:02} 08:{n % 60:02}:00"}
    return by_kind.get(column.kind) or named.get(column.name, f"{column.name.upper()}{n + 1:04}")


def _number(n: int) -> str:
    body = f"371599{1940 + n % 60}{1 + n % 12:02}{1 + n % 28:02}{n:03}"
    return body + "10X98765432"[sum(int(d) * w for d, w in zip(body, (7, 9, 10, 5, 8, 4, 2, 1, 6, 3, 7, 9, 10, 5, 8, 4, 2), strict=True)) % 11]


def _wish(spec: Spec, columns: list[str], purpose: str, duty: str, basis: str, **more: Any) -> dict[str, Any]:
    return {
        "columns": columns, "purpose": purpose, "duty": duty, "basis": basis, "way": "api", "per_minute": 60, "per_day": 2000, "promise": True,
        "valid_until": spec.as_of + timedelta(days=300), "contact": "办公室 0635-8000000",
    } | more  # fmt: skip


def _requests(spec: Spec, stage: Any, made: dict[str, Dataset], orgs: dict[str, Organization]) -> None:
    relief, health, housing, urban, police = made["relief-payments"], orgs["bureau-health"], orgs["bureau-housing"], orgs["bureau-urban"], orgs["bureau-police"]
    law = "《社会救助暂行办法》第二十八条"
    first = requests.ask(OWNER, relief, health, _wish(spec, ["id_number", "name", "street", "amount"], "核对医疗救助对象", "医疗救助资格确认", law))
    stage.moment += timedelta(days=2)
    requests.decide(STEWARD, first, approve=True, lookups=["id_number"])
    counted = "SELECT street, count(*) AS persons, avg(amount) AS mean FROM relief_payments GROUP BY street"
    asked = requests.ask(OWNER, relief, housing, _wish(spec, ["street", "amount"], "测算保障需求", "住房保障规划", "《城镇住房保障条例》第六条", way="query", query=counted))
    requests.decide(STEWARD, asked, approve=True)
    for code, org, duty in (("licences", urban, "门店招牌备案"), ("food-permits", urban, "占道经营审批"), ("clinics", orgs["bureau-civil"], "医疗救助定点"), ("toilets", orgs["bureau-planning"], "设施规划")):
        columns = [c["name"] for c in made[code].contract.body["columns"]]  # type: ignore[union-attr]
        requests.ask(OWNER, made[code], org, _wish(spec, columns, f"{duty}核验", duty, "《城市市容和环境卫生管理条例》第十条"))
    refused = requests.ask(OWNER, made["marriage-records"], urban, _wish(spec, ["name", "state"], "执法对象核对", "市容执法", "《城市市容和环境卫生管理条例》第三十四条"))
    requests.decide(STEWARD, refused, approve=False, reason="超出法定职责范围", law="《个人信息保护法》第三十四条")
    disputed = requests.ask(OWNER, made["household-population"], housing, _wish(spec, ["id_number", "name", "street"], "核对保障对象户籍", "公租房资格确认", "《公共租赁住房管理办法》第八条"))
    requests.decide(STEWARD, disputed, approve=False, reason="建议改用核验", law="《个人信息保护法》第六条")
    stage.moment = spec.end - timedelta(days=6)
    requests.dispute(OWNER, disputed, "逐人核验无法完成年度复核")
    requests.ask(OWNER, made["elderly-allowance"], orgs["bureau-transport"], _wish(spec, ["id_number", "name"], "核对老年公交卡对象", "老年公交卡办理", "《老年人权益保障法》第五十八条"))
    stage.moment = spec.end - timedelta(days=30)
    requests.ask(OWNER, made["civil-relief"], police, _wish(spec, ["name"], "法律援助核对", "法律援助审查", "《法律援助法》第四十二条"))  # overdue by now
    stage.moment = spec.end - timedelta(days=1)
    doubt = {"column": "amount", "text": "与医保系统登记的金额不一致", "evidence": "经办记录 YB-20261120"}
    objections.object_to(OWNER, relief, health, key=_number(7), **doubt)
    _calls(SharingGrant.objects.get(request=first))


def _calls(grant: SharingGrant) -> None:
    """Let the health commission call: some pages, one person, once beyond the grant."""
    key, secret = granting.show_secret(OWNER, grant)
    path = f"/api/v1/data/{grant.dataset.code}/rows"
    for n in range(14):
        query = [("limit", "20")] if n % 3 else [("id_number", _number(n))]
        query = [("name", "张三")] if n == 9 else query
        purpose = f"YB-2026-{n + 1:03}"
        text = signing.header(key, signing.signing_key(secret), "GET", path, query, str(int(time.time())), uuid.uuid4().hex, purpose)
        try:
            calls.serve(calls.Call(method="GET", path=path, query=query, authorization=text, purpose=purpose, address="10.20.3.8", dataset=grant.dataset.code))
        except calls.NotGranted:
            continue


def _systems(spec: Spec, orgs: dict[str, Organization]) -> None:
    for code, name, kind, org, cost, year, users, active, elements, items in SYSTEMS:
        systems.describe(STEWARD, code=code, org=orgs[org], values={
            "name": name, "kind": kind, "cost": cost, "cost_year": year, "users": users, "active": active, "elements": elements.split(), "items": items.split(),
            "state": "idle" if active < 15 else "running", "built_on": date(2019 + users % 6, 5, 1), "network": "政务外网"})  # fmt: skip
    InfoSystem.objects.update(is_sample=True)
    known = {s.code: s for s in InfoSystem.objects.all()}
    until = spec.as_of + timedelta(days=180)
    systems.assess(STEWARD, known["street-relief"], verdict="merge", reason="与社会救助信息系统功能重复，月活不足", merge_into=known["relief"], until=until)
    systems.assess(STEWARD, known["urban"], verdict="stop", reason="业务已迁入本平台", merge_into=None, until=until)
    systems.assess(STEWARD, known["licensing"], verdict="keep", reason="省级统建", merge_into=None, until=None)
