"""A security key in a real browser: set up, asked for, refused when it is another one; no script of the page's own."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.world import PASSWORD, World

KEY = {
    "protocol": "ctap2", "transport": "usb", "hasResidentKey": True, "hasUserVerification": True, "isUserVerified": True,
    "automaticPresenceSimulation": True,
}  # fmt: skip


class Desk:
    """A browser with a virtual security key in its port."""

    def __init__(self, context: Any, site: str) -> None:
        context.set_default_timeout(45_000)  # signing in hashes with scrypt, on a machine that may be busy
        self.page = context.new_page()
        # The key is bound to the site's name: an address has none, so the browser uses localhost.
        self.site = site.replace("127.0.0.1", "localhost")
        self.blocked: list[str] = []
        self.page.on("console", lambda m: self.blocked.append(m.text) if "Content Security Policy" in m.text else None)
        self.cdp = context.new_cdp_session(self.page)
        self.cdp.send("WebAuthn.enable")
        self.key = self.plug_in()

    def plug_in(self) -> str:
        return str(self.cdp.send("WebAuthn.addVirtualAuthenticator", {"options": KEY})["authenticatorId"])

    def pull_out(self) -> None:
        self.cdp.send("WebAuthn.removeVirtualAuthenticator", {"authenticatorId": self.key})

    def credentials(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.cdp.send("WebAuthn.getCredentials", {"authenticatorId": self.key})["credentials"]
        return found

    def go(self, path: str) -> None:
        self.page.goto(self.site + path)

    def password(self, username: str) -> None:
        self.go("/accounts/login/")
        self.page.fill("#id_login", username)
        self.page.fill("#id_password", PASSWORD)
        self.page.locator("form .btn-primary").first.click()

    def sign_out(self) -> None:
        self.go("/accounts/logout/")
        self.page.locator("main form .btn-primary").click()
        self.page.wait_for_url("**/accounts/login/**")


@pytest.fixture
def desk(live_world: World, live_site: str, browser_context: Callable[..., Any]) -> Desk:
    return Desk(browser_context(), live_site)


def set_up(desk: Desk, name: str = "办公室的密钥") -> list[str]:
    """Add a key as a person does; returns the recovery codes."""
    page = desk.page
    desk.go("/accounts/2fa/")
    page.get_by_role("link", name="添加密钥", exact=True).click()
    page.wait_for_url("**/reauthenticate/**")
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form .btn-primary").click()
    page.wait_for_url("**/2fa/keys/add/**")
    page.fill("input[name=name]", name)
    page.get_by_role("button", name="添加密钥").click()
    page.wait_for_url("**/2fa/recovery-codes/")
    return [str(code) for code in page.locator(".yw-codes li").all_inner_texts()]


def test_a_key_is_added_and_opens_the_account(desk: Desk, live_world: World) -> None:
    page, person = desk.page, live_world.people["leader"]
    desk.password(person.username)
    page.wait_for_url(lambda url: "login" not in url)
    codes = set_up(desk)
    assert len(codes) == 10
    assert len(desk.credentials()) == 1
    desk.go("/accounts/2fa/")
    expect(page.get_by_text("办公室的密钥")).to_be_visible()
    desk.sign_out()

    desk.password(person.username)
    page.wait_for_url("**/2fa/authenticate/**")
    desk.go("/city/desk/")
    page.wait_for_url("**/2fa/authenticate/**")  # the password alone opens nothing: a sign-in half done goes on where it was
    page.get_by_role("button", name="使用安全密钥").click()
    page.wait_for_url(lambda url: "/accounts/" not in url)
    assert desk.credentials()[0]["signCount"] >= 2
    assert not desk.blocked, desk.blocked

    from yiwang.kernel.audit.models import Event

    told = Event.objects.filter(action="identity.signed_in", actor_id=person.account.pk).order_by("position").last()
    assert told.data["factors"] == ["password", "webauthn"]


def test_another_key_is_refused_and_a_recovery_code_helps(desk: Desk, live_world: World) -> None:
    page, person = desk.page, live_world.people["leader"]
    desk.password(person.username)
    page.wait_for_url(lambda url: "login" not in url)
    codes = set_up(desk)
    desk.sign_out()
    desk.pull_out()
    desk.key = desk.plug_in()  # somebody else's
    desk.password(person.username)
    page.wait_for_url("**/2fa/authenticate/**")
    page.get_by_role("button", name="使用安全密钥").click()
    expect(page.locator("[data-island=key] [role=status]")).to_contain_text("未完成确认")
    page.fill("input[name=code]", codes[0])
    page.get_by_role("button", name="登录", exact=True).click()
    page.wait_for_url(lambda url: "/accounts/" not in url)
    assert not desk.blocked, desk.blocked


def test_a_post_that_asks_leads_a_phone_to_the_app(live_world: World, live_site: str, browser_context: Callable[..., Any]) -> None:
    import time

    from allauth.mfa.totp.internal import auth as totp

    from yiwang.kernel.identity.models import Role

    Role.objects.filter(code="inspector").update(requires_second_factor=True)
    desk = Desk(browser_context(phone=True), live_site)
    page = desk.page
    desk.password(live_world.people["inspector"].username)
    page.wait_for_url("**/accounts/2fa/**")
    expect(page.get_by_text("您的岗位要求双因素认证")).to_be_visible()
    page.get_by_role("link", name="设置身份验证器").click()
    page.fill("input[name=password]", PASSWORD)
    page.locator("main form .btn-primary").click()
    page.wait_for_url("**/totp/activate/**")
    expect(page.locator(".yw-qr img")).to_be_visible()
    secret = page.locator(".yw-setup .yw-code").first.inner_text().strip()
    assert page.evaluate("innerWidth") == 390, "nothing sticks out: a phone would have shrunk the page"
    page.fill("input[name=code]", totp.format_hotp_value(totp.hotp_value(secret, int(time.time()) // 30)))
    page.get_by_role("button", name="启用").click()
    page.wait_for_url("**/2fa/recovery-codes/")
    page.get_by_role("link", name="已保存，继续").click()
    page.wait_for_url(lambda url: "/accounts/" not in url)
    assert not desk.blocked, desk.blocked
