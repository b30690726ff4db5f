"""The record (过程留痕): what was done, what was read about people, and the seals over both.

Both logs are append-only: monthly partitions, no foreign keys, no UPDATE, DELETE or TRUNCATE for the running role and
triggers besides. The tables are made by SQL in the first migration; these classes read them. Writing goes through
`services`, which hashes each line.
"""

from typing import Any

from django.db import models

from yiwang.kernel.base.live import LiveManager
from yiwang.kernel.base.uid import uuid7


class Xid8Field(models.BigIntegerField):
    """PostgreSQL's 64-bit transaction id, an int in Python."""

    def db_type(self, connection: Any) -> str:
        return "xid8"

    def from_db_value(self, value: Any, expression: Any, connection: Any) -> int | None:
        return None if value is None else int(value)

    def get_prep_value(self, value: Any) -> Any:
        return None if value is None else str(int(value))


class Line(models.Model):
    """Columns that both logs share."""

    pk = models.CompositePrimaryKey("region", "recorded_at", "uid")
    region = models.CharField(max_length=6)
    recorded_at = models.DateTimeField()
    uid = models.UUIDField()
    position = models.BigIntegerField(editable=False)  # order of writing; read up to `queries.safe_position`
    xid = Xid8Field(editable=False)
    actor_kind = models.CharField(max_length=10)
    actor_id = models.BigIntegerField(null=True)  # account, or API client when actor_kind is client
    actor_name = models.CharField(max_length=120)
    post_id = models.BigIntegerField(null=True)
    post_name = models.CharField(max_length=120)
    org_id = models.BigIntegerField(null=True)  # the acting organisation
    on_behalf_of_id = models.BigIntegerField(null=True)  # 代理: the account stood in for
    case_id = models.BigIntegerField(null=True)
    case_uid = models.UUIDField(null=True)
    request_id = models.CharField(max_length=64)
    hash = models.BinaryField()

    class Meta:
        abstract = True


class Event(Line):
    """One thing that somebody did. `data` never holds personal values, only their `party_id`."""

    case_seq = models.IntegerField(null=True)
    task_uid = models.UUIDField(null=True)
    action = models.CharField(max_length=80)
    step = models.CharField(max_length=80)
    from_state = models.CharField(max_length=40)
    to_state = models.CharField(max_length=40)
    outcome = models.CharField(max_length=40)
    occurred_at = models.DateTimeField()
    area_path = models.CharField(max_length=200)
    case_org_id = models.BigIntegerField(null=True)
    matter = models.CharField(max_length=80)
    mode = models.CharField(max_length=10)
    data = models.JSONField()
    lon = models.FloatField(null=True)
    lat = models.FloatField(null=True)
    prev_hash = models.BinaryField()

    objects = LiveManager()
    all_modes = models.Manager["Event"]()

    class Meta:
        indexes = [
            models.Index(fields=["position"], name="yw_audit_event_position_idx"),
            models.Index(fields=["case_id", "case_seq"], name="yw_audit_event_case"),
            models.Index(fields=["recorded_at"], name="yw_audit_event_recorded"),
            models.Index(fields=["actor_id", "recorded_at"], name="yw_audit_event_actor"),
            models.Index(
                fields=["position"], name="yw_audit_event_caseless", condition=models.Q(case_id__isnull=True)
            ),  # administration, sign-ins, exports: few lines among those of the cases
        ]

    def __str__(self) -> str:
        return f"{self.position} {self.action}"


class AccessLog(Line):
    """Somebody read personal values of a party: which fields, for what purpose (个人信息查阅记录)."""

    party_id = models.BigIntegerField(null=True)
    party_uid = models.UUIDField(null=True)
    field_names = models.JSONField()  # ["phone", "name"]; "spouse.name" is another person's, in the same record
    purpose = models.CharField(max_length=200)
    # Since 0004, and null on older lines: a line's hash covers them only when they are there (rules.LATER).
    register = models.CharField(max_length=80, null=True)  # noqa: DJ001 - null is what older lines hold
    basis = models.CharField(max_length=200, null=True)  # noqa: DJ001 - 法律依据
    subject_uid = models.UUIDField(null=True)  # a person of the population base, beside a party or instead of one
    secrecy = models.CharField(max_length=20, null=True)  # noqa: DJ001 - contracts.SECRECY

    class Meta:
        indexes = [
            models.Index(fields=["position"], name="yw_audit_access_position"),
            models.Index(fields=["party_id", "recorded_at"], name="yw_audit_access_party"),
            models.Index(fields=["actor_id", "recorded_at"], name="yw_audit_access_actor"),
            models.Index(
                fields=["subject_uid", "recorded_at"], name="yw_audit_access_subject", condition=models.Q(subject_uid__isnull=False)
            ),
            models.Index(
                fields=["position"], name="yw_audit_access_secret", condition=models.Q(secrecy="investigation")
            ),  # few lines, counted and released
        ]

    def __str__(self) -> str:
        return f"{self.position} {f'party {self.party_id}' if self.party_id else f'person {self.subject_uid}'}"


