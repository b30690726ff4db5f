"""Parties (当事人): the only place of personal values, encrypted by field, found by a keyed blind index."""

from django.db import models

from yiwang.kernel.base.uid import uuid7
from yiwang.kernel.cases.models.case import Case


class Party(models.Model):
    """A person or body that a case concerns. Erasing one empties the values; events hold only its id."""

    uid = models.UUIDField(default=uuid7, unique=True, editable=False)
    kind = models.CharField(max_length=10, default="person")
    name = models.BinaryField(default=bytes)  # ciphertext
    phone = models.BinaryField(default=bytes)
    id_number = models.BinaryField(default=bytes)
    address = models.BinaryField(default=bytes)
    phone_index = models.CharField(max_length=64, blank=True, db_index=True)
    name_index = models.CharField(max_length=64, blank=True, db_index=True)
    id_number_index = models.CharField(max_length=64, blank=True, db_index=True)
    account_id = models.BigIntegerField(null=True, blank=True)
    erased_at = models.DateTimeField(null=True, blank=True)
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.uid)


class CaseParty(models.Model):
    case = models.ForeignKey(Case, on_delete=models.CASCADE, related_name="parties")
    party = models.ForeignKey(Party, on_delete=models.PROTECT, related_name="cases")
    report_id = models.BigIntegerField(null=True, blank=True)
    role = models.CharField(max_length=20, default="reporter")
    is_secret = models.BooleanField(default=False)  # asked to be kept secret: no handling bureau sees any of it
    wants_answer = models.BooleanField(default=True)

    def __str__(self) -> str:
        return f"{self.case_id} {self.role}"
