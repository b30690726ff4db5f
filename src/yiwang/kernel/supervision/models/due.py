"""What has to be done at a moment: a card goes a step up, an order comes near or past its deadline."""

from django.db import models
from django.db.models import Q

from yiwang.kernel.supervision.models.card import Card
from yiwang.kernel.supervision.models.order import OrderTarget


class Due(models.Model):
    """Woken once, by the process that fires the clocks' timers; what came to its end before is passed over."""

    card = models.ForeignKey(Card, null=True, blank=True, on_delete=models.CASCADE, related_name="dues")
    target = models.ForeignKey(OrderTarget, null=True, blank=True, on_delete=models.CASCADE, related_name="dues")
    mark = models.CharField(max_length=64, blank=True)  # of an order's rule
    tell = models.JSONField(default=list)  # of a card's step up
    channels = models.JSONField(default=list)
    level = models.PositiveSmallIntegerField(default=0)
    after_minutes = models.PositiveIntegerField(default=0)  # working minutes from the card
    due_at = models.DateTimeField()
    done_at = models.DateTimeField(null=True, blank=True)
    tries = models.PositiveSmallIntegerField(default=0)
    last_error = models.CharField(max_length=300, blank=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(card__isnull=False, target__isnull=True) | Q(card__isnull=True, target__isnull=False), name="yw_supervision_due_one")
        ]
        indexes = [models.Index(fields=["due_at"], name="yw_superv_due_open", condition=Q(done_at__isnull=True))]

    def __str__(self) -> str:
        return f"{self.card_id or self.target_id} {self.due_at}"
