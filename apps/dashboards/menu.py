"""The rail: which rooms a person may enter, and the queue's ready-made views."""

from dataclasses import dataclass

from django.http import HttpRequest
from django.urls import NoReverseMatch, reverse

from apps.accounts.models import User


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the rail. `count_id` is the DOM id its live count is swapped by."""

    label: str
    url: str
    icon: str
    group: str
    current: bool
    count: int | None = None
    count_id: str = ""


_ROOMS = (
    # url name, label, icon, group, permission, key of the count
    ("tower", "Tower", "tower", "Work", "tower.see", ""),
    ("queue", "Queue", "queue", "Work", "queue.see", "queue"),
    ("approvals", "Approvals", "approvals", "Work", "approvals.see", "approvals"),
    ("orders", "Orders", "orders", "Look up", "orders.see", ""),
    ("shipments", "Shipments", "shipments", "Look up", "shipments.see", ""),
    ("supplies", "Supply", "supply", "Look up", "supplies.see", ""),
    # What waits there its own room knows: the page asks it (base.html), nothing is counted here.
    ("integrations", "Integrations", "integrations", "Look up", "integrations.see", "integrations"),
)

VIEWS = (
    ("mine", "Mine"),
    ("unassigned", "Unassigned"),
    ("breaching", "Breaching in 1 h"),
    ("carrier", "Waiting on carrier"),
    ("customer", "Waiting on customer"),
)


def entries_for(user: User, path: str, counts: dict[str, int]) -> list[Entry]:
    """The rooms of the rail in their order; one whose page does not exist (yet) is left out."""
    found = []
    for name, label, icon, group, permission, count in _ROOMS:
        if not user.may(permission):
            continue
        try:
            url = reverse(name)
        except NoReverseMatch:
            continue
        current = path == url if url == "/" else path.startswith(url)
        found.append(
            Entry(
                label,
                url,
                icon,
                group,
                current,
                counts.get(count),
                f"count-{count}" if count else "",
            )
        )
    return found


def views_for(user: User, request: HttpRequest, counts: dict[str, int]) -> list[Entry]:
    """The queue's ready-made views, for those who see the queue."""
    if not user.may("queue.see"):
        return []
    queue = reverse("queue")
    chosen = request.GET.get("view", "") if request.path.startswith(queue) else ""
    return [
        Entry(
            label,
            f"{queue}?view={slug}",
            "",
            "Views",
            slug == chosen,
            counts.get(slug),
            f"count-{slug}",
        )
        for slug, label in VIEWS
    ]