class AccessRelease(models.Model):
    """A secret reading that may be told to the person from now on (解密告知). Append-only, as the line itself never changes."""

    line_uid = models.UUIDField(unique=True)
    line_recorded_at = models.DateTimeField()
    position = models.BigIntegerField(unique=True)
    reason = models.CharField(max_length=500)
    released_at = models.DateTimeField()
    released_by_id = models.BigIntegerField(null=True)
    released_by_name = models.CharField(max_length=120)

    def __str__(self) -> str:
        return f"{self.position} released"


class Seal(models.Model):
    """A signed summary of a run of lines; `leaves` lets a verification name the very line that is wrong."""

    stream = models.CharField(max_length=10)  # event or access
    number = models.BigIntegerField()
    after_position = models.BigIntegerField()
    upto_position = models.BigIntegerField()
    count = models.IntegerField()
    total = models.BigIntegerField()  # lines of the stream sealed so far
    leaves = models.BinaryField()
    root = models.BinaryField()
    previous = models.BinaryField()
    sealed_at = models.DateTimeField()
    hash = models.BinaryField()
    mac = models.BinaryField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["stream", "number"], name="yw_audit_seal_once")]

    def __str__(self) -> str:
        return f"{self.stream} seal {self.number}"


class Tide(models.Model):
    """Up to which position every line of a stream is committed or gone for good (one row a stream).

    A sequence is drawn before the commit, so a reader that simply follows positions would skip a line that commits
    late. `pending_position` was the highest number drawn when transaction `pending_xid` began: once none below it
    runs, nothing at or below `pending_position` can still appear.
    """

    stream = models.CharField(max_length=10, primary_key=True)
    safe_position = models.BigIntegerField(default=0)
    pending_position = models.BigIntegerField(default=0)
    pending_xid = models.BigIntegerField(default=0)

    def __str__(self) -> str:
        return f"{self.stream} up to {self.safe_position}"


class Watch(models.Model):
    """Up to when the watch for unusual activity has looked (one row)."""

    watched_until = models.DateTimeField()

    def __str__(self) -> str:
        return f"up to {self.watched_until}"


class UnusualActivity(models.Model):
    """A warning (异常变动预警): somebody did far more of something in an hour or a day than he and his peers do."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    unit = models.CharField(max_length=4)  # hour or day
    starts_at = models.DateTimeField()
    actor_kind = models.CharField(max_length=10)
    actor_id = models.BigIntegerField()
    actor_name = models.CharField(max_length=120)
    post_name = models.CharField(max_length=120)
    family = models.CharField(max_length=12)  # edit, remove, export, export_rows, read, read_late, relation, read_by_many
    subject = models.CharField(max_length=120)
    amount = models.BigIntegerField()
    own_median = models.FloatField()
    own_periods = models.IntegerField()
    own_bound = models.FloatField(null=True)
    peer_median = models.FloatField()
    peer_people = models.IntegerField()
    peer_bound = models.FloatField(null=True)
    raised_at = models.DateTimeField(auto_now_add=True)
    verdict = models.CharField(max_length=12, blank=True)  # explained, misuse, mistake
    reason = models.CharField(max_length=500, blank=True)
    judged_at = models.DateTimeField(null=True)
    judged_by_id = models.BigIntegerField(null=True)
    judged_by_name = models.CharField(max_length=120, blank=True)
    lines = models.JSONField(null=True)  # positions in the access log, where a warning is about certain lines

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["starts_at", "unit", "actor_kind", "actor_id", "family", "subject"], name="yw_audit_unusual_once"
            )
        ]
        indexes = [models.Index(fields=["judged_at", "-id"], name="yw_audit_unusual_open")]

    def __str__(self) -> str:
        return f"{self.actor_name} {self.family} {self.subject} {self.amount}"


class Verification(models.Model):
    """What a verification of the record found; for the page of seals. The record itself is the proof, not this table."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    started_at = models.DateTimeField()
    finished_at = models.DateTimeField()
    by = models.CharField(max_length=120)
    lines = models.BigIntegerField()
    cases = models.BigIntegerField()
    seals = models.BigIntegerField()
    unsealed = models.BigIntegerField()
    vouched_until = models.DateTimeField(null=True)
    vouched_position = models.BigIntegerField()
    fault_count = models.IntegerField()
    faults = models.JSONField(default=list)  # the first hundred, in words

    def __str__(self) -> str:
        return f"{self.finished_at} {self.fault_count} faults"
