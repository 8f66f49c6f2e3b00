"""What subscriptions write into the journal. Addresses and secrets stay on the rows."""

from apps.journal.kinds import Kind

SUBSCRIPTION_ADDED = Kind(
    "subscription.added",
    1,
    "An address hears of events from now on.",
    {"audience": "tower or customer", "kinds": "names of the kinds, empty for all"},
)
SUBSCRIPTION_CHANGED = Kind(
    "subscription.changed",
    1,
    "A subscription was changed, paused, resumed or removed, or got another secret.",
    {"changed": "names of what changed; never a value"},
)
SUBSCRIPTION_DISABLED = Kind(
    "subscription.disabled",
    1,
    "The tower no longer calls an address; a case says why.",
    {"reason": "gone (410), exhausted or owner"},
)
DELIVERY_DEAD = Kind(
    "delivery.dead",
    1,
    "A receiver did not take an event within three days; it is kept and can be replayed.",
    {
        "subscription": "public id",
        "kind": "kind of the event",
        "attempts": "how many tries",
        "http_status": "of the last answer, or null",
    },
)
DELIVERIES_REPLAYED = Kind(
    "subscription.replayed",
    1,
    "Somebody asked to send events again.",
    {"deliveries": "how many", "from": "ISO 8601 or null", "to": "ISO 8601 or null"},
)
