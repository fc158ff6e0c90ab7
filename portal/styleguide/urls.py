"""Route of the style guide, outside tenants."""

from django.urls import path

from portal.styleguide import views

urlpatterns = [path("styleguide/", views.page, name="styleguide")]
