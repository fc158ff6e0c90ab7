"""URLs of people, invitations, grants and keys, complete: for the root of a tenant."""

from django.urls import path

from portal.people import key_views, staff_views
from portal.people import views as people

urlpatterns = [
    path("people/", people.page, name="people"),
    path("people/invite/", people.invite, name="person_invite"),
    path("people/invitations/<uuid:pk>/withdraw/", people.withdraw, name="invitation_withdraw"),
    path("people/invitations/<uuid:pk>/again/", people.invite_again, name="invitation_again"),
    path("people/<uuid:pk>/role/", people.change_role, name="person_role"),
    path("people/<uuid:pk>/leave/", people.let_go, name="person_leave"),
    path("people/<uuid:pk>/grant/", people.grant, name="person_grant"),
    path("people/<uuid:pk>/take-back/", people.take_back, name="person_take_back"),
    path("people/staff/assign/", staff_views.assign, name="staff_assign"),
    path("people/staff/<uuid:pk>/unassign/", staff_views.unassign, name="staff_unassign"),
    path("people/keys/make/", key_views.make_key, name="key_make"),
    path("people/keys/<uuid:pk>/revoke/", key_views.revoke_key, name="key_revoke"),
]
