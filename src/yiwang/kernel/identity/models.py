"""Accounts, organisations, posts, roles and what they grant (机构、岗位、角色、授权)."""

from typing import Any

from django.contrib.auth.models import AbstractUser
from django.contrib.sessions.base_session import AbstractBaseSession
from django.db import models
from django.db.models import Q

from yiwang.kernel.areas.models import Area
from yiwang.kernel.base.uid import uuid7


class Standing(models.TextChoices):
    """How an account stands (账号状态); only `active` and `transferred` sign in."""

    ACTIVE = "active", "使用中"
    DORMANT = "dormant", "休眠"  # nobody signed in for long; the administrator wakes it
    TRANSFERRED = "transferred", "调离"  # the old posts are gone, new ones not yet given
    LEFT = "left", "离职"
    CLOSED = "closed", "停用"


class Account(AbstractUser):
    """A person who signs in. Django's own groups and permissions are not used: holdings grant."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    name = models.CharField(max_length=60, blank=True)  # 姓名
    name_en = models.CharField(max_length=80, blank=True)
    duty_phone = models.CharField(max_length=30, blank=True)  # an office's number, shown to colleagues
    language = models.CharField(max_length=10, blank=True)
    large_print = models.BooleanField(default=False)
    is_citizen = models.BooleanField(default=False)
    is_sample = models.BooleanField(default=False)
    standing = models.CharField(max_length=12, choices=Standing.choices, default=Standing.ACTIVE, db_default=Standing.ACTIVE)
    standing_since = models.DateTimeField(null=True, blank=True)
    must_change_password = models.BooleanField(default=False, db_default=False)  # somebody else knows the present one
    password_set_at = models.DateTimeField(null=True, blank=True)  # by the person himself or by who gave it

    class Meta:
        indexes = [models.Index(fields=["name"], name="yw_identity_account_name")]

    def __str__(self) -> str:
        return self.name or self.username


class OrgKind(models.TextChoices):
    CENTRE = "centre", "监督指挥中心"
    DISTRICT_CENTRE = "district_centre", "区级指挥中心"
    BUREAU = "bureau", "委办局"
    STREET = "street", "街道办"
    CREW = "crew", "养护队"
    COMPANY = "company", "权属企业"
    CONTRACTOR = "contractor", "外包单位"


class Organization(models.Model):
    """A body that is responsible (机构). `path` as in Area."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.CharField(max_length=40, unique=True)
    credit_code = models.CharField(max_length=18, blank=True)  # 统一社会信用代码, GB 32100
    name = models.JSONField(default=dict)
    kind = models.CharField(max_length=20, choices=OrgKind.choices)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="children")
    path = models.CharField(max_length=200, unique=True)
    area = models.ForeignKey(Area, on_delete=models.PROTECT, related_name="+")
    phone = models.CharField(max_length=30, blank=True)
    is_active = models.BooleanField(default=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        indexes = [models.Index(fields=["path"], name="yw_identity_org_path", opclasses=["varchar_pattern_ops"])]

    def __str__(self) -> str:
        return f"{self.code} {self.name.get('zh-Hans', '')}"


class Role(models.Model):
    """A named bundle of permissions; those shipped by manifests are `is_shipped` and may be edited."""

    code = models.CharField(max_length=60, unique=True)  # inspector, acceptor, shift_leader, dispatcher, handler ...
    name = models.JSONField(default=dict)
    is_shipped = models.BooleanField(default=False)
    shipped = models.JSONField(default=list, db_default=[])  # permissions as last shipped: other grants are local edits
    requires_second_factor = models.BooleanField(default=False, db_default=False)  # 双因素: its holders sign in with two

    def __str__(self) -> str:
        return self.code


class RoleGrant(models.Model):
    role = models.ForeignKey(Role, on_delete=models.CASCADE, related_name="grants")
    permission = models.CharField(max_length=80)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["role", "permission"], name="yw_identity_role_grant_once")]

    def __str__(self) -> str:
        return f"{self.role_id} {self.permission}"


