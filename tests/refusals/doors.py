"""Going through the doors as somebody, and reading what a refusal says there."""

from __future__ import annotations

import html
import json
import re
from dataclasses import dataclass
from typing import Any

from django.conf import settings
from django.test import Client
from lxml import etree

from tests.world import World

REPORTS, CASES, TASKS, FILES = "/api/v1/reports", "/api/v1/cases", "/api/v1/tasks", "/api/v1/files"
OPEN311 = "/open311/v2"
ZH, EN = "zh-hans", "en"
HAN = re.compile(r"[\u4e00-\u9fff]")
PROBLEM = "application/problem+json"


@dataclass(frozen=True)
class Doors:
    """Clients of the made world; a server error comes back as an answer, as a browser would see it."""

    world: World
    key: str  # of a program that may report
    town: dict[str, Any]  # cases at every stop, by name (tests/walk.py)
    sessions: dict[str, str]  # person: session of somebody who signed in before, so that a test writes nothing for it

    def client(self, who: str | None = None, language: str = ZH, *, csrf: bool = False, **headers: str) -> Client:
        """Return a client: a person of the world, `machine` (a program with a key), or nobody."""
        more = {"accept-language": language, **headers}
        if who == "machine":
            more["x-api-key"] = self.key
        client = Client(raise_request_exception=False, enforce_csrf_checks=csrf, headers=more)
        if who not in (None, "machine"):
            client.cookies[settings.SESSION_COOKIE_NAME] = self.sessions[who]
        return client

    def report_body(self, **more: Any) -> dict[str, Any]:
        lon, lat = self.world.point()
        return {"text": "井盖缺失", "class": "component:01001", "lon": lon, "lat": lat, **more}

    def post(self, client: Client, url: str, data: Any, **headers: str) -> Any:
        raw = data if isinstance(data, bytes | str) else json.dumps(data)
        return client.post(url, raw, content_type="application/json", headers=headers)


def signed_in(world: World, town: dict[str, Any]) -> Doors:
    """Sign everybody in and give a program its key."""
    from yiwang.kernel.base.actor import system
    from yiwang.kernel.identity.models import Role
    from yiwang.kernel.identity.services import create_client

    sessions = {}
    for key, person in world.people.items():
        client = Client()
        client.force_login(person.account)
        sessions[key] = client.cookies[settings.SESSION_COOKIE_NAME].value
    _row, program = create_client(system(), code="probe", name="Probe", role=Role.objects.get(code="open311_client"))
    return Doors(world, program, town, sessions)


def sentences(response: Any) -> list[str]:
    """Return what a refusal tells a person: problem+json, Open311 (XML or JSON), or a page (or its part)."""
    kind = response["Content-Type"].split(";")[0]
    if kind == PROBLEM:
        found = response.json()
        return [found["title"], found["detail"], *(e["message"] for e in found.get("errors", []))]
    if kind == "application/json":
        return [e["description"] for e in response.json()]
    if kind == "text/xml":
        return [e.findtext("description") or "" for e in etree.fromstring(response.content)]
    text = response.content.decode()
    text = re.sub(r"(?s)<(script|style|template)\b.*?</\1>", " ", text)
    main = re.search(r"(?s)<main\b.*?</main>", text)
    return [html.unescape(re.sub(r"\s+", " ", re.sub(r"<[^>]*>", " ", main.group() if main else text))).strip()]


def in_language(words: str, language: str) -> bool:
    """Say whether a sentence is in the reader's language: Chinese has Chinese characters, English none."""
    return bool(HAN.search(words)) is (language == ZH)


def refused(response: Any, status: int, code: str = "", *, language: str = ZH, field: str = "") -> dict[str, Any]:
    """Assert a refusal as problem+json: status, code, title, advice, every message in the language. Returns it."""
    assert response.status_code == status, (response.status_code, response.content[:600])
    assert response["Content-Type"].split(";")[0] == PROBLEM, response["Content-Type"]
    found: dict[str, Any] = response.json()
    assert found["status"] == status
    assert found["type"] == f"urn:yiwang:problem:{found['code']}"
    assert found["instance"].startswith("urn:yiwang:request:"), "no number to quote"
    if code:
        assert found["code"] == code, found
    assert found["title"], "says not what"
    assert found["detail"], f"{found['code']} says not what to do"
    for words in sentences(response):
        assert in_language(words, language), f"not in {language}: {words!r}"
    if field:
        assert field in [e["field"] for e in found["errors"]], found["errors"]
    return found


def refused_311(response: Any, status: int, *, language: str = ZH) -> list[str]:
    """Assert an error body of GeoReport v2: code equals the status, a description in the language."""
    assert response.status_code == status, (response.status_code, response.content[:600])
    kind = response["Content-Type"].split(";")[0]
    assert kind in ("text/xml", "application/json"), kind
    if kind == "text/xml":
        codes = [e.findtext("code") for e in etree.fromstring(response.content)]
    else:
        codes = [str(e["code"]) for e in response.json()]
    assert codes
    assert set(codes) == {str(status)}
    said = sentences(response)
    for words in said:
        assert words
        assert in_language(words, language), f"not in {language}: {words!r}"
    return said


def refused_page(response: Any, status: int, *says: str, language: str = ZH) -> str:
    """Assert a page of ours that refuses: HTML, the language, what must be said. Returns its words."""
    assert response.status_code == status, (response.status_code, response.content[:300])
    assert response["Content-Type"].startswith("text/html"), response["Content-Type"]
    text = sentences(response)[0]
    assert text, "an empty page"
    if language == ZH:
        assert HAN.search(text), text[:300]
    for words in says:
        assert words in text, (words, text[:1500])
    return text
