"""The base databases of persons and legal entities (人口、法人基础库): source rows, golden records, and how one became the other.

Personal values stand here only encrypted; equal ones are found by keyed hashes. No source row is ever deleted: a trigger refuses.
"""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from yiwang.apps.datahub.models.dataset import Dataset
from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account, Organization


class SubjectKind(models.TextChoices):
    PERSON = "person", _("Person")
    ENTITY = "entity", _("Legal entity")


class SubjectState(models.TextChoices):
    LIVE = "live", _("In use")
    MERGED = "merged", _("Merged into another")
    ENDED = "ended", _("No source names it any more")


class By(models.TextChoices):
    RULE = "rule", _("A rule")
    MODEL = "model", _("Weights")
    USER = "user", _("A person's decision")


class PairState(models.TextChoices):
    OPEN = "open", _("Waits")
    SECOND = "second", _("Waits for a second person")
    LATER = "later", _("Put off")
    SAME = "same", pgettext_lazy("compare", "The same")
    DIFFERENT = "different", _("Different")
    VOID = "void", _("Settled by itself")


class RuleBook(models.Model):
    """One version of the rules of a base database (rules.base.book). Never changed."""

    kind = models.CharField(max_length=8, choices=SubjectKind.choices)
    version = models.PositiveIntegerField()
    body = models.JSONField()
    reason = models.CharField(max_length=500, blank=True)
    made_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["kind", "version"], name="datahub_rulebook_once")]

    def __str__(self) -> str:
        return f"{self.kind} {self.version}"


class BaseSource(models.Model):
    """A bureau's register that tells of persons or bodies. `fields` is what the county may hold of it by law, and no more.

    A remote one keeps its rows where they are (a province's base): `port` names a port of settings that answers yes or no.
    """

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    code = models.SlugField(max_length=60, unique=True)
    kind = models.CharField(max_length=8, choices=SubjectKind.choices)
    name = models.JSONField()
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    org_path = models.CharField(max_length=200)
    dataset = models.ForeignKey(Dataset, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    fields = models.JSONField(default=list)
    basis = models.CharField(max_length=500)  # the law by which the county holds them
    ranks = models.JSONField(default=dict)  # {"name": 1, "*": 5}; 1 is the most trusted
    is_remote = models.BooleanField(default=False)
    port = models.CharField(max_length=60, blank=True)
    is_active = models.BooleanField(default=True)
    loaded_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.code

    def rank(self, field: str) -> int:
        return int(self.ranks.get(field, self.ranks.get("*", 50)))


class Subject(models.Model):
    """A golden record (黄金记录). Its uid is never given again; a merged one leads on by `redirect`."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=8, choices=SubjectKind.choices)
    state = models.CharField(max_length=8, choices=SubjectState.choices, default=SubjectState.LIVE)
    redirect = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="merged")
    number_index = models.CharField(max_length=64, blank=True, db_index=True)
    name_index = models.CharField(max_length=64, blank=True, db_index=True)
    label = models.CharField(max_length=200, blank=True)  # of a body: its name; of a person nothing
    number = models.CharField(max_length=18, blank=True)  # of a body: its credit code
    area_path = models.CharField(max_length=200, blank=True)
    record_count = models.PositiveIntegerField(default=0)
    source_count = models.PositiveIntegerField(default=0)
    version = models.PositiveIntegerField(default=0)
    created_at = models.DateTimeField(auto_now_add=True)
    changed_at = models.DateTimeField(auto_now=True)

    class Meta:
        indexes = [
            models.Index(fields=["kind", "state", "id"], name="datahub_subject_kind"),
            models.Index(fields=["number"], name="datahub_subject_number", condition=models.Q(number__gt="")),
            GinIndex(fields=["label"], name="datahub_subject_label", opclasses=["gin_trgm_ops"]),
        ]

    def __str__(self) -> str:
        return str(self.uid)


class SourceRecord(models.Model):
    """One version of one row of a source. A changed row is a new version; one that is no longer sent is ended, not deleted."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=8, choices=SubjectKind.choices)
    source = models.ForeignKey(BaseSource, on_delete=models.PROTECT, related_name="records")
    key_index = models.CharField(max_length=64)  # keyed hash of the source's own id, which may be a personal value
    version = models.PositiveIntegerField(default=1)
    hash = models.CharField(max_length=64)
    body = models.BinaryField()  # ciphertext of {"key", "values", "at"}
    blocks = ArrayField(models.CharField(max_length=24), default=list)
    is_current = models.BooleanField(default=True)
    loaded_at = models.DateTimeField()
    ended_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["source", "key_index", "version"], name="datahub_record_version"),
            models.UniqueConstraint(fields=["source", "key_index"], condition=models.Q(is_current=True), name="datahub_record_current"),
        ]
        indexes = [GinIndex(fields=["blocks"], name="datahub_record_blocks")]

    def __str__(self) -> str:
        return str(self.uid)


class IdMap(models.Model):
    """Whose a source's row is, from when to when, and who said so (标识映射)."""

    source = models.ForeignKey(BaseSource, on_delete=models.PROTECT, related_name="+")
    key_index = models.CharField(max_length=64)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="ids")
    valid_from = models.DateTimeField()
    valid_to = models.DateTimeField(null=True, blank=True)
    by = models.CharField(max_length=5, choices=By.choices)
    method = models.CharField(max_length=40)
    score = models.FloatField(null=True, blank=True)
    model_version = models.CharField(max_length=40, blank=True)
    account = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")

    class Meta:
        constraints = [models.UniqueConstraint(fields=["source", "key_index"], condition=models.Q(valid_to=None), name="datahub_idmap_once")]
        indexes = [models.Index(fields=["subject", "valid_to"], name="datahub_idmap_subject")]

    def __str__(self) -> str:
        return f"{self.source_id} {self.subject_id}"


