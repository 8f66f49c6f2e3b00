"""What an EDI sender was told about its interchanges."""

from django.db import models

from apps.integrations.models.messages import Message
from apps.integrations.models.partners import Partner
from apps.journal.ids import PublicIdField


class Acknowledgement(models.Model):
    """A 997, 999 or CONTRL about one interchange of a message; `position` counts them from 0.

    control is its own number, in the partner's sequence. It is written once and never changes: who asks
    again gets the same bytes.
    """

    public_id = PublicIdField("ack")
    message = models.ForeignKey(Message, on_delete=models.CASCADE, related_name="acknowledgements")
    partner = models.ForeignKey(Partner, on_delete=models.PROTECT, related_name="acknowledgements")
    position = models.PositiveSmallIntegerField()
    kind = models.CharField(max_length=10)
    control = models.PositiveIntegerField()
    raw = models.BinaryField()
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["message", "position"], name="acknowledgement_once_per_interchange"
            )
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.control}"
