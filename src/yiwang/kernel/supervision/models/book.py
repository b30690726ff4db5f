"""Warning rules (预警规则), kept as whole books: each change is a new version, and old cards still name theirs."""

from django.db import models

from yiwang.kernel.identity.models import Account


class RuleBook(models.Model):
    """One version of the rules of an app; that of the empty app holds for orders. The highest version is in force."""

    app = models.CharField(max_length=40, blank=True)
    version = models.PositiveIntegerField()
    rules = models.JSONField(default=list)
    is_shipped = models.BooleanField(default=False)
    digest = models.CharField(max_length=64, blank=True)  # of the file as shipped
    note = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(Account, null=True, blank=True, on_delete=models.SET_NULL, related_name="+")
    made_by_name = models.CharField(max_length=80, blank=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["app", "version"], name="yw_supervision_book_once")]

    def __str__(self) -> str:
        return f"{self.app or '*'} {self.version}"
