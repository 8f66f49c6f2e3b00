"""A partner whose messages nothing can read yet: they are taken in and kept, and applied once its first mapping holds."""

from typing import Final

from django.db import transaction

from apps.integrations import partners
from apps.integrations.models import Partner, Switch, SwitchTurn

UNTIL_MAPPED: Final = "Its first mapping is not in force yet."
MAPPED: Final = "Its first mapping is in force."


def hold(partner: Partner, *, actor: str) -> None:
    """Pause a new partner until its mapping is in force: read by the format's own layout its messages would be rejected."""
    partners.switch_to(partner, Switch.PAUSED, why=UNTIL_MAPPED, actor=actor)


@transaction.atomic
def release(partner: Partner, *, actor: str) -> bool:
    """Live again if it was paused for want of a mapping and nobody has turned the switch since; whether it was."""
    turn = SwitchTurn.objects.filter(partner=partner).order_by("-pk").first()
    if turn is None or (turn.switch, turn.why) != (Switch.PAUSED, UNTIL_MAPPED):
        return False
    return partners.switch_to(partner, Switch.LIVE, why=MAPPED, actor=actor)
