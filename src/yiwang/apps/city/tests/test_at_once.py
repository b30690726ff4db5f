"""Two people at once, the same request twice, versions under a running case, and the record that stays whole."""

import uuid

import pytest
from django.db import connection

from tests.world import World
from yiwang.apps.city.tests.test_flow import ROAD_DAMAGE, Walk, condition, photo, report
from yiwang.apps.city.tests.test_moves_made import department, pending_file, pending_handle, reported
from yiwang.kernel.audit.models import AccessLog, Event
from yiwang.kernel.base.errors import BadInput, KeyReused, NotFound, NotPermitted
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.contracts import ActionRequest, PersonDraft, ReportDraft
from yiwang.kernel.cases.errors import CaseChanged, SameHands, TaskGone
from yiwang.kernel.cases.models import Case, CaseParty, Report, Task


def test_two_on_the_same_task_one_wins_the_other_is_told_who(committed, committed_world):
    world = committed_world
    walk = pending_file(world)
    task, key = walk.task("file").uid, condition(walk)
    request = ActionRequest(action="complete", task_uid=task, outcome="file", data={"condition": key})
    actors = [world.actor("shift_leader"), world.actor("shift_leader2")]
    answers: list[object] = []

    def file(actor):
        def run():
            try:
                answers.append(cases.act(actor, request))
            except TaskGone as gone:
                answers.append(gone)
            finally:
                connection.close()
        return run

    committed.in_threads(*(file(a) for a in actors))
    gone = [a for a in answers if isinstance(a, TaskGone)]
    assert len(answers) == 2
    assert len(gone) == 1
    assert gone[0].done_by in {a.name for a in actors}
    assert gone[0].what == "立案"
    assert Event.all_modes.filter(case_id=walk.case.pk, step="file").count() == 1


def test_siblings_of_a_parallel_step_do_not_collide(committed, committed_world):
    world = committed_world
    walk = pending_file(world)
    walk.do("shift_leader", "file", "file", condition=condition(walk))
    two = [str(world.orgs[c].uid) for c in ("wangchuan-sanitation", "company-water")]
    walk.do("dispatcher", "dispatch", "dispatch", departments=two)
    tasks = list(Task.all_modes.filter(case=walk.case, step="handle", state="open").order_by("index"))
    assert [t.org.code for t in tasks] == ["wangchuan-sanitation", "company-water"]
    people = [world.actor("handler"), world.actor("handler2")]
    wanted = [
        ActionRequest(action="complete", task_uid=t.uid, outcome="done", reason="已处置", files=(photo(a),))
        for t, a in zip(tasks, people, strict=True)
    ]

    def done(actor, request):
        def run():
            try:
                cases.act(actor, request)
            finally:
                connection.close()
        return run

    committed.in_threads(*(done(a, r) for a, r in zip(people, wanted, strict=True)))
    assert not Task.all_modes.filter(case=walk.case, step="handle", state="open").exists()
    assert Task.all_modes.filter(case=walk.case, step="screen", state="open").count() == 1
    assert walk.case.state == "handled"


@pytest.mark.django_db
class TestOnce:
    def test_the_same_report_twice_is_one(self, world: World):
        actor, key = world.public(), str(uuid.uuid4())
        lon, lat = world.point()
        draft = ReportDraft(channel="public", text="路灯不亮", answers={"class": ROAD_DAMAGE}, lon=lon, lat=lat)
        first = cases.report(actor, "city.problem", draft, key=key)
        second = cases.report(actor, "city.problem", draft, key=key)
        assert (second.case_uid, second.query_code, second.repeated) == (first.case_uid, first.query_code, True)
        assert Report.all_modes.count() == Case.all_modes.count() == 1

    def test_the_same_key_with_another_body_is_refused(self, world: World):
        actor, key = world.public(), str(uuid.uuid4())
        lon, lat = world.point()
        draft = ReportDraft(channel="public", text="路灯不亮", answers={"class": ROAD_DAMAGE}, lon=lon, lat=lat)
        cases.report(actor, "city.problem", draft, key=key)
        with pytest.raises(KeyReused):
            cases.report(actor, "city.problem", ReportDraft(channel="public", text="不同", lon=lon, lat=lat), key=key)
        assert Case.all_modes.count() == 1

    def test_a_second_click_on_an_action_changes_nothing(self, world: World):
        walk = reported(world)
        request = ActionRequest(action="complete", task_uid=walk.task("accept").uid, outcome="pass")
        first = cases.act(world.actor("acceptor"), request, key="click-1")
        second = cases.act(world.actor("acceptor"), request, key="click-1")
        assert (second.version, second.event_uid, second.repeated) == (first.version, first.event_uid, True)

    def test_an_old_page_is_told_that_the_case_moved_on(self, world: World):
        walk = reported(world)
        shown = walk.case.version
        walk.on_case("acceptor", "urge")
        with pytest.raises(CaseChanged):
            cases.act(
                world.actor("acceptor"),
                ActionRequest(action="complete", task_uid=walk.task("accept").uid, outcome="pass", version=shown),
            )


