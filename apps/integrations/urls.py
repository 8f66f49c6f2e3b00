"""The integration screens and the addresses that operations asks."""

from django.urls import path

from apps.integrations import (
    by_hand_views,
    health,
    job_views,
    metrics,
    partner_views,
    poll_views,
    rule_views,
    runbook_views,
    views,
)
from apps.integrations.mappings.urls import urlpatterns as mappings
from apps.integrations.odoo import connection_views
from apps.integrations.odoo import views as odoo_views
from apps.integrations.odoo.command import views as command_views
from apps.integrations.odoo.linked import views as linked_views
from apps.integrations.outgoing.urls import urlpatterns as outgoing
from apps.integrations.replay_urls import urlpatterns as replays

urlpatterns = [
    path("integrations/", views.integrations, name="integrations"),
    path("integrations/messages/", views.messages, name="messages"),
    path("integrations/messages/heads.csv", views.message_heads, name="message_heads"),
    path("integrations/messages/<str:message_id>/", views.message, name="message"),
    path("integrations/messages/<str:message_id>/raw", views.message_raw, name="message-raw"),
    path(
        "integrations/messages/<str:message_id>/replay", views.message_replay, name="message-replay"
    ),
    path("integrations/commands/", views.commands, name="commands"),
    path("integrations/commands/on/<str:record>/", command_views.commands_on, name="commands_on"),
    path(
        "integrations/commands/new/<str:kind>/<str:record>/",
        command_views.command_new,
        name="command_new",
    ),
    path("integrations/commands/<str:command_id>/", views.command, name="command"),
    path(
        "integrations/commands/<str:command_id>/<str:step>/",
        command_views.command_step,
        name="command_step",
    ),
    path(
        "integrations/decisions/<str:cause>/take-back/",
        odoo_views.take_back,
        name="decision_take_back",
    ),
    path(
        "integrations/decisions/<str:cause>/send-again/",
        odoo_views.send_again,
        name="decision_send_again",
    ),
    path("integrations/jobs/", job_views.job_list, name="jobs"),
    path("integrations/jobs/<str:job_id>/", job_views.job_page, name="job"),
    path("integrations/jobs/<str:job_id>/faults.csv", job_views.job_faults, name="job_faults"),
    path("integrations/jobs/<str:job_id>/cancel/", job_views.job_cancel, name="job_cancel"),
    path("integrations/jobs/<str:job_id>/retry/", job_views.job_retry, name="job_retry"),
    path(
        "integrations/by-hand/<str:package_id>/",
        by_hand_views.record_by_hand,
        name="record_by_hand",
    ),
    path("integrations/imports/new/", job_views.import_new, name="import_new"),
    path("integrations/linked/<str:record>/", linked_views.linked_on, name="linked_on"),
    path(
        "integrations/linked/<str:record>/<int:odoo_id>/",
        linked_views.linked_file,
        name="linked_file",
    ),
    path("integrations/odoo/", connection_views.odoo, name="odoo"),
    path(
        "integrations/odoo/<str:connection>/",
        connection_views.odoo,
        name="odoo_connection",
    ),
    path(
        "integrations/odoo/<str:connection>/differences/",
        connection_views.differences,
        name="odoo_differences",
    ),
    path(
        "integrations/odoo/<str:connection>/reconcile/",
        connection_views.reconcile_now,
        name="odoo_reconcile_now",
    ),
    *mappings,
    *outgoing,
    *replays,
    path("integrations/ownership/", rule_views.ownership, name="ownership"),
    path("integrations/ownership/<str:line>/", rule_views.ownership_line, name="ownership_line"),
    path(
        "integrations/ownership/<str:line>/change/",
        rule_views.ownership_change,
        name="ownership_change",
    ),
    path("integrations/partners/", partner_views.partner_list, name="partners"),
    path("integrations/partners/new/", partner_views.partner_new, name="partner_new"),
    path("integrations/partners/<slug:slug>/", partner_views.partner, name="partner"),
    path(
        "integrations/partners/<slug:slug>/settings/",
        partner_views.partner_settings,
        name="partner_settings",
    ),
    path("integrations/partners/<slug:slug>/polling/", poll_views.polling, name="polling"),
    path(
        "integrations/partners/<slug:slug>/polling/change/",
        poll_views.polling_change,
        name="polling_change",
    ),
    path(
        "integrations/partners/<slug:slug>/polling/breaker/",
        poll_views.polling_breaker,
        name="polling_breaker",
    ),
    path("integrations/incidents/<str:case_id>/", poll_views.incident, name="incident"),
    path("integrations/runbooks/<str:kind>/", runbook_views.runbook, name="runbook"),
    path(
        "integrations/partners/<slug:slug>/switch/",
        partner_views.partner_switch,
        name="partner_switch",
    ),
    path(
        "integrations/partners/<slug:slug>/secrets/",
        partner_views.partner_rotate,
        name="partner_rotate",
    ),
    path(
        "integrations/partners/<slug:slug>/secrets/<int:secret>/retire/",
        partner_views.partner_retire,
        name="partner_retire",
    ),
    path("integrations/partners/<slug:slug>/try/", partner_views.partner_try, name="partner_try"),
    path(
        "integrations/partners/<slug:partner>/kind/", rule_views.partner_kind, name="partner_kind"
    ),
    path("integrations/event-types/", rule_views.event_types, name="event_types"),
    path("integrations/names/", rule_views.names, name="names"),
    path("integrations/flows/", rule_views.flow_table, name="flows"),
    path("integrations/stages/", rule_views.stage_tables, name="stages"),
    path("integrations/refusals/", views.refusals, name="refusals"),
    path("integrations/correlations/<str:correlation_id>/", views.correlation, name="correlation"),
    path("healthz", health.alive, name="healthz"),
    path("readyz", health.ready, name="readyz"),
    path("metrics", metrics.told, name="metrics"),
]
