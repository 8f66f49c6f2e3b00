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
PARTNER_CIRCUIT = Kind(
    "partner.circuit",
    1,
    "The line on which a partner is asked was opened or closed, by its failures or by a person.",
    {
        "partner": "slug",
        "state": "open, closed, free (a person takes back what was forced)",
        "why": "the last failure, or the person's reason",
    },
)
PARTNER_HEARD_BY = Kind(
    "partner.heard_by",
    1,
    "A webhook fell silent and its partner is asked instead, or it speaks again.",
    {
        "partner": "slug of who is asked",
        "by": "poll, webhook",
        "webhook": "slug of who pushes",
        "since": "when the webhook was last heard, or began to speak again, ISO 8601",
    },
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

_VERSION = {
    "format": "name of the format",
    "partner": "slug, or null for all of the format",
    "version": "its number",
}
MAPPING_SUBMITTED = Kind(
    "mapping.submitted", 1, "A draft of a mapping waits for its reviewer.", _VERSION
)
MAPPING_SENT_BACK = Kind("mapping.sent_back", 1, "A reviewer wants a draft changed.", _VERSION)
MAPPING_DISCARDED = Kind(
    "mapping.discarded", 1, "A version was given up before it came into force.", _VERSION
)
MAPPING_APPROVED = Kind(
    "mapping.approved",
    1,
    "A second person approved a version.",
    _VERSION | {"effective_from": "from when on it holds, ISO 8601"},
)
MAPPING_ACTIVATED = Kind(
    "mapping.activated",
    1,
    "A version is in force.",
    _VERSION | {"based_on": "number of the version it was made from, or null"},
)
MAPPING_REVERTED = Kind(
    "mapping.reverted",
    1,
    "An earlier version was brought back, as a new one.",
    _VERSION | {"to": "number of the earlier version", "from": "number of the one it replaces"},
)
COUNTERFACTUAL_REPLAYED = Kind(
    "counterfactual.replayed",
    1,
    "A person had the messages read again that would now say something else.",
    {"messages": "how many", "job": "public id of the job that reads them"},
)
COUNTERFACTUAL_COMPENSATED = Kind(
    "counterfactual.compensated",
    1,
    "A command makes good what another one did on a wrong reading; once for each original.",
    {"original": "public id of that command", "command": "public id of the new one"},
)
