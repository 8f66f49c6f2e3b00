"""The edge under /api/v1/."""

from django.urls import re_path

from apps.integrations import api, facts_api, replay_api
from apps.integrations.odoo.command import api as command_api
from apps.integrations.odoo.command import steering
from apps.integrations.odoo.hooks import hook
from apps.integrations.outgoing.api_urls import urlpatterns as outgoing

urlpatterns = [
    re_path(
        r"^messages/(?P<message_id>msg_[0-9a-f]{32})/?$",
        api.MessageView.as_view(),
        name="api-message",
    ),
    re_path(
        r"^messages/(?P<message_id>msg_[0-9a-f]{32})/replay/?$",
        api.ReplayView.as_view(),
        name="api-message-replay",
    ),
    re_path(
        r"^messages/(?P<message_id>msg_[0-9a-f]{32})/acknowledgement/?$",
        api.AcknowledgementView.as_view(),
        name="api-message-acknowledgement",
    ),
    re_path(r"^commands/?$", command_api.CommandsView.as_view(), name="api-commands"),
    re_path(
        r"^commands/new/(?P<kind>[^/]{1,60})/(?P<record>[^/]{1,60})/?$",
        command_api.NewCommandView.as_view(),
        name="api-command-new",
    ),
    re_path(
        r"^commands/(?P<command_id>[^/]{1,60})/?$",
        command_api.CommandView.as_view(),
        name="api-command",
    ),
    re_path(
        r"^commands/(?P<command_id>[^/]{1,60})/retry/?$",
        command_api.SteerView.as_view(),
        name="api-command-retry",
    ),
    re_path(
        r"^commands/(?P<command_id>[^/]{1,60})/abandon/?$",
        command_api.SteerView.as_view(verb=steering.abandon, asks_why=True),
        name="api-command-abandon",
    ),
    re_path(
        r"^commands/(?P<command_id>[^/]{1,60})/by-hand/?$",
        command_api.SteerView.as_view(verb=steering.done_by_hand, asks_why=True),
        name="api-command-by-hand",
    ),
    *outgoing,
    re_path(r"^replays/?$", replay_api.ReplaysView.as_view(), name="api-replays"),
    re_path(
        r"^replays/(?P<job_id>[^/]{1,60})/?$", replay_api.ReplayView.as_view(), name="api-replay"
    ),
    re_path(r"^facts/?$", facts_api.FactsView.as_view(), name="api-facts"),
    re_path(r"^planning/?$", facts_api.PlanningView.as_view(), name="api-planning"),
    re_path(r"^odoo/(?P<token>[\w-]{20,80})/?$", hook, name="api-odoo-hook"),
    re_path(r"^messages/(?P<partner>[^/]{1,200})/?$", api.receive_message, name="api-receive"),
]
