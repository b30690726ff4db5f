"""The frame around every page, worked out only when a template asks: menu by permission, posts, language, print size."""

import logging
import re
from collections.abc import Sequence
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse
from django.utils.translation import get_language, pgettext
from django.utils.translation import gettext as _

from yiwang.kernel.base import registry, texts
from yiwang.kernel.base.actor import Actor
from yiwang.kernel.base.clock import now
from yiwang.kernel.base.registry import MenuEntry
from yiwang.kernel.ui.demo import DemoAccount, demo_accounts
from yiwang.kernel.ui.live import live_address

log = logging.getLogger("yiwang.ui")

LARGE_PRINT_COOKIE = "yw_large_print"
THEME_COOKIE = "yw_theme"
RAIL_COOKIE = "yw_rail"  # which groups of the rail somebody opened or folded in this browser: "judging.1_work.0"
MOST_PLAIN = 9  # a net with more lines than this folds them into groups
NETS = ("desk", "governance", "services", "office", "data", "admin")
GROUPS = ("work", "looking", "judging", "pressing", "ground")  # in this order; lines of no group stand above them
GROUP_ICONS = {"work": "checklist", "looking": "chart-bar", "judging": "podium", "pressing": "flag", "ground": "grid-dots"}
NET_ICONS = {
    "desk": "layout-dashboard", "governance": "building-community", "services": "building-bank", "office": "files",
    "data": "database", "admin": "settings",
}  # fmt: skip
MESSAGE_URLS = ("notices:inbox", "notices", "inbox")
SEARCH_URLS = ("search", "cases:search")


@dataclass(frozen=True)
class Entry:
    label: str
    url: str
    icon: str
    current: bool = False
    count: int | None = None


@dataclass(frozen=True)
class Section:
    """Lines of a net that fold together; those without a code stand plainly."""

    code: str
    label: str
    icon: str
    entries: tuple[Entry, ...]
    is_open: bool = True


@dataclass(frozen=True)
class Group:
    """A net of the rail: all its lines, and the same lines in their sections."""

    code: str
    label: str
    icon: str
    entries: tuple[Entry, ...]
    sections: tuple[Section, ...] = ()


@dataclass(frozen=True)
class PostChoice:
    uid: str
    label: str
    organization: str
    current: bool


def first_url(*names: str) -> str:
    """Return the address of the first name that some room or app serves; empty when none does (yet)."""
    for name in names:
        try:
            return reverse(name)
        except NoReverseMatch:
            continue
    return ""


def first_url_with(name: str, *args: str) -> str:
    """Return an address with arguments; empty when nobody serves it."""
    try:
        return reverse(name, args=args)
    except NoReverseMatch:
        return ""


def net_label(net: str) -> str:
    return {
        "desk": _("My work"), "governance": _("City governance"), "services": _("Public services"), "office": _("Joint office"),
        "data": _("Data centre"), "admin": _("Administration"),
    }.get(net, net)  # fmt: skip


def group_label(group: str) -> str:
    return {
        "work": pgettext("menu", "Daily work"), "looking": pgettext("menu", "Maps and figures"), "judging": pgettext("menu", "Judging"),
        "pressing": pgettext("menu", "Supervision and command"), "ground": pgettext("menu", "Ground data"),
    }.get(group, group)  # fmt: skip