class FieldValue(models.Model):
    """The value that survived, whose it is and why; the ones that lost stand encrypted beside it."""

    subject = models.ForeignKey(Subject, on_delete=models.CASCADE, related_name="values")
    field = models.CharField(max_length=40)
    value = models.BinaryField()
    index = models.CharField(max_length=64, blank=True)  # keyed hash, by which a value is verified without being opened
    source = models.ForeignKey(BaseSource, on_delete=models.PROTECT, related_name="+")
    record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    why = models.CharField(max_length=10)
    at = models.CharField(max_length=40, blank=True)  # when the source says it was so
    lost = models.BinaryField(default=bytes)
    lost_count = models.PositiveSmallIntegerField(default=0)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["subject", "field"], name="datahub_value_once")]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.field}"


class FieldLock(models.Model):
    """A value fixed by hand until a day, because the sources are known to be wrong."""

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="locks")
    field = models.CharField(max_length=40)
    record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")  # whose value is to stand
    until = models.DateTimeField()
    reason = models.CharField(max_length=500)
    made_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)
    ended_at = models.DateTimeField(null=True, blank=True)

    def __str__(self) -> str:
        return f"{self.subject_id} {self.field}"


class CandidatePair(models.Model):
    """Two golden records of which nobody knows yet whether they are one (疑似重复)."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=8, choices=SubjectKind.choices)
    left = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    right = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    left_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    right_record = models.ForeignKey(SourceRecord, on_delete=models.PROTECT, related_name="+")
    score = models.FloatField()
    why = models.CharField(max_length=20)
    columns = models.JSONField(default=list)  # [{"name", "level", "bits"}]: weights alone, no values
    model_version = models.CharField(max_length=40)
    area_path = models.CharField(max_length=200, blank=True)
    state = models.CharField(max_length=10, choices=PairState.choices, default=PairState.OPEN)
    later_until = models.DateTimeField(null=True, blank=True)
    note = models.CharField(max_length=500, blank=True)
    first_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    decided_at = models.DateTimeField(null=True, blank=True)
    made_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["left", "right"], name="datahub_pair_once"),
            models.CheckConstraint(condition=models.Q(left__lt=models.F("right")), name="datahub_pair_ordered"),
        ]
        indexes = [models.Index(fields=["kind", "state", "-score"], name="datahub_pair_state")]

    def __str__(self) -> str:
        return str(self.uid)


class Merge(models.Model):
    """Two golden records that became one, in a way that can be taken back."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    kept = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="merges")
    gone = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    pair = models.ForeignKey(CandidatePair, null=True, blank=True, on_delete=models.PROTECT, related_name="merges")
    by = models.CharField(max_length=5, choices=By.choices)
    reason = models.CharField(max_length=500, blank=True)
    moved = models.JSONField(default=list)  # [[source id, key index], ...]
    position = models.BigIntegerField()  # of the change that told subscribers
    made_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField()
    undone_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    undone_at = models.DateTimeField(null=True, blank=True)
    undo_reason = models.CharField(max_length=500, blank=True)

    def __str__(self) -> str:
        return str(self.uid)


class Change(models.Model):
    """What happened to a golden record, for subscribers; `id` is the position they read on from."""

    kind = models.CharField(max_length=8, choices=SubjectKind.choices)
    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="changes")
    change = models.CharField(max_length=10)  # created, changed, merged, split, ended
    fields = models.JSONField(default=list)  # names, no values
    other = models.ForeignKey(Subject, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["kind", "id"], name="datahub_change_kind")]

    def __str__(self) -> str:
        return f"{self.pk} {self.change}"


class Subscription(models.Model):
    """Who asked to be told of changes, of which fields, for what, by what right, until when (变更订阅)."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=8, choices=SubjectKind.choices)
    name = models.CharField(max_length=120)
    org = models.ForeignKey(Organization, on_delete=models.PROTECT, related_name="+")
    org_path = models.CharField(max_length=200)
    client_id = models.BigIntegerField(null=True, blank=True)
    fields = models.JSONField(default=list)
    purpose = models.CharField(max_length=200)
    basis = models.CharField(max_length=500)
    until = models.DateField()
    ended_at = models.DateTimeField(null=True, blank=True)
    position = models.BigIntegerField(default=0)  # up to where it has read
    made_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    made_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return self.name


class Handed(models.Model):
    """Something of a golden record that went to somebody: the trace which a wrong merge is followed by (流向)."""

    subject = models.ForeignKey(Subject, on_delete=models.PROTECT, related_name="+")
    how = models.CharField(max_length=10)  # lookup, verify, form, feed
    org = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    actor_name = models.CharField(max_length=120, blank=True)
    case_number = models.CharField(max_length=80, blank=True)
    fields = models.JSONField(default=list)
    change_id = models.BigIntegerField(null=True, blank=True)
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["subject", "at"], name="datahub_handed_subject")]

    def __str__(self) -> str:
        return f"{self.subject_id} {self.how}"
