"""The edge under /api/v1/."""

from django.urls import re_path

from apps.integrations import api
from apps.integrations.odoo.hooks import hook

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
    re_path(r"^odoo/(?P<token>[\w-]{20,80})/?$", hook, name="api-odoo-hook"),
    re_path(r"^messages/(?P<partner>[^/]{1,200})/?$", api.receive_message, name="api-receive"),
]
