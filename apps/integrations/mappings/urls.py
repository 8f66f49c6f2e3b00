"""The addresses of mappings and of onboarding."""

from django.urls import path

from apps.integrations.mappings import counterfactual_views, onboarding_views, views

_ONE = "integrations/mappings/<str:mapping_id>/"

urlpatterns = [
    path("integrations/mappings/", views.mapping_list, name="mappings"),
    path("integrations/mappings/new/", views.mapping_new, name="mapping_new"),
    path("integrations/mappings/unmapped/", views.unmapped_codes, name="unmapped_codes"),
    path("integrations/mappings/unmapped/map/", views.unmapped_map, name="unmapped_map"),
    path("integrations/onboarding/", onboarding_views.onboarding, name="onboarding"),
    path(
        "integrations/counterfactuals/new/",
        counterfactual_views.counterfactual_new,
        name="counterfactual_new",
    ),
    path(
        "integrations/counterfactuals/<str:job_id>/",
        counterfactual_views.counterfactual_page,
        name="counterfactual",
    ),
    path(
        "integrations/counterfactuals/<str:job_id>/replay/",
        counterfactual_views.counterfactual_replay,
        name="counterfactual_replay",
    ),
    path(
        "integrations/counterfactuals/<str:job_id>/compensate/",
        counterfactual_views.counterfactual_compensate,
        name="counterfactual_compensate",
    ),
    path(_ONE, views.mapping, name="mapping"),
    path(f"{_ONE}codes/", views.mapping_code, name="mapping_code"),
    path(f"{_ONE}codes/remove/", views.mapping_code_remove, name="mapping_code_remove"),
    path(f"{_ONE}found/", views.mapping_codes_found, name="mapping_codes_found"),
    path(f"{_ONE}rows.csv", views.mapping_csv, name="mapping_csv"),
    path(f"{_ONE}upload/", views.mapping_upload, name="mapping_upload"),
    path(f"{_ONE}layout/", onboarding_views.mapping_layout, name="mapping_layout"),
    path(f"{_ONE}test/", views.mapping_test, name="mapping_test"),
    path(f"{_ONE}submit/", views.mapping_submit, name="mapping_submit"),
    path(f"{_ONE}discard/", views.mapping_discard, name="mapping_discard"),
    path(f"{_ONE}send-back/", views.mapping_send_back, name="mapping_send_back"),
    path(f"{_ONE}approve/", views.mapping_approve, name="mapping_approve"),
    path(f"{_ONE}revert/", views.mapping_revert, name="mapping_revert"),
]