class Post(models.Model):
    """A seat in an organisation (岗位); work is handed to posts, people come and go."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.CharField(max_length=60, unique=True)
    name = models.JSONField(default=dict)
    organization = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="posts")
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="posts")
    is_active = models.BooleanField(default=True)

    def __str__(self) -> str:
        return self.code


class Holding(models.Model):
    """A person holds a post; its role's permissions hold below `area` and, when set, below `org_scope`.

    A handler's holding has the root area and his bureau as org scope; an inspector's has his street and no org scope.
    """

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="holdings")
    post = models.ForeignKey(Post, on_delete=models.PROTECT, related_name="holdings")
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    org_scope = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    valid_from = models.DateTimeField(null=True, blank=True)
    valid_to = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "post"], condition=Q(valid_to__isnull=True), name="yw_identity_holding_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} in {self.post_id}"


class Delegation(models.Model):
    """代理: while away, `substitute` does the tasks of `absent`; every event names both."""

    absent = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="delegations_given")
    substitute = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="delegations_taken")
    starts_at = models.DateTimeField()
    ends_at = models.DateTimeField()
    reason = models.CharField(max_length=200, blank=True)
    revoked_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(ends_at__gt=models.F("starts_at")), name="yw_identity_delegation_order"),
            models.CheckConstraint(condition=~Q(absent=models.F("substitute")), name="yw_identity_delegation_other"),
        ]

    def __str__(self) -> str:
        return f"{self.absent_id} -> {self.substitute_id}"


class ApiClient(models.Model):
    """Another system that calls us; the key is stored hashed."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.CharField(max_length=60, unique=True)
    name = models.CharField(max_length=120)
    key_hash = models.CharField(max_length=64, unique=True)
    role = models.ForeignKey(Role, on_delete=models.PROTECT, related_name="+")
    area = models.ForeignKey(Area, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    is_active = models.BooleanField(default=True)
    is_sample = models.BooleanField(default=False)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.code


class Session(AbstractBaseSession):
    """A signed-in browser (会话), with what its owner may know of it. Anonymous visitors have one without account."""

    uid = models.UUIDField(null=True, db_index=True)  # names it in addresses: the key itself is a secret
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="sessions")
    address = models.GenericIPAddressField(null=True)
    agent = models.CharField(max_length=200, blank=True)
    began_at = models.DateTimeField(null=True)  # sign-in
    seen_at = models.DateTimeField()

    @classmethod
    def get_session_store_class(cls) -> Any:
        from yiwang.kernel.identity.sessions import SessionStore

        return SessionStore


class Device(models.Model):
    """A browser from which somebody signed in before, known by a random number in its cookie, kept hashed."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="devices")
    token_hash = models.CharField(max_length=64)
    agent = models.CharField(max_length=200, blank=True)
    first_at = models.DateTimeField()
    last_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "token_hash"], name="yw_identity_device_once")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.agent}"


class OldPassword(models.Model):
    """A password that was used before, hashed: the last ones are not taken again."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="old_passwords")
    password = models.CharField(max_length=128)
    set_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.account_id} {self.set_at}"


class GivenPassword(models.Model):
    """A password that an administrator gave and that waits for a second hand (口令发放复核): who gave it, what came of it."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="given_passwords")
    given_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    given_at = models.DateTimeField()
    outcome = models.CharField(max_length=10, blank=True, default="")  # released, refused, replaced; empty: it waits
    decided_by = models.ForeignKey(Account, null=True, on_delete=models.SET_NULL, related_name="+")
    decided_at = models.DateTimeField(null=True)
    reason = models.CharField(max_length=200, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account"], condition=Q(outcome=""), name="yw_identity_given_waits_once")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.outcome or 'waits'}"


class TryCount(models.Model):
    """Failed sign-ins of one name or one address in a window (登录失败计数), counted for all web processes.

    The key of a name is a keyed hash: people type passwords into that field, and names that are nobody's count as well.
    """

    kind = models.CharField(max_length=8)  # name, address
    key = models.CharField(max_length=64)
    account = models.ForeignKey(Account, null=True, on_delete=models.CASCADE, related_name="+")  # whose name it is, if any
    failures = models.PositiveIntegerField()
    window_from = models.DateTimeField()
    locked_until = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "key"], name="yw_identity_try_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.failures}"


class UsedCode(models.Model):
    """A one-time code that was taken: no web process takes it a second time."""

    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    code_hash = models.CharField(max_length=64)
    used_at = models.DateTimeField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["account", "code_hash"], name="yw_identity_code_once")]

    def __str__(self) -> str:
        return f"{self.account_id} {self.used_at}"
