"""The citizen's right to know: who an account really is, what was agreed to, what was asked and answered, who is near readers.

Personal values stand here as keyed blind indexes or encrypted; reading logs are kernel.audit's.
"""

from django.db import models
from django.utils.timezone import now
from django.utils.translation import gettext_lazy as _

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.identity.models import Account, Organization


class Citizen(models.Model):
    """An account whose person was confirmed (实名认证). One person, one account."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="+")
    id_number_index = models.CharField(max_length=64, unique=True)
    name_index = models.CharField(max_length=64)
    phone_index = models.CharField(max_length=64, blank=True)
    person_uid = models.UUIDField(null=True, blank=True, db_index=True)  # of the population base
    method = models.CharField(max_length=20)  # party, population, counter
    confirmed_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.account_id} {self.method}"


class ConsentText(models.Model):
    """What somebody agrees to; a changed text is a new version."""

    purpose = models.SlugField(max_length=40)
    version = models.PositiveIntegerField()
    title = models.JSONField()
    text = models.JSONField()
    since = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["purpose", "version"], name="datahub_consent_text_once")]

    def __str__(self) -> str:
        return f"{self.purpose} v{self.version}"


class Consent(models.Model):
    """Somebody agreed (同意): to which text, when and by which channel; withdrawn, it stands no more but stays here."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    account = models.ForeignKey(Account, on_delete=models.CASCADE, related_name="+")
    person_uid = models.UUIDField(null=True, blank=True, db_index=True)
    text = models.ForeignKey(ConsentText, on_delete=models.PROTECT, related_name="+")
    purpose = models.SlugField(max_length=40)
    channel = models.CharField(max_length=20, default="page")
    given_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_channel = models.CharField(max_length=20, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "purpose"], condition=models.Q(withdrawn_at__isnull=True), name="datahub_consent_stands_once"
            )
        ]

    def __str__(self) -> str:
        return f"{self.account_id} {self.purpose}"


class RightsKind(models.TextChoices):
    WHY = "why", _("Why was I read?")
    CORRECT = "correct", _("Correct what is held")
    ERASE = "erase", _("Delete what is held")
    RELATIVE = "relative", _("Data of a dead relative")


class RightsState(models.TextChoices):
    OPEN = "open", _("Waits for an answer")
    ANSWERED = "answered", _("Answered")
    DECLINED = "declined", _("Declined with a reason")
    WITHDRAWN = "withdrawn", _("Taken back")


class RightsRequest(models.Model):
    """What a person asked about his data (个人信息权利请求), of which body, until when it answers, and what it said."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    number = models.CharField(max_length=24, unique=True)
    kind = models.CharField(max_length=10, choices=RightsKind.choices)
    account = models.ForeignKey(Account, on_delete=models.PROTECT, related_name="+")
    org = models.ForeignKey(Organization, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    org_path = models.CharField(max_length=200, blank=True)  # empty: the authority's steward answers
    area_path = models.CharField(max_length=200, blank=True)
    register = models.CharField(max_length=80, blank=True)
    position = models.BigIntegerField(null=True, blank=True)  # of the reading that is asked about
    line_at = models.DateTimeField(null=True, blank=True)
    party_uid = models.UUIDField(null=True, blank=True)  # whose value is to be corrected
    field = models.CharField(max_length=40, blank=True)
    text = models.TextField()
    values = models.BinaryField(default=bytes)  # encrypted JSON: the right value, the dead person
    state = models.CharField(max_length=10, choices=RightsState.choices, default=RightsState.OPEN)
    asked_at = models.DateTimeField()
    due_at = models.DateTimeField()
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.PROTECT, related_name="+")
    answered_by_name = models.CharField(max_length=120, blank=True)
    answer = models.TextField(blank=True)
    is_sample = models.BooleanField(default=False)

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["account", "kind", "position"], condition=models.Q(state="open", position__isnull=False), name="datahub_rights_asked_once"
            )
        ]
        indexes = [
            models.Index(fields=["account", "-id"], name="datahub_rights_account"),
            models.Index(fields=["state", "due_at"], name="datahub_rights_due"),
        ]

    def __str__(self) -> str:
        return self.number


class RightsStep(models.Model):
    """One step of a request; never changed."""

    request = models.ForeignKey(RightsRequest, on_delete=models.CASCADE, related_name="steps")
    at = models.DateTimeField()
    what = models.CharField(max_length=20)  # asked, passed_on, answered, declined, withdrawn
    by_name = models.CharField(max_length=120, blank=True)  # empty: the citizen himself
    text = models.TextField(blank=True)

    def __str__(self) -> str:
        return f"{self.request_id} {self.what}"


class ReaderFact(models.Model):
    """Where somebody who may read lives and who he is, as blind indexes: to see that he read his neighbour (近邻查阅)."""

    account = models.OneToOneField(Account, on_delete=models.CASCADE, related_name="+")
    surname_index = models.CharField(max_length=64, blank=True)
    id_number_index = models.CharField(max_length=64, blank=True)
    phone_index = models.CharField(max_length=64, blank=True)
    home_index = models.CharField(max_length=64, blank=True)  # the whole address
    house_index = models.CharField(max_length=64, blank=True)  # street and house
    street_index = models.CharField(max_length=64, blank=True)

    def __str__(self) -> str:
        return str(self.account_id)


class PublicPerson(models.Model):
    """A person of public life (公众人物) whose readings are looked at, by blind indexes."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    name_index = models.CharField(max_length=64, blank=True)
    id_number_index = models.CharField(max_length=64, blank=True, db_index=True)
    phone_index = models.CharField(max_length=64, blank=True, db_index=True)
    until = models.DateField(null=True, blank=True)
    label = models.CharField(max_length=60, blank=True)  # how the auditor calls him; no name needs to stand there
    added_at = models.DateTimeField(default=now)
    added_by_name = models.CharField(max_length=120, blank=True)

    def __str__(self) -> str:
        return str(self.uid)
