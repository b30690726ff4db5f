"""Who acts: a person in a post, the public, an API client, a system job or an importer."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from enum import StrEnum

from yiwang.kernel.base.errors import NotPermitted, NotSignedIn


class ActorKind(StrEnum):
    PERSON = "person"
    PUBLIC = "public"
    CLIENT = "client"
    SYSTEM = "system"
    IMPORTER = "importer"


@dataclass(frozen=True, slots=True)
class Scope:
    """Where a permission holds: below an area, below an organisation, or both at once.

    Paths are materialised (``"1.4.17."``); the empty path is everything.
    """

    area_path: str = ""
    org_path: str = ""

    def covers(self, *, area_path: str = "", org_path: str = "") -> bool:
        return area_path.startswith(self.area_path) and org_path.startswith(self.org_path)


@dataclass(frozen=True, slots=True)
class Grant:
    """One named action that a holding gives, with the place where it holds."""

    permission: str
    scope: Scope
    on_behalf_of_id: int | None = None  # held only while standing in for somebody (代理)


@dataclass(frozen=True, slots=True)
class HeldPost:
    """A post that a person holds now. Names by language."""

    id: int
    uid: str
    name: Mapping[str, str]
    organization: Mapping[str, str]


@dataclass(frozen=True, slots=True)
class Actor:
    """Everything that a service needs to know of who asks; made once a request, never from the request's body."""

    kind: ActorKind
    account_id: int | None = None
    account_uid: str = ""
    name: str = ""
    post_id: int | None = None
    post_name: str = ""
    org_id: int | None = None
    org_path: str = ""
    roles: frozenset[str] = frozenset()
    grants: tuple[Grant, ...] = ()
    client_id: int | None = None
    client_name: str = ""
    on_behalf_of_id: int | None = None  # delegation (代理): whose tasks he does besides his own
    request_id: str = ""
    language: str = "zh-hans"
    needs_second_factor: bool = False  # a post of his asks for two factors when he signs in
    posts: tuple[HeldPost, ...] = field(default=(), compare=False, repr=False)
    absent_ids: tuple[int, ...] | None = field(default=None, compare=False)  # for whom he stands in now; None: nobody has asked
    _by_permission: dict[str, tuple[Scope, ...]] = field(default_factory=dict, compare=False, repr=False)

    @property
    def is_person(self) -> bool:
        return self.kind is ActorKind.PERSON

    @property
    def is_citizen(self) -> bool:
        """Say whether somebody acts for himself: his name is a personal value, which the record never holds."""
        return self.is_person and self.roles == {"citizen"}

    @property
    def recorded_name(self) -> str:
        """What records call the actor: nothing for a citizen, whose name stands with the party alone."""
        return "" if self.is_citizen else self.name

    def scopes(self, permission: str) -> tuple[Scope, ...]:
        """Return where the permission holds; empty means not at all. System jobs hold everything everywhere."""
        if self.kind in (ActorKind.SYSTEM, ActorKind.IMPORTER):
            return (Scope(),)
        if permission not in self._by_permission:
            found = tuple(dict.fromkeys(g.scope for g in self.grants if g.permission == permission))
            self._by_permission[permission] = found
        return self._by_permission[permission]

    def may_anywhere(self, permission: str) -> bool:
        return bool(self.scopes(permission))

    def may(self, permission: str, *, area_path: str = "", org_path: str = "") -> bool:
        return any(scope.covers(area_path=area_path, org_path=org_path) for scope in self.scopes(permission))

    def behalf(self, permission: str, *, area_path: str = "", org_path: str = "") -> int | None:
        """Return for whom the actor stands in when only a delegation gives him the permission there; else None."""
        covering = [g for g in self.grants if g.permission == permission and g.scope.covers(area_path=area_path, org_path=org_path)]
        if not covering or any(g.on_behalf_of_id is None for g in covering):
            return None
        return covering[0].on_behalf_of_id

    def require(self, permission: str, *, area_path: str = "", org_path: str = "") -> None:
        """Refuse unless the permission holds there.

        Raises
        ------
        NotSignedIn
            Nobody is signed in and the public does not hold the permission.
        NotPermitted
            The actor's posts do not give it there.
        """
        if self.may(permission, area_path=area_path, org_path=org_path):
            return
        if self.kind is ActorKind.PUBLIC:
            raise NotSignedIn
        raise NotPermitted(permission=permission)

    def standing_in_for(self, account_id: int | None) -> "Actor":
        """Return the actor doing something on somebody's behalf (a method, because `request.actor` is a lazy wrapper)."""
        return replace(self, on_behalf_of_id=account_id)

    def with_grants(self, grants: Iterable[Grant]) -> "Actor":
        return replace(self, grants=tuple(grants), _by_permission={})


def system(name: str = "system", *, request_id: str = "") -> Actor:
    """The platform itself: timers, relay, sealer, installation."""
    return Actor(kind=ActorKind.SYSTEM, name=name, request_id=request_id)


def importer(name: str, *, request_id: str = "") -> Actor:
    """A bulk import; `name` is the profile, so every event says where it came from."""
    return Actor(kind=ActorKind.IMPORTER, name=name, request_id=request_id)


def public(*, request_id: str = "", language: str = "zh-hans", grants: tuple[Grant, ...] = ()) -> Actor:
    """Somebody who has not signed in."""
    return Actor(kind=ActorKind.PUBLIC, request_id=request_id, language=language, grants=grants)
