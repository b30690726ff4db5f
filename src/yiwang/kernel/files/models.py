"""Attachments (附件): a row owns access and retention, the hash only shares bytes."""

from django.contrib.postgres.fields import ArrayField
from django.contrib.postgres.indexes import GinIndex
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account


class Kind(models.TextChoices):
    PHOTO = "photo", _("Photo")
    AUDIO = "audio", _("Sound")
    VIDEO = "video", _("Video")
    DOCUMENT = "document", _("Document")


class Stage(models.TextChoices):
    """When in a case's life the file was made."""

    BEFORE = "before", _("Before")  # 处置前
    VERIFY = "verify", _("Verification")  # 核实
    AFTER = "after", _("After")  # 处置后
    CHECK = "check", _("Check")  # 核查
    OTHER = "other", _("Other")


class ScanState(models.TextChoices):
    UNSCANNED = "unscanned", _("Not scanned")  # no scanner is configured
    CLEAN = "clean", _("Clean")
    WAITING = "waiting", _("Waiting for the virus check")  # 隔离: taken in while the scanner was away; shown to nobody


class Attachment(models.Model):
    """One file of one subject (a case, a report); unclaimed until `claim` ties it, then swept after a day.

    `sha256` names what we keep and serve to officials; `original_sha256` is of the bytes as they were sent, and finds
    the same file again. `public_sha256` is the copy without EXIF. All three live in the content-addressed store.
    """

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    sha256 = models.CharField(max_length=64, db_index=True)
    original_sha256 = models.CharField(max_length=64, db_index=True)
    public_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    thumb_sha256 = models.CharField(max_length=64, blank=True, db_index=True)
    size = models.PositiveBigIntegerField()
    media_type = models.CharField(max_length=100)
    original_name = models.CharField(max_length=200, blank=True)
    kind = models.CharField(max_length=10, choices=Kind.choices)
    stage = models.CharField(max_length=10, choices=Stage.choices, default=Stage.OTHER)
    width = models.PositiveIntegerField(null=True, blank=True)
    height = models.PositiveIntegerField(null=True, blank=True)
    subject_kind = models.CharField(max_length=40, blank=True)  # "case", "report"
    subject_uid = models.UUIDField(null=True, blank=True)
    area_path = models.CharField(max_length=200, blank=True)
    org_id = models.BigIntegerField(null=True, blank=True)
    uploaded_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    uploader = models.CharField(max_length=80)  # "account:17", "client:3", "public:<token hash>": who may claim it
    uploaded_at = models.DateTimeField(auto_now_add=True)
    claimed_at = models.DateTimeField(null=True, blank=True)
    taken_at = models.DateTimeField(null=True, blank=True)  # EXIF, else what the phone said
    exif_lon = models.FloatField(null=True, blank=True)
    exif_lat = models.FloatField(null=True, blank=True)
    phash = models.BigIntegerField(null=True, blank=True)  # 64-bit perceptual hash, as a signed number
    phash_bands = ArrayField(models.IntegerField(), default=list, blank=True)  # filled with phash; see queries.same_picture
    is_personal = models.BooleanField(default=False, db_default=False)  # a caller's voice: not for handling bureaus
    scan_state = models.CharField(max_length=12, choices=ScanState.choices, default=ScanState.UNSCANNED)
    retain_until = models.DateField(null=True, blank=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        indexes = [
            models.Index(fields=["subject_kind", "subject_uid"], name="yw_files_subject"),
            models.Index(fields=["uploaded_at"], name="yw_files_unclaimed", condition=Q(subject_uid__isnull=True)),
            GinIndex(fields=["phash_bands"], name="yw_files_phash"),
            models.Index(fields=["uploaded_at"], name="yw_files_waiting", condition=Q(scan_state="waiting")),
        ]
        constraints = [
            models.CheckConstraint(
                condition=Q(subject_uid__isnull=True, subject_kind="") | Q(subject_uid__isnull=False) & ~Q(subject_kind=""),
                name="yw_files_subject_whole",
            )
        ]

    def __str__(self) -> str:
        return f"{self.uid} {self.media_type}"

    @property
    def is_held(self) -> bool:
        """Say whether the bytes go to nobody yet."""
        return self.scan_state == ScanState.WAITING
