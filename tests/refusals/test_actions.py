"""Actions that cannot be done: wrong hands, wrong moment, forged numbers, nonsense as data; nothing is left of any."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import transaction
from django.utils import translation

from tests.refusals.doors import CASES, EN, TASKS, ZH, refused, refused_page
from tests.refusals.footprint import nothing_left
from tests.walk import advance, upload
from yiwang.kernel.audit.models import Event
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.errors import BadInput, KeyReused, NotFound, NotPermitted, ProblemError
from yiwang.kernel.cases import services as cases
from yiwang.kernel.cases.config import action_table
from yiwang.kernel.cases.contracts import ActionRequest
from yiwang.kernel.cases.errors import ActionNotAllowed, SameHands, TaskGone
from yiwang.kernel.cases.models import Case, Clock, Task

NONSENSE = [None, 0, -1, 1e308, True, "", "x", "\x00", "\ud800", "0001-01-01T00:00:00+14:00", "9999-12-31T23:59:59-23:59", "9999-12-31",
            [], {}, [1], [None], [[]], {"a": 1}, "x" * 10_000, "00000000-0000-0000-0000-000000000000", "' OR 1=1; --", "../..", "NaN"]  # fmt: skip
ON_CASE = {"redispatch": ("dispatcher", "work"), "reopen": ("shift_leader", "closed"), "appeal": ("handler2", "closed")}
# what each action reads of its data; the others get one field that means nothing to them
ASKED = {
    "": ("reason_code",), "transfer": ("account",), "consult": ("org",), "merge": ("main",), "suspend": ("until",), "supervise": ("due_at",),
    "redispatch": ("departments",), "correct": ("title", "description", "address", "class", "component"), "milestone": ("milestone", "key"), "appeal": ("contests",),
    "accept": ("account", "class", "component"), "file": ("condition",), "dispatch": ("departments",), "handle": ("milestone",), "close": ("closing",),
}  # fmt: skip


def task_of(case, step: str) -> Task:
    return Task.all_modes.get(case=case, step=step, state="open")


def act(doors, who, url, language=ZH, **body):
    return doors.post(doors.client(who, language), url, body)


def plain(found):
    return {k: v for k, v in found.items() if k != "instance"}


# --- whose it is --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("who", ["handler", "inspector3", "district_dispatcher", "citizen", "machine", "administrator"])
def test_a_case_of_others_looks_as_if_there_were_none(doors, who):
    """Another district's or bureau's case id, and one that never was, answer alike at every address of a case."""
    real, never = doors.town["to_dispatch"], uuid4()
    client = doors.client(who)
    for method, ending in (("get", ""), ("get", "/events"), ("post", "/actions")):
        said = []
        for uid in (real.uid, never):
            with nothing_left():
                url = f"{CASES}/{uid}{ending}"
                answer = client.get(url) if method == "get" else doors.post(client, url, {"action": "urge"})
                assert answer.status_code in (403, 404), (who, url, answer.content[:200])
                said.append(plain(answer.json()))
        assert said[0] == said[1]
    if who == "machine":
        return
    for ending in ("", "act/", "reveal/"):
        pages = []
        for uid in (real.uid, never):
            with nothing_left():
                url = f"/city/cases/{uid}/{ending}"
                answer = client.get(url) if not ending else client.post(url, {"party": "1", "action": "urge"})
                assert answer.status_code in (403, 404), (who, url, answer.status_code)
                pages.append(answer.status_code)
        assert pages[0] == pages[1]


@pytest.mark.parametrize("who", ["handler", "inspector3", "district_dispatcher", "handler2"])
def test_a_task_of_others_looks_as_if_there_were_none(doors, who):
    said = []
    for uid in (task_of(doors.town["to_dispatch"], "dispatch").uid, uuid4()):
        with nothing_left():
            said.append(plain(refused(act(doors, who, f"{TASKS}/{uid}/actions", action="complete", outcome="dispatch"), 404, NotFound.code)))
    assert said[0] == said[1]


def test_a_task_is_not_done_through_another_case(doors):
    """The address says case B, the form names a task of case A: whatever posts he holds, that is no move of B."""
    a, b = doors.town["to_dispatch"], doors.town["to_handle"]
    form = {"action": "complete", "outcome": "dispatch", "task": str(task_of(a, "dispatch").uid), "version": b.version, "idempotency_key": str(uuid4())}
    with nothing_left():
        answer = doors.client("dispatcher").post(f"/city/cases/{b.uid}/act/", form)
        assert answer.status_code in (404, 409, 422), answer.status_code
        with pytest.raises(NotFound):
            cases.act(doors.world.actor("dispatcher"), ActionRequest(
                action="complete", case_uid=b.uid, task_uid=task_of(a, "dispatch").uid, outcome="dispatch"))  # fmt: skip


@pytest.mark.parametrize(("who", "name", "step", "outcome"), [
    ("acceptor", "to_file", "file", "file"), ("inspector2", "to_close", "close", "close"), ("leader", "to_handle", "handle", "done"),
    ("handler2", "to_check", "check", "pass"), ("dispatcher", "to_file", "file", "refuse"), ("shift_leader", "new", "accept", "pass"),
])  # fmt: skip
def test_the_wrong_post(doors, who, name, step, outcome):
    uid = task_of(doors.town[name], step).uid
    with nothing_left():
        for language in (ZH, EN):
            answer = act(doors, who, f"{TASKS}/{uid}/actions", language, action="complete", outcome=outcome, reason="x")
            refused(answer, 403, language=language)


def test_handling_and_supervision_stay_apart_in_words(doors):
    """监管分离: who reported it may not check it, though his post would let him."""
    uid = task_of(doors.town["to_check"], "check").uid
    photo = upload(doors.world.actor("inspector"), "check-own", stage="check")
    with nothing_left():
        for language in (ZH, EN):
            answer = act(doors, "inspector", f"{TASKS}/{uid}/actions", language, action="complete", outcome="pass", files=[str(photo)])
            refused(answer, 403, SameHands.code, language=language)


# --- nonsense -----------------------------------------------------------------------------------------------------------


def homes_of(action):
    """Return {step: (who, name of a case)} where the action may be tried."""
    if action in ("complete", "transfer"):
        return {"accept": ("acceptor", "new"), "file": ("shift_leader", "to_file"), "dispatch": ("dispatcher", "to_dispatch"),
                "handle": ("handler2", "work"), "close": ("shift_leader", "to_close")}  # fmt: skip
    return {"accept": ("acceptor", "new")} if action == "merge" else {"handle": ("handler2", "work")}


@pytest.mark.parametrize("action", sorted(action_table()))
def test_nonsense_as_data_of_any_action_is_refused_or_ignored_but_never_breaks(doors, action):
    """Every action with every field as anything: done where the field means nothing to it, else a refusal of ours."""
    steps = list(homes_of(action).items()) if action_table()[action].get("on") == "task" else [("", ON_CASE.get(action, ("shift_leader", "work")))]
    for step, (who, name) in steps:
        case, actor = doors.town[name], doors.world.actor(who)
        task_uid = task_of(case, step).uid if step else None
        outcome = {"accept": "verify", "file": "file", "dispatch": "dispatch", "handle": "done", "close": "close"}.get(step, "")
        for field, value in ((f, v) for f in ASKED.get(step if action == "complete" else action, ASKED[""]) for v in NONSENSE):
            request = ActionRequest(
                action=action, case_uid=case.uid, task_uid=task_uid, outcome=outcome if action == "complete" else "", reason="因为", data={field: value}
            )
            found = attempt(actor, request)
            assert found is None or isinstance(found, ProblemError), f"{action} at {step or name} with {field}={value!r}: {found!r}"
            assert found is None or str(found)


def attempt(actor, request) -> Exception | None:
    """Try an action and take it back; return what it was refused with."""
    with transaction.atomic():
        try:
            with transaction.atomic():
                cases.act(actor, request)
        except Exception as error:
            return error
        finally:
            transaction.set_rollback(True)
    return None


@pytest.mark.parametrize(("change", "field"), [
    ({"action": "fly"}, "action"), ({"action": "complete", "outcome": "x" * 80}, "outcome"), ({"reason": "坑" * 2001}, "reason"),
    ({"reason": "a\x00"}, "reason"), ({"reason": "\x1b[2J"}, "reason"), ({"occurred_at": (now() + timedelta(days=1)).isoformat()}, "occurred_at"),
    ({"occurred_at": "2026-01-01T10:00:00"}, "occurred_at"), ({"occurred_at": "1999-01-01T00:00:00Z"}, "occurred_at"), ({"lon": 181}, "lon"),
    ({"lat": "NaN"}, "lat"), ({"version": -1}, "version"), ({"files": ["x"]}, "files.0"), ({"files": [str(uuid4()) for _i in range(21)]}, "files"),
    ({"data": []}, "data"), ({"data": "x"}, "data"), ({"state": "closed"}, "state"), ({"filed_at": "2020-01-01T00:00:00Z"}, "filed_at"),
    ({"actor": 1}, "actor"), ({"task_uid": str(uuid4())}, "task_uid"), ({"mode": "trial"}, "mode"), ({"action": None}, "action"),
])  # fmt: skip
def test_the_api_names_what_is_wrong(doors, change, field):
    uid = task_of(doors.town["to_file"], "file").uid
    with nothing_left():
        for language in (ZH, EN):
            body = {"action": "complete", "outcome": "refuse", "reason": "不在范围", **change}
            refused(act(doors, "shift_leader", f"{TASKS}/{uid}/actions", language, **body), 422, BadInput.code, language=language, field=field)


@pytest.mark.parametrize("action", ["urge", "note", "supervise", "correct", "redispatch", "extend", "return", "suspend", "transfer"])
def test_an_outcome_that_the_action_does_not_have(doors, action):
    """Forty characters hold an outcome; more would break the record."""
    case = doors.town["to_handle"]
    who, url = ("handler2", f"{TASKS}/{task_of(case, 'handle').uid}/actions") if action in ("extend", "return", "suspend", "transfer") \
        else ("shift_leader" if action != "redispatch" else "dispatcher", f"{CASES}/{case.uid}/actions")  # fmt: skip
    with nothing_left():
        answer = act(doors, who, url, action=action, outcome="x" * 80, reason="因为", data={"until": (now() + timedelta(days=9)).date().isoformat()})
        assert 400 <= answer.status_code < 500, answer.content


def test_the_longest_reason_fits_everywhere(doors):
    case, reason = doors.town["work"], "因" * 2000
    until = (now() + timedelta(days=9)).date().isoformat()
    for action, who, more in (("suspend", "handler2", {"until": until}), ("note", "handler2", {})):
        url = f"{TASKS}/{task_of(case, 'handle').uid}/actions" if action == "suspend" else f"{CASES}/{case.uid}/actions"
        assert act(doors, who, url, action=action, reason=reason, data=more).status_code == 200
    for who in ("dispatcher", "leader"):
        task = Task.all_modes.get(case=case, kind="suspension", state="open")
        assert act(doors, who, f"{TASKS}/{task.uid}/actions", action="complete", outcome="agree", reason=reason).status_code == 200
    assert Case.objects.get(pk=case.pk).suspended_until is not None


# --- moments ------------------------------------------------------------------------------------------------------------


def test_nobody_dates_his_own_work_back(doors):
    """The handler says that he was done an hour ago: the record keeps his word, the clock stops when it came in."""
    case = doors.town["late"]
    task = task_of(case, "handle")
    Task.objects.filter(pk=task.pk).update(opened_at=now() - timedelta(days=3))
    photo = upload(doors.world.actor("handler2"), "after-late", stage="after")
    body = {"action": "complete", "outcome": "done", "reason": "已更换", "files": [str(photo)]}
    with nothing_left():
        early = (now() - timedelta(days=4)).isoformat()
        refused(act(doors, "handler2", f"{TASKS}/{task.uid}/actions", **body, occurred_at=early), 422, field="occurred_at")
    said = now() - timedelta(days=2)
    done = act(doors, "handler2", f"{TASKS}/{task.uid}/actions", **body, occurred_at=said.isoformat())
    assert done.status_code == 200, done.content
    event = Event.all_modes.get(uid=done.json()["event"])
    assert abs(event.occurred_at - said) < timedelta(seconds=1)
    clock = Clock.objects.get(case=case, task=task, name="department")
    assert clock.state == "stopped"
    assert clock.consumed_minutes > clock.total_minutes, "what was late stays late"
    assert now() - Task.objects.get(pk=task.pk).done_at < timedelta(minutes=1)


@pytest.mark.parametrize(("action", "data", "field"), [
    ("suspend", {"until": "yesterday"}, "until"), ("suspend", {"until": "2020-01-01"}, "until"), ("suspend", {"until": "2099-01-01"}, "until"),
    ("suspend", {}, "until"), ("suspend", {"until": "2026-13-45"}, "until"), ("supervise", {"due_at": "soon"}, "due_at"),
    ("supervise", {"due_at": "2020-01-01"}, "due_at"), ("supervise", {"due_at": "2999-01-01T00:00:00"}, "due_at"),
])  # fmt: skip
def test_dates_of_requests(doors, action, data, field):
    case = doors.town["work"]
    who, url = ("handler2", f"{TASKS}/{task_of(case, 'handle').uid}/actions") if action == "suspend" else ("leader", f"{CASES}/{case.uid}/actions")
    with nothing_left():
        for language in (ZH, EN):
            refused(act(doors, who, url, language, action=action, reason="因为", data=data), 422, language=language, field=field)


# --- too late, twice ----------------------------------------------------------------------------------------------------


def test_a_second_click(doors):
    """With the key the first answer comes again; without one the second is told who did it; another body is refused."""
    case = doors.town["to_file"]
    task, client = task_of(case, "file"), doors.client("shift_leader")
    url, body = f"{TASKS}/{task.uid}/actions", {"action": "complete", "outcome": "refuse", "reason": "不在范围"}
    first = doors.post(client, url, body, **{"idempotency-key": "click"})
    assert first.status_code == 200, first.content
    with nothing_left():
        again = doors.post(client, url, body, **{"idempotency-key": "click"})
        assert (again.status_code, again.json()) == (200, {**first.json(), "repeated": True})
        refused(doors.post(client, url, {**body, "reason": "别的"}, **{"idempotency-key": "click"}), 409, KeyReused.code)
        for language in (ZH, EN):
            for who in ("shift_leader", "shift_leader2"):
                found = act(doors, who, url, language, **body).json()
                assert (found["status"], found["code"]) == (409, TaskGone.code)
                assert doors.world.people["shift_leader"].account.name in found["detail"]
                assert {ZH: "不予立案", EN: "Refuse to file"}[language] in found["detail"]


def test_a_second_click_on_a_page(doors):
    case, key = doors.town["to_file"], str(uuid4())
    task = task_of(case, "file")
    name = f"move-{str(task.uid)[-8:]}-complete-refuse"
    form = {"action": "complete", "outcome": "refuse", "task": str(task.uid), "version": case.version, "idempotency_key": key,
            f"{name}-reason_code": "outside_area", f"{name}-reason": "不在范围"}  # fmt: skip
    client = doors.client("shift_leader")
    assert client.post(f"/city/cases/{case.uid}/act/", form).status_code == 302
    with nothing_left():
        assert client.post(f"/city/cases/{case.uid}/act/", form).status_code == 302, "the same form again is the same answer"
        other = client.post(f"/city/cases/{case.uid}/act/", {**form, "idempotency_key": str(uuid4())})
        refused_page(other, 409, doors.world.people["shift_leader"].account.name)
        refused_page(doors.client("shift_leader2").post(f"/city/cases/{case.uid}/act/", form), 409)


@pytest.mark.parametrize("action", sorted(set(action_table()) - {"reopen", "appeal", "note"}))
def test_a_closed_case_stays_closed(doors, action):
    case = doors.town["closed"]
    old = Task.all_modes.filter(case=case, step="close").latest("pk")
    with nothing_left():
        for who in ("shift_leader", "leader", "dispatcher", "handler2", "acceptor"):
            answer = act(doors, who, f"{CASES}/{case.uid}/actions", action=action, outcome="close", reason="再来一次", data={"title": "改"})
            assert answer.status_code in (403, 404, 409, 422), (action, who, answer.content)
            refused(answer, answer.status_code)
        answer = act(doors, "shift_leader", f"{TASKS}/{old.uid}/actions", action=action, outcome="close", reason="再来一次")
        assert answer.status_code in (403, 409, 422), (action, answer.content)


def test_the_case_moved_on_under_the_page(doors):
    case = doors.town["to_file"]
    stale = case.version
    url = f"{TASKS}/{task_of(case, 'file').uid}/actions"
    assert act(doors, "acceptor", f"{CASES}/{case.uid}/actions", action="note", reason="看过现场").status_code == 200
    with nothing_left():
        for language in (ZH, EN):
            answer = act(doors, "shift_leader", url, language, action="complete", outcome="refuse", reason="x", version=stale)
            refused(answer, 409, "cases.changed", language=language)


def test_files_of_others_and_of_other_cases(doors):
    case = doors.town["work"]
    url = f"{TASKS}/{task_of(case, 'handle').uid}/actions"
    theirs = upload(doors.world.actor("inspector2"), "theirs")
    taken = upload(doors.world.actor("handler2"), "taken")
    cases.act(doors.world.actor("handler2"), ActionRequest(action="note", case_uid=case.uid, reason="x", files=(taken,)))
    other = advance(doors.world, doors.town["to_dispatch"], "pending_handle")
    for uid, where in ((theirs, url), (uuid4(), url), (taken, f"{TASKS}/{task_of(other, 'handle').uid}/actions")):
        with nothing_left():
            for language in (ZH, EN):
                answer = act(doors, "handler2", where, language, action="complete", outcome="done", reason="x", files=[str(uid)])
                refused(answer, 409, "files.not-yours", language=language)


def test_a_disabled_account_and_one_without_posts(doors):
    from yiwang.kernel.identity.models import Account, Holding

    case, person = doors.town["to_file"], doors.world.people["shift_leader"]
    url, body = f"{TASKS}/{task_of(case, 'file').uid}/actions", {"action": "complete", "outcome": "refuse", "reason": "x"}
    holding = Holding.objects.filter(account=person.account)
    holding.update(valid_to=now() - timedelta(minutes=1))
    with nothing_left():
        assert act(doors, "shift_leader", url, **body).status_code in (403, 404)
        refused_page(doors.client("shift_leader").get(f"/city/cases/{case.uid}/"), 403)
    holding.update(valid_to=None)
    Account.objects.filter(pk=person.account.pk).update(is_active=False)
    with nothing_left():
        refused(act(doors, "shift_leader", url, **body), 401)
        assert doors.client("shift_leader").get(f"/city/cases/{case.uid}/").url.startswith("/accounts/login/")


def test_words_of_refusals_are_in_both_languages(doors):
    """What the service says is said again in the reader's language, whoever raised it."""
    case = doors.town["closed"]
    said = {}
    for language in (ZH, EN):
        with translation.override(language), pytest.raises((ActionNotAllowed, NotPermitted)) as problem:
            cases.act(doors.world.actor("dispatcher", language=language), ActionRequest(action="urge", case_uid=case.uid))
        with translation.override(language):
            said[language] = str(problem.value)
    assert said[ZH] != said[EN]
