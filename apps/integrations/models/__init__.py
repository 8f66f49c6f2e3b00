"""The edge: partners and their messages, mappings, and what goes out."""

from apps.integrations.models.acknowledgements import Acknowledgement
from apps.integrations.models.commands import (
    Command,
    CommandAttempt,
    FlowMode,
    OdooGuard,
    OdooHook,
    OutboundMail,
    Wakeup,
)
from apps.integrations.models.connections import OdooConnection, OdooServer
from apps.integrations.models.counterfactuals import Compensation, Difference
from apps.integrations.models.facts import Fact
from apps.integrations.models.jobs import Job, JobFault
from apps.integrations.models.mappings import Mapping, MappingCode, MappingState, UnmappedCode
from apps.integrations.models.messages import (
    Drain,
    Message,
    MessageBody,
    MessageCount,
    Refusal,
    Repetition,
)
from apps.integrations.models.outgoing import (
    Delivery,
    DeliveryAttempt,
    Subscription,
    SubscriptionSecret,
)
from apps.integrations.models.partners import (
    Partner,
    PartnerSecret,
    Switch,
    SwitchTurn,
)
from apps.integrations.models.polling import (
    Breaker,
    Circuit,
    Poll,
    PollAuth,
    PolledPackage,
    PollWhen,
    WhenOpen,
)

__all__ = [
    "Acknowledgement",
    "Breaker",
    "Circuit",
    "Command",
    "CommandAttempt",
    "Compensation",
    "Delivery",
    "DeliveryAttempt",
    "Difference",
    "Drain",
    "Fact",
    "FlowMode",
    "Job",
    "JobFault",
    "Mapping",
    "MappingCode",
    "MappingState",
    "Message",
    "MessageBody",
    "MessageCount",
    "OdooConnection",
    "OdooGuard",
    "OdooHook",
    "OdooServer",
    "OutboundMail",
    "Partner",
    "PartnerSecret",
    "Poll",
    "PollAuth",
    "PollWhen",
    "PolledPackage",
    "Refusal",
    "Repetition",
    "Subscription",
    "SubscriptionSecret",
    "Switch",
    "SwitchTurn",
    "UnmappedCode",
    "Wakeup",
    "WhenOpen",
]