@pytest.mark.django_db
class TestWhoMay:
    def test_the_acceptor_never_files(self, world: World):
        """Also not when his account holds the shift leader's post as well."""
        from yiwang.kernel.identity.models import Holding

        walk = pending_file(world)
        Holding.objects.create(account=world.account("acceptor"), post=world.people["shift_leader"].post, area=world.city)
        with pytest.raises(SameHands) as refused:
            walk.do("acceptor", "file", "file", condition=condition(walk))
        assert (refused.value.acted_in, refused.value.step) == ("受理", "立案")
        assert walk.case.number is None

    def test_a_small_county_may_join_them(self, world: World, settings):
        from yiwang.kernel.identity.models import Holding

        settings.CASES_JOINED_POSTS = True
        walk = pending_file(world)
        Holding.objects.create(account=world.account("acceptor"), post=world.people["shift_leader"].post, area=world.city)
        walk.do("acceptor", "file", "file", condition=condition(walk))
        assert walk.case.state == "pending_dispatch"

    def test_who_reported_or_verified_does_not_check(self, world: World):
        from yiwang.apps.city.tests.test_moves_made import checking

        walk = checking(world)  # verified by `inspector`
        with pytest.raises(SameHands):
            walk.do("inspector", "check", "pass", photos=1)
        assert walk.case.state == "checking"

    def test_whoever_disposed_never_checks_or_closes_in_any_post(self, world: World):
        from yiwang.apps.city.tests.test_moves_made import checking, pending_close
        from yiwang.kernel.identity.models import Holding

        walk = checking(world)
        for post in ("inspector2", "shift_leader"):
            Holding.objects.create(account=world.account("handler"), post=world.people[post].post, area=world.city)
        with pytest.raises(SameHands):
            walk.do("handler", "check", "pass", photos=1)
        other = pending_close(world)
        with pytest.raises(SameHands):
            other.do("handler", "close", "close", closing=other.case.filing_row.key)

    def test_another_districts_case_is_not_there(self, world: World):
        walk = report(world)
        stranger = world.actor("inspector3")  # holds his post in another district
        with pytest.raises(NotFound):
            cases.act(stranger, ActionRequest(action="note", case_uid=walk.uid, reason="看看"))

    def test_a_department_sees_its_cases_only(self, world: World):
        from yiwang.kernel.cases.queries.work import case_for, visible_cases

        walk = pending_handle(world)
        assert case_for(world.actor("handler"), walk.uid).pk == walk.case.pk
        assert not visible_cases(world.actor("handler2")).exists()

    def test_nobody_may_do_what_his_post_does_not_give(self, world: World):
        walk = reported(world)
        with pytest.raises(NotPermitted):
            walk.do("dispatcher", "accept", "pass")

    def test_who_asks_does_not_decide(self, world: World):
        walk = reported(world)
        walk.on_case("shift_leader", "void", reason="测试件")
        with pytest.raises(SameHands):
            walk.do("shift_leader", "void", "agree")


@pytest.mark.django_db
class TestPersonal:
    def secret_case(self, world: World) -> Walk:
        walk = report(
            world, "acceptor", "hotline", person=PersonDraft(name="王小明", phone="13800005678", secret=True)
        )
        walk.do("acceptor", "accept", "pass")
        walk.do("shift_leader", "file", "file", condition=condition(walk))
        walk.do("dispatcher", "dispatch", "dispatch", departments=department(world))
        return walk

    def test_values_stand_nowhere_but_encrypted(self, world: World):
        walk = self.secret_case(world)
        with connection.cursor() as cursor:
            cursor.execute("SELECT row_to_json(c)::text FROM yw_cases_case c UNION ALL SELECT row_to_json(e)::text FROM yw_audit_event e"
                           " UNION ALL SELECT row_to_json(p)::text FROM yw_cases_party p UNION ALL SELECT row_to_json(r)::text FROM yw_cases_report r")
            everything = "\n".join(row[0] for row in cursor.fetchall())
        assert "13800005678" not in everything
        assert "王小明" not in everything
        assert walk.case.parties.count() == 1

    def test_the_centre_reads_with_a_purpose_and_that_is_logged(self, world: World):
        link = CaseParty.objects.get(case=self.secret_case(world).case)
        with pytest.raises(BadInput):
            cases.reveal(world.actor("acceptor"), link, " ")
        assert not AccessLog.objects.exists()
        assert cases.reveal(world.actor("acceptor"), link, "回访")["phone"] == "13800005678"
        assert AccessLog.objects.get().party_id == link.party_id

    def test_of_a_secret_caller_no_bureau_sees_anything_whatever_its_posts_grant(self, world: World):
        from yiwang.kernel.identity.models import RoleGrant

        link = CaseParty.objects.get(case=self.secret_case(world).case)
        RoleGrant.objects.create(role=world.people["handler"].post.role, permission="city.party.view")
        with pytest.raises(NotPermitted):
            cases.reveal(world.actor("handler"), link, "想知道")
        assert not AccessLog.objects.exists()


