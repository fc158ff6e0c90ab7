"""URLs of the provider's budgets, outside tenants: part of the root URLs."""

from django.urls import path

from portal.budgets import provider_views as views

urlpatterns = [
    path("desk/budgets/", views.page, name="provider_budgets"),
    path("desk/budgets/add/", views.add, name="provider_budget_add"),
    path("desk/budgets/<uuid:pk>/", views.change, name="provider_budget"),
    path("desk/budgets/<uuid:pk>/remove/", views.remove, name="provider_budget_remove"),
]
