"""Addresses of dead letters and replays."""

from django.urls import path

from apps.integrations import replay_views

urlpatterns = [
    path("integrations/dead-letters/", replay_views.letters, name="dead_letters"),
    path("integrations/dead-letters/<str:message_id>/", replay_views.letter, name="dead_letter"),
    path("integrations/replays/", replay_views.replays, name="replays"),
    path("integrations/replays/plan/", replay_views.replay_plan, name="replay_plan"),
    path("integrations/replays/<str:job_id>/", replay_views.replay, name="replay"),
    path(
        "integrations/replays/<str:job_id>/carry-out/",
        replay_views.replay_carry_out,
        name="replay_carry_out",
    ),
]