@pytest.mark.django_db
def test_a_case_finishes_on_the_version_it_began_with(world: World, tmp_path):
    """A new version of the matter (other stage limit, other manual) changes new cases only."""
    import shutil

    from tests.world import CITY_DIR
    from yiwang.kernel.base.actor import system

    old = report(world)
    folder = tmp_path / "problem"
    shutil.copytree(CITY_DIR / "matters" / "problem", folder)
    config = (folder / "matter.toml").read_text(encoding="utf-8").replace('en = "Accept reports"', 'en = "Accept"')
    config = config.replace('"不予受理", en = "Refuse"', '"不予受理", en = "Turn down"')
    (folder / "matter.toml").write_text(config, encoding="utf-8")
    manual = (folder / "manual.csv").read_text(encoding="utf-8").replace("路面", "车行道路面")
    (folder / "manual.csv").write_text(manual, encoding="utf-8")
    version = cases.load_matter(system(), folder)
    assert version.number == 2
    new = report(world)
    assert (old.case.matter_version.number, new.case.matter_version.number) == (1, 2)
    old.do("acceptor", "accept", "pass")
    old.do("shift_leader", "file", "file", condition=condition(old))
    assert old.case.filing_row.version.number == 1
    assert cases.load_matter(system(), folder).pk == version.pk  # the same folder again changes nothing


@pytest.mark.django_db
def test_a_matter_folder_with_faults_names_file_line_and_mend(world: World, tmp_path):
    import shutil

    from tests.world import CITY_DIR
    from yiwang.kernel.base.actor import system
    from yiwang.kernel.cases.errors import MatterInvalid
    from yiwang.kernel.cases.models import MatterVersion

    folder = tmp_path / "problem"
    shutil.copytree(CITY_DIR / "matters" / "problem", folder)
    config = (folder / "matter.toml").read_text(encoding="utf-8")
    (folder / "matter.toml").write_text(
        config.replace("[steps.screen]", "[steps.scren]").replace('"return", "extend"', '"retrun", "extend"'), encoding="utf-8"
    )
    lines = (folder / "manual.csv").read_text(encoding="utf-8").splitlines()
    lines[4] = lines[4].replace(",5工作日,work_day,5,", ",5工作日,work_dya,5,")
    (folder / "manual.csv").write_text("\n".join(lines), encoding="utf-8")
    with pytest.raises(MatterInvalid) as refused:
        cases.load_matter(system(), folder)
    found = "\n".join(refused.value.findings)
    assert "matter.toml:" in found
    assert "scren" in found
    assert "retrun" in found
    assert "manual.csv:5:" in found
    assert "—" in found
    assert MatterVersion.objects.count() == 1


def test_what_one_may_choose_and_what_the_arrows_ask_for_are_the_same_words(tmp_path):
    import shutil

    from tests.world import CITY_DIR
    from yiwang.kernel.cases.services.loading import read_folder

    folder = tmp_path / "problem"
    shutil.copytree(CITY_DIR / "matters" / "problem", folder)
    config = (folder / "matter.toml").read_text(encoding="utf-8")
    (folder / "matter.toml").write_text(config.replace("back_check = {", "back_chek = {"), encoding="utf-8")
    no_arrow, no_choice = read_folder(folder).findings
    line = 1 + config[: config.index("[steps.close.outcomes]")].count("\n")
    assert no_arrow.startswith(f"matter.toml:{line}: no arrow behind step `close` asks for outcome `back_chek`")
    assert "outcome `back_check` of process.bpmn cannot be chosen in step `close`" in no_choice


def test_a_task_has_a_permission_of_its_own_app(tmp_path):
    import shutil

    from tests.world import CITY_DIR
    from yiwang.kernel.cases.services.loading import read_folder

    folder = tmp_path / "problem"
    shutil.copytree(CITY_DIR / "matters" / "problem", folder)
    config = (folder / "matter.toml").read_text(encoding="utf-8")
    changed = config.replace('permission = "city.task.screen"', 'permission = "town.task.screen"').replace('["city.task.decide_extension"]', '["decide"]')
    (folder / "matter.toml").write_text(changed, encoding="utf-8")
    step, level = read_folder(folder).findings
    assert step.startswith(f"matter.toml:{1 + config[: config.index('[steps.screen]')].count(chr(10))}: permission `town.task.screen` is not one of city's")
    assert "permission `decide` is not one of city's" in level
