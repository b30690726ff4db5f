"""The live stream over HTTP: who may see a case hears that it moved; who comes back hears what he missed."""

import json
import os
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from contextlib import suppress

import httpx
import pytest

from tests.exchange.test_relay import drain
from tests.world import World, build
from yiwang.apps.city.tests.test_flow import Walk, report, to_handle
from yiwang.kernel.audit.models import Event
from yiwang.kernel.cases.models import CaseOrg
from yiwang.kernel.exchange.stream import may_hear, org_paths_of


@pytest.fixture
def stream_address(committed) -> Iterator[str]:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    command = [sys.executable, "-m", "granian", "--interface", "asginl", "--host", "127.0.0.1", "--port", str(port),
               "--log-level", "warning", "yiwang.site.asgi:application"]
    process = subprocess.Popen(command, env=committed.env(), start_new_session=True)
    try:
        for _try in range(150):
            try:
                httpx.get(f"http://127.0.0.1:{port}/healthz", timeout=1)
                break
            except httpx.TransportError:
                time.sleep(0.2)
        yield f"http://127.0.0.1:{port}/live/"
    finally:
        os.killpg(process.pid, signal.SIGKILL)
        process.wait(timeout=20)


class Listener:
    """One browser: collects the events of a stream in a thread."""

    def __init__(self, address: str, cookie: str, last_id: str = "") -> None:
        self.lines: list[tuple[str, dict]] = []
        self.ready = threading.Event()
        headers = {"cookie": f"sessionid={cookie}"} | ({"last-event-id": last_id} if last_id else {})
        self.thread = threading.Thread(target=self._read, args=(address, headers), daemon=True)
        self.thread.start()
        assert self.ready.wait(20)

    def _read(self, address: str, headers: dict[str, str]) -> None:
        with suppress(httpx.TransportError), httpx.stream("GET", address, headers=headers, timeout=30) as answer:
            assert answer.status_code == 200
            number = ""
            for line in answer.iter_lines():
                self.ready.set()
                if line.startswith("id: "):
                    number = line[4:]
                elif line.startswith("data: ") and number:
                    self.lines.append((number, json.loads(line[6:])))

    def wait_for(self, case: str, seconds: float = 15) -> list[dict]:
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            found = [body for _id, body in self.lines if body["case"] == case]
            if found:
                return found
            time.sleep(0.05)
        return []


def cookie_of(world: World, who: str) -> str:
    return world.client(who).cookies["sessionid"].value


def moved(world: World, who: str = "public") -> Walk:
    walk = report(world, who, "public" if who == "public" else "inspector")
    drain()
    return walk


def test_who_may_see_the_case_hears_of_it_and_others_do_not(committed, stream_address, committed_world):
    os.environ.setdefault("NO_PROXY", "127.0.0.1")
    world = committed_world
    assert httpx.get(stream_address).status_code == 401
    acceptor = Listener(stream_address, cookie_of(world, "acceptor"))
    stranger = Listener(stream_address, cookie_of(world, "inspector3"))  # of another district
    time.sleep(1)
    walk = moved(world)
    heard = acceptor.wait_for(str(walk.uid))
    assert heard
    assert (heard[0]["action"], heard[0]["state"]) == ("report", "reported")
    assert stranger.wait_for(str(walk.uid), 1.0) == []
    last = acceptor.lines[-1][0]
    missed = moved(world)
    back = Listener(stream_address, cookie_of(world, "acceptor"), last_id=last)
    assert [b["case"] for b in back.wait_for(str(missed.uid))] == [str(missed.uid)]
    assert not any(b["case"] == str(walk.uid) for _id, b in back.lines)


@pytest.mark.django_db
def test_a_consulted_body_hears_of_the_case_from_then_on(django_assert_num_queries):
    """会办: whose opinion is asked sees the case, and hears it move; a body that has no part in it does not."""
    world = build()
    walk = to_handle(report(world))
    water, stranger = world.actor("handler2"), world.actor("inspector3")
    events = list(Event.objects.filter(case_id=walk.case.pk).order_by("case_seq"))
    assert not any(may_hear(water, e, org_paths_of(events)) for e in events)
    walk.do("handler", "handle", action="consult", reason="请提供管线资料", org=str(world.orgs["company-water"].uid))
    assert CaseOrg.objects.filter(case=walk.case, part="consult").exists()
    walk.on_case("leader", "urge", reason="请抓紧")
    events = list(Event.objects.filter(case_id=walk.case.pk).order_by("case_seq"))
    assert events[-1].action == "urge"
    with django_assert_num_queries(2):
        paths = org_paths_of(events)
    assert may_hear(water, events[-1], paths)
    assert may_hear(world.actor("handler"), events[-1], paths)
    assert not may_hear(stranger, events[-1], paths)
