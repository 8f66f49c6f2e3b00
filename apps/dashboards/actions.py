"""What one person can do about one case now: the playbook's actions, each allowed or refused in a sentence."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.utils import timezone

from apps.accounts.models import User
from apps.dashboards.queries.cases import Detail
from apps.exceptions.kinds import KINDS
from apps.exceptions.models import ActionRun
from apps.exceptions.playbooks import ACTIONS, Action

_WEEKEND = 5


@dataclass(frozen=True, slots=True)
class Offer:
    """A button: `number` is its key; `refused` says why it is disabled, empty when it is not."""

    action: Action
    number: int
    refused: str
    runs: list[ActionRun]
    primary: bool

    @property
    def label(self) -> str:
        return self.action.label


def offered(detail: Detail, user: User) -> list[Offer]:
    """The actions of the case's kind in the playbook's order; the first one allowed is the primary one.

    What the person's role never does is not offered at all; what only stands in the way now is, with the reason.
    """
    kind = KINDS.get(detail.case.kind)
    runs = list(detail.case.actions.select_related("by").order_by("-at"))
    found: list[Offer] = []
    for key in kind.actions if kind else ():
        action = ACTIONS[key]
        if not user.may(action.needs):
            continue
        refused = _refused(action, detail, user)
        primary = not refused and not any(offer.primary for offer in found)
        mine = [run for run in runs if run.action == key]
        found.append(Offer(action, len(found) + 1, refused, mine, primary))
    return found


def _refused(action: Action, detail: Detail, user: User) -> str:
    case = detail.case
    if case.state == "resolved":
        return "This case is closed."
    if action.effect == "approval":
        return _no_release(detail)
    if case.owner is not None and case.owner_id != user.pk:
        return f"{case.owner} has this case."
    return ""


def _no_release(detail: Detail) -> str:
    if not any(hold.state == "placed" for hold, _ in detail.holds):
        return "No invoice is held because of this."
    waiting = next((one for one in detail.requests if one.state == "pending"), None)
    return f"{waiting.requested_by} has asked; finance decides." if waiting else ""


def next_working_day(now: datetime) -> str:
    """The day a redelivery is first offered for, as the date field wants it."""
    day = timezone.localtime(now).date() + timedelta(days=1)
    while day.weekday() >= _WEEKEND:
        day += timedelta(days=1)
    return day.isoformat()
