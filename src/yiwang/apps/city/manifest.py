"""What city management by grid (数字城管) adds to the platform."""

from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.registry import (
    AppManifest,
    DataResource,
    Indicator,
    MapLayer,
    MatterDecl,
    MenuEntry,
    Permission,
    RoleDecl,
)

_EVERY_CASE = ("city.case.view", "city.case.note")
_CENTRE = (*_EVERY_CASE, "city.case.list", "city.map.view", "city.board.view", "city.party.view")

MANIFEST = AppManifest(
    code="city",
    label=_("City management"),
    owner="city",
    matters=(MatterDecl(code="city.problem", folder="matters/problem", hooks="yiwang.apps.city.handlers.HOOKS"),),
    permissions=(
        Permission(code="city.public.report", label=_("Report a problem without signing in"), public=True),
        Permission(code="city.case.report", label=_("Report a city problem"), public=True),
        Permission(code="city.open311", label=_("Use the Open311 interface"), public=True),
        Permission(code="city.inspector.report", label=_("Report from the street")),
        Permission(code="city.hotline.register", label=_("Register a call")),
        Permission(code="city.api.report", label=_("Hand in reports from another system")),
        Permission(code="city.import", label=_("Import requests from a file")),
        Permission(code="city.case.view", label=_("See cases")),
        Permission(code="city.case.list", label=_("Search the list of cases")),
        Permission(code="city.case.export", label=_("Export cases")),
        Permission(code="city.case.note", label=_("Write a note on a case")),
        Permission(code="city.party.view", label=_("See who reported, with a purpose")),
        Permission(code="city.map.view", label=_("See the map of open cases")),
        Permission(code="city.board.view", label=_("See the count board")),
        Permission(code="city.desk.view", label=_("Work at the desk")),
        Permission(code="city.task.accept", label=_("Accept reports")),
        Permission(code="city.task.verify", label=_("Verify on site")),
        Permission(code="city.task.file", label=_("File cases")),
        Permission(code="city.task.dispatch", label=_("Dispatch")),
        Permission(code="city.task.district_dispatch", label=_("Dispatch inside a district")),
        Permission(code="city.task.handle", label=_("Handle")),
        Permission(code="city.task.screen", label=_("Screen results")),
        Permission(code="city.task.send_check", label=_("Send to be checked")),
        Permission(code="city.task.check", label=_("Check on site")),
        Permission(code="city.task.rework", label=_("Order rework")),
        Permission(code="city.task.close", label=_("Close cases")),
        Permission(code="city.task.self_audit", label=_("Audit what inspectors handled themselves")),
        Permission(code="city.task.decide_return", label=_("Decide returns")),
        Permission(code="city.task.arbitrate", label=_("Arbitrate a third return")),
        Permission(code="city.task.decide_extension", label=_("Decide first extensions")),
        Permission(code="city.task.decide_extension_leader", label=_("Decide further extensions")),
        Permission(code="city.task.decide_suspension", label=_("Examine suspensions")),
        Permission(code="city.task.decide_suspension_leader", label=_("Approve suspensions")),
        Permission(code="city.task.decide_void", label=_("Approve voiding")),
        Permission(code="city.task.decide_force_close", label=_("Approve closing by force")),
        Permission(code="city.task.judge_appeal_dispatch", label=_("Judge appeals as dispatcher")),
        Permission(code="city.task.judge_appeal_accept", label=_("Judge appeals as acceptor")),
        Permission(code="city.case.redispatch", label=_("Re-dispatch")),
        Permission(code="city.case.resume", label=_("Resume suspended cases")),
        Permission(code="city.case.urge", label=_("Urge")),
        Permission(code="city.case.supervise", label=_("Supervise and press")),
        Permission(code="city.case.withdraw", label=_("Take back one's last step")),
        Permission(code="city.case.void", label=_("Ask to void a case")),
        Permission(code="city.case.merge", label=_("Join cases")),
        Permission(code="city.case.reopen", label=_("Reopen cases")),
        Permission(code="city.case.force_close", label=_("Ask to close by force")),
        Permission(code="city.case.correct", label=_("Correct facts of a case")),
        Permission(code="city.case.appeal", label=_("Appeal")),
        Permission(code="city.case.escalate", label=_("Escalate to emergency")),
        Permission(code="city.citizen", label=_("Follow one's own reports")),
    ),
    roles=(
        RoleDecl(code="inspector", label={"zh-Hans": "监督员", "en": "Inspector"}, permissions=(
            *_EVERY_CASE, "city.desk.view", "city.map.view", "city.inspector.report", "city.task.verify", "city.task.check",
        )),
        RoleDecl(code="acceptor", label={"zh-Hans": "受理员", "en": "Acceptor"}, permissions=(
            *_CENTRE, "city.desk.view", "city.hotline.register", "city.task.accept", "city.task.send_check",
            "city.case.merge", "city.case.urge", "city.case.withdraw", "city.task.judge_appeal_accept",
        )),
        RoleDecl(code="shift_leader", label={"zh-Hans": "值班长", "en": "Shift leader"}, permissions=(
            *_CENTRE, "city.desk.view", "city.case.export", "city.task.file", "city.task.close", "city.task.self_audit",
            "city.task.decide_extension", "city.task.arbitrate", "city.case.void", "city.case.merge", "city.case.reopen",
            "city.case.force_close", "city.case.supervise", "city.case.urge", "city.case.correct", "city.case.escalate",
            "city.case.withdraw", "city.task.decide_void",
        )),
        RoleDecl(code="dispatcher", label={"zh-Hans": "派遣员", "en": "Dispatcher"}, permissions=(
            *_CENTRE, "city.desk.view", "city.task.dispatch", "city.task.screen", "city.task.rework",
            "city.task.decide_return", "city.task.decide_suspension", "city.task.judge_appeal_dispatch",
            "city.case.redispatch", "city.case.supervise", "city.case.urge", "city.case.resume", "city.case.withdraw",
        )),
        RoleDecl(code="district_dispatcher", label={"zh-Hans": "区级派遣员", "en": "District dispatcher"}, permissions=(
            *_CENTRE, "city.desk.view", "city.task.district_dispatch", "city.case.redispatch", "city.case.urge",
            "city.case.withdraw",
        )),
        RoleDecl(code="handler", label={"zh-Hans": "处置部门", "en": "Handling department"}, permissions=(
            *_EVERY_CASE, "city.desk.view", "city.case.list", "city.task.handle", "city.case.appeal", "city.case.withdraw",
            "city.case.resume",
        )),
        RoleDecl(code="leader", label={"zh-Hans": "领导", "en": "Leader"}, permissions=(
            *_EVERY_CASE, "city.desk.view", "city.case.list", "city.case.export", "city.map.view", "city.board.view",
            "city.case.supervise", "city.case.urge", "city.task.decide_extension_leader",
            "city.task.decide_suspension_leader", "city.task.decide_void", "city.task.decide_force_close",
        )),
        RoleDecl(code="administrator", label={"zh-Hans": "系统管理员", "en": "Administrator"}, permissions=(
            "identity.admin", "city.import",
        )),
        RoleDecl(code="citizen", label={"zh-Hans": "市民", "en": "Citizen"}, permissions=("city.citizen",)),
        RoleDecl(code="open311_client", label={"zh-Hans": "开放接口客户端", "en": "Open311 client"}, permissions=(
            "city.api.report",
        )),
    ),
    menu=(
        MenuEntry(label=_("My desk"), url_name="city:desk", permission="city.desk.view", net="desk", icon="inbox", order=10),
        MenuEntry(label=_("Report from the street"), url_name="city:inspector_report", permission="city.inspector.report", net="desk", icon="camera", order=15),
        MenuEntry(label=_("Register a call"), url_name="city:hotline", permission="city.hotline.register", net="governance", icon="phone", order=20),
        MenuEntry(label=_("Intake"), url_name="city:intake", permission="city.task.accept", net="governance", icon="filter", order=25),
        MenuEntry(label=_("Cases"), url_name="city:cases", permission="city.case.list", net="governance", icon="list", order=30),
        MenuEntry(label=_("Map of open cases"), url_name="city:map", permission="city.map.view", net="governance", icon="map", order=40),
        MenuEntry(label=_("Count board"), url_name="city:board", permission="city.board.view", net="governance", icon="chart-bar", order=50),
        MenuEntry(label=_("Supervised cases"), url_name="city:supervised", permission="city.case.supervise", net="governance", icon="flag", order=60),
        MenuEntry(label=_("My reports"), url_name="city:my_reports", permission="city.citizen", net="services", icon="user", order=10),
    ),
    map_layers=(
        MapLayer(code="city.open_cases", label=_("Open cases"), features="yiwang.apps.city.queries.open_case_features", permission="city.map.view"),
    ),
    indicators=(
        Indicator(code="city.on_time_rate", label=_("Closed on time"), unit="percent", compute="yiwang.apps.city.queries.on_time_rate"),
    ),
    data_resources=(DataResource(code="city.cases", label=_("City cases"), schema="", access="internal"),),
)
