"""Organisations, posts and people: 60 bodies, and accounts with memorable names for each sample role."""

from dataclasses import dataclass, field
from random import Random

from sample.land import Land
from sample.names import person
from sample.spec import CITY, Spec
from yiwang.apps.city.rules.dictionary import rows

PASSWORD = "yunwang-sample"  # of all sample accounts; a data folder that holds any refuses to go into production


@dataclass(slots=True)
class OrgRow:
    code: str
    name_zh: str
    name_en: str
    kind: str
    parent: str
    area: str
    credit_code: str


@dataclass(slots=True)
class PostRow:
    """A seat. `area` and `org_scope` are the scope that its holders get ("" = none)."""

    code: str
    name_zh: str
    name_en: str
    org: str
    role: str
    area: str
    org_scope: str = ""


@dataclass(slots=True)
class AccountRow:
    """One person; `shown` accounts stand on the sign-in page of a demonstration."""

    username: str
    name: str
    name_en: str
    posts: list[str] = field(default_factory=list)
    role: str = ""
    shown: bool = False
    is_citizen: bool = False
    phone: str = ""


@dataclass(slots=True)
class People:
    orgs: list[OrgRow]
    posts: list[PostRow]
    accounts: list[AccountRow]
    patrols: dict[str, list[str]]  # responsibility grid -> usernames
    by_role: dict[str, list[str]]
    handlers: dict[str, list[str]]  # organisation -> usernames


ROLE_NAMES = {
    "inspector": ("监督员", "Inspector"), "acceptor": ("受理员", "Acceptor"), "shift_leader": ("值班长", "Shift leader"),
    "dispatcher": ("派遣员", "Dispatcher"), "district_dispatcher": ("区级派遣员", "District dispatcher"), "handler": ("处置人员", "Handler"),
    "leader": ("领导", "Leader"), "evaluator": ("考评员", "Evaluator"), "administrator": ("系统管理员", "System administrator"),
    "security_administrator": ("安全保密管理员", "Security administrator"), "audit_administrator": ("安全审计员", "Audit administrator"), "citizen": ("市民", "Citizen"),
    "data_clerk": ("数据报送员", "Data clerk"), "data_owner": ("部门数据管理员", "Data officer"), "data_steward": ("数据主管", "Data steward"),
}  # fmt: skip
# Who signs in as what in a demonstration: (username, role, posts by prefix).
SHOWN = (
    ("inspector", "inspector"), ("inspector2", "inspector"), ("acceptor", "acceptor"), ("shift_leader", "shift_leader"),
    ("dispatcher", "dispatcher"), ("district_dispatcher", "district_dispatcher"), ("handler", "handler"), ("leader", "leader"),
    ("administrator", "administrator"), ("citizen", "citizen"),
)  # fmt: skip
APART = ("security_administrator", "audit_administrator")
BESIDE = ("evaluator",)  # came later: beside the number of people that a size asks for, so that nobody else changes
# Of the data centre: (username, role, body whose data it is; empty for the authority). Two stewards, for what one alone cannot settle.
DATA = (("data_clerk", "data_clerk", "bureau-civil"), ("data_owner", "data_owner", "bureau-civil"), ("data_steward", "data_steward", ""), ("data_steward2", "data_steward", ""))


def build(spec: Spec, land: Land) -> People:
    """Return bodies, posts and people in a fixed order."""
    rng = spec.stream("people")
    orgs = [
        OrgRow(r["code"], r["name_zh"], r["name_en"], r["kind"], r["parent"], r["area"], r["credit_code"]) for r in rows("organizations")
    ]
    posts: dict[str, PostRow] = {}

    def post(role: str, org: str, area: str, org_scope: str = "", mark: str = "") -> str:
        code = ".".join(filter(None, (org, role, mark)))
        zh, en = ROLE_NAMES[role]
        posts.setdefault(code, PostRow(code, zh, en, org, role, area, org_scope))
        return code

    def seat(role: str, place: str = "") -> str:
        if role == "inspector":
            return post(role, "centre-supervision", place or CITY, mark=place)
        if role in ("acceptor", "shift_leader", "evaluator"):
            return post(role, "centre-supervision", CITY)
        if role == "dispatcher":
            return post(role, "centre-command", CITY)
        if role == "district_dispatcher":
            return post(role, "yundong-command", "371591")
        if role in ("handler", "data_clerk", "data_owner"):
            return post(role, place, CITY, org_scope=place)
        if role.endswith("administrator"):
            return post(role, "city-government", "")  # bound to no area: accounts and roles belong to none
        if role == "citizen":
            return post(role, "city-government", CITY)
        return post(role, "city-government", CITY)

    people = People(orgs, [], [], {}, {}, {})

    def add(username: str, role: str, seats: list[str], *, shown: bool = False, rng: Random = rng) -> AccountRow:
        zh, en = person(rng)
        account = AccountRow(username, zh, en, seats, role, shown, role == "citizen", f"0635-8{rng.randint(100000, 999999)}")
        people.accounts.append(account)
        people.by_role.setdefault(role, []).append(username)
        return account

    working = [o for o in orgs if o.kind not in ("centre", "district_centre") and not o.code.endswith("-government")]
    for username, role in SHOWN:
        # The shown handler answers for every body, so that one visitor can carry any case through.
        seats = [seat("handler", o.code) for o in working] if role == "handler" else [seat(role)]
        add(username, role, seats, shown=True)
    for org in working:
        name = f"{org.code}-1"
        add(name, "handler", [seat("handler", org.code)])
        people.handlers[org.code] = [name]
    small = spec.size.name == "small"
    wanted = [("acceptor", 2 if small else 9), ("shift_leader", 1 if small else 5), ("dispatcher", 1 if small else 5),
              ("district_dispatcher", 1 if small else 3), ("leader", 1 if small else 3), ("citizen", 1 if small else 5)]  # fmt: skip
    for role, count in wanted:
        for number in range(1, count + 1):
            add(f"{role}_{number:02d}", role, [seat(role)])
    streets = {p.code: p.street for p in land.patrols}
    left = max(len(set(streets.values())), spec.size.people - len(people.accounts) - len(APART) - len(DATA))
    inspectors = [
        add(f"patrol_{n:03d}", "inspector", [seat("inspector", streets[land.patrols[n * len(land.patrols) // left].code])])
        for n in range(left)
    ]
    by_street: dict[str, list[str]] = {}
    for account in inspectors:
        by_street.setdefault(account.posts[0].rsplit(".", 1)[1], []).append(account.username)
    turn: dict[str, int] = {}
    for patrol in land.patrols:
        names = by_street.get(patrol.street) or ["inspector", "inspector2"]
        turn[patrol.street] = turn.get(patrol.street, -1) + 1
        people.patrols[patrol.code] = [names[turn[patrol.street] % len(names)]]
    # Drawn apart from the others, who keep the names that they had before these two came.
    apart = spec.stream("administrators")
    for role in (*APART, *BESIDE):
        add(role, role, [seat(role)], shown=True, rng=apart)
    data = spec.stream("data", "people")
    for username, role, place in DATA:
        add(username, role, [seat(role, place)], shown=True, rng=data)
    people.posts = list(posts.values())
    return people
