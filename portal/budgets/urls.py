"""URLs of a client's budgets."""

from django.urls import path

from portal.budgets import views

urlpatterns = [
    path("budgets/", views.page, name="budgets"),
    path("budgets/add/", views.add, name="budget_add"),
    path("budgets/unpriced/", views.unpriced, name="budget_unpriced"),
    path("budgets/<uuid:pk>/", views.change, name="budget"),
    path("budgets/<uuid:pk>/remove/", views.remove, name="budget_remove"),
]
