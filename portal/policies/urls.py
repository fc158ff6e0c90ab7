"""URLs of policies, working hours, the take-back time and absences."""

from django.urls import path

from portal.policies import views as policies

urlpatterns = [
    path("policies/", policies.page, name="policies"),
    path("policies/add/", policies.add, name="policy_add"),
    path("policies/preview/", policies.preview, name="policy_preview"),
    path("policies/hours/", policies.working_hours, name="policy_hours"),
    path("policies/take-back/", policies.take_back, name="policy_take_back"),
    path("policies/away/", policies.away, name="policy_away"),
    path("policies/away/<uuid:pk>/end/", policies.back, name="policy_back"),
    path("policies/<uuid:pk>/", policies.edit, name="policy"),
    path("policies/<uuid:pk>/remove/", policies.remove, name="policy_remove"),
    path("policies/<uuid:pk>/up/", policies.move_up, name="policy_up"),
]
