"""What the edge writes into the journal."""

from apps.integrations.odoo import entries as _odoo  # noqa: F401  commands and the feed
from apps.integrations.outgoing import entries as _outgoing  # noqa: F401  subscriptions
from apps.journal.kinds import Kind

PARTNER_ADDED = Kind(
    "partner.added",
    1,
    "A partner may now post messages.",
    {"partner": "slug", "format": "name of its format"},
)
PARTNER_CHANGED = Kind(
    "partner.changed",
    1,
    "A partner's settings or its secrets changed.",
    {"partner": "slug", "changed": "names of what changed; never a value"},
)
PARTNER_SWITCHED = Kind(
    "partner.switched",
    1,
    "A partner was switched live, paused (taken in, not applied) or off (refused); why stands on its page.",
    {"partner": "slug", "switch": "live, paused, off", "was": "how it stood before"},
)
MESSAGE_REFUSED = Kind(
    "message.refused",
    1,
    "A signed message published only what its partner was not granted; nothing of it is kept but its digest.",
    {
        "partner": "slug",
        "reason": "not_granted",
        "words": "the milestones and kinds, at most 20",
        "digest": "SHA-256 of the bytes",
    },
)
MESSAGE_REJECTED = Kind(
    "message.rejected",
    1,
    "A signed message was malformed; its bytes are kept.",
    {"partner": "slug", "reason": "one of FORMATS 0.6"},
)
MESSAGE_CONFLICT = Kind(
    "message.conflict",
    1,
    "A known id came with other content; the first counts.",
    {
        "partner": "slug",
        "first": "msg_ id of the first message, or null when single events differ",
        "events": "how many events differ",
    },
)
MESSAGE_DEAD = Kind(
    "message.dead",
    1,
    "A message could not be applied after the last attempt.",
    {"partner": "slug", "reason": "why"},
)
MESSAGE_REPLAYED = Kind(
    "message.replayed", 1, "A person asked to read a message again.", {"at": "when, ISO 8601"}
)
MAIL_SENT = Kind(
    "mail.sent",
    1,
    "A request was mailed to a partner.",
    {"cause": "public id of what asked for it", "key": "Message-ID of the mail"},
)
MAIL_UNSURE = Kind(
    "mail.unsure",
    1,
    "Nobody knows whether a mail went out; it is never sent twice by itself.",
    {"cause": "public id of what asked for it", "key": "Message-ID of the mail"},
)
JOB_STARTED = Kind(
    "job.started",
    1,
    "Long work was begun, or let go on after it had failed or was cancelled.",
    {"kind": "import, replay, ..."},
)
JOB_ENDED = Kind(
    "job.ended",
    1,
    "Long work is done, has failed or was cancelled.",
    {
        "kind": "import, replay, ...",
        "state": "done, failed, cancelled",
        "done": "how many of its things it did",
        "failed": "how many it could not do",
    },
)
EVENT_RECORDED = Kind(
    "event.recorded",
    1,
    "A person recorded what a carrier's portal says of a package: manual, low trust.",
    {
        "message": "msg_ id of the message it became",
        "milestone": "what was recorded",
        "document": "public id of the screenshot, or null",
    },
)