@dataclass
class Shell:
    """What ui/root.html and ui/base.html read. Every property is worked out at most once a request."""

    request: HttpRequest
    counts: dict[str, int] = field(default_factory=dict)

    @property
    def actor(self) -> Actor | None:
        return getattr(self.request, "actor", None)

    @property
    def is_signed_in(self) -> bool:
        return bool(self.actor and self.actor.is_person)

    @property
    def brand(self) -> str:
        return str(getattr(settings, "SITE_NAME", "") or _("Yiwang"))

    @property
    def name(self) -> str:
        return self.actor.name if self.actor else ""

    @cached_property
    def post_name(self) -> str:
        return next((p.label for p in self._all_posts if p.current), self.actor.post_name if self.actor else "")

    @property
    def live_url(self) -> str:
        """Where this page hears what moves; empty for the public."""
        return live_address(self.request)

    @property
    def account_key(self) -> str:
        """Names whose drafts these are in this browser."""
        return self.actor.account_uid if self.actor else ""

    @cached_property
    def _all_posts(self) -> list[PostChoice]:
        if not self.actor or self.actor.account_id is None:
            return []
        return [PostChoice(p.uid, texts.pick(p.name), texts.pick(p.organization), p.id == self.actor.post_id) for p in self.actor.posts]

    @property
    def posts(self) -> list[PostChoice]:
        """The posts to choose from; none when there is no choice."""
        return self._all_posts if len(self._all_posts) > 1 else []

    @cached_property
    def groups(self) -> list[Group]:
        """The left rail: my desk, the three nets, the data centre, administration; only what the reader may enter."""
        if not self.actor:
            return []
        by_net: dict[str, list[MenuEntry]] = {net: [] for net in NETS}
        for manifest in registry.manifests().values():
            for entry in manifest.menu:
                if self.actor.may_anywhere(entry.permission):
                    by_net.setdefault(entry.net, []).append(entry)
        found = []
        for net, declared in by_net.items():
            lines = [(e.group, made) for e in sorted(declared, key=lambda e: (e.order, e.url_name)) if (made := self._entry(e))]
            if lines:
                entries = tuple(line for _group, line in lines)
                found.append(Group(net, net_label(net), NET_ICONS.get(net, "folder"), entries, self._sections(net, lines)))
        return found

    def _sections(self, net: str, lines: Sequence[tuple[str, Entry]]) -> tuple[Section, ...]:
        """Fold a net's lines into groups when they are many. Open is the group of this page, and what the reader left open; at first, daily work."""
        if len(lines) <= MOST_PLAIN:
            return (Section("", "", "", tuple(line for _group, line in lines)),)
        here = max((line.url for _group, line in lines if line.url != "/" and self.request.path.startswith(line.url)), key=len, default="")
        by_group: dict[str, list[Entry]] = {group: [] for group in ("", *GROUPS)}
        for group, line in lines:
            by_group.setdefault(group, []).append(line)
        found = []
        for group, entries in by_group.items():
            if entries:
                is_open = self._folds.get(f"{net}-{group}", group in ("", GROUPS[0])) or any(e.url == here for e in entries)
                found.append(Section(f"{net}-{group}" if group else "", group_label(group), GROUP_ICONS.get(group, "folder"), tuple(entries), is_open))
        return tuple(found)

    @cached_property
    def _folds(self) -> dict[str, bool]:
        kept = self.request.COOKIES.get(RAIL_COOKIE, "")[:400]
        return {code: state == "1" for code, state in re.findall(r"([a-z-]+)\.([01])", kept)}

    def _entry(self, entry: MenuEntry) -> Entry | None:
        try:
            url = reverse(entry.url_name)
        except NoReverseMatch:
            log.warning("menu entry %s has no page", entry.url_name)
            return None
        return Entry(str(entry.label), url, entry.icon, self.request.path == url, self.counts.get(entry.url_name))

    @cached_property
    def bottom(self) -> list[Entry]:
        """Three of the phone's four buttons: desk, the first thing of my work, messages. The fourth opens all pages."""
        path = self.request.path
        found = [Entry(_("My desk"), self.home_url, "layout-dashboard", path == self.home_url)]
        others = [e for g in self.groups for e in g.entries if e.url != self.home_url and e.url != self.messages_url]
        phone_first = [e for e in others if e.icon in ("camera", "map-pin-plus")] or others
        found += phone_first[:1]
        if self.messages_url:
            found.append(Entry(_("Messages"), self.messages_url, "bell", path == self.messages_url, self.unread or None))
        return found[:3]

    @cached_property
    def unread(self) -> int:
        """How many messages were not opened; the bell stops counting at 99."""
        if not self.is_signed_in or not self.messages_url:
            return 0
        try:
            from yiwang.kernel.notices import queries
        except ImportError:
            return 0
        count = getattr(queries, "unread_count", None)
        return int(count(self.actor)) if count else 0

    @property
    def unread_text(self) -> str:
        return "99+" if self.unread > 99 else str(self.unread)

    @cached_property
    def messages_url(self) -> str:
        return first_url(*MESSAGE_URLS) if self.is_signed_in else ""

    @cached_property
    def search_url(self) -> str:
        return first_url(*SEARCH_URLS) if self.is_signed_in else ""

    @property
    def home_url(self) -> str:
        return self.desk_url or reverse("home")

    @cached_property
    def desk_url(self) -> str:
        """Where this person's day begins: the first page of "my desk", else the first page at all; empty for none."""
        entries = [e for g in self.groups if g.code == "desk" for e in g.entries] or [e for g in self.groups for e in g.entries]
        return entries[0].url if self.is_signed_in and entries else ""

    @cached_property
    def public_home_url(self) -> str:
        return first_url(*getattr(settings, "PUBLIC_HOME", ())) or reverse("home")

    @cached_property
    def map_base_url(self) -> str:
        return reverse("ui_map_base")

    @property
    def html_language(self) -> str:
        return html_language()

    @property
    def other_language(self) -> str:
        return "zh-hans" if html_language() == "en" else "en"

    @property
    def large_print(self) -> bool:
        return self.request.COOKIES.get(LARGE_PRINT_COOKIE) == "1"

    @property
    def theme(self) -> str:
        chosen = self.request.COOKIES.get(THEME_COOKIE, "")
        return chosen if chosen in ("light", "dark") else ""

    @property
    def other_theme(self) -> str:
        return "light" if self.theme == "dark" else "dark"

    @property
    def demo(self) -> bool:
        return bool(settings.DEMO)

    @cached_property
    def demo_accounts(self) -> list[DemoAccount]:
        return demo_accounts()

    @property
    def clock_shift(self) -> int:
        """Seconds by which the platform's clock is ahead of the real one (demonstrations on another day)."""
        from django.utils import timezone

        return round((now() - timezone.now()).total_seconds())


def html_language() -> str:
    return "en" if (get_language() or "").startswith("en") else "zh-Hans"


def shell_of(request: HttpRequest) -> Any:
    """Return the request's shell, made once."""
    made = getattr(request, "_yw_shell", None)
    if made is None:
        made = Shell(request)
        request._yw_shell = made  # type: ignore[attr-defined]
    return made
