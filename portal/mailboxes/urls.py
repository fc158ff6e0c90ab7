"""URLs of mailboxes. Paths are complete: include this at the root of a tenant."""

from django.urls import path

from portal.mailboxes import views as mailboxes

urlpatterns = [
    path("mailboxes/", mailboxes.listing, name="mailboxes"),
    path("add-mailbox/", mailboxes.add, name="mailbox_add"),
    path("mailboxes/<slug:name>/", mailboxes.page, name="mailbox"),
    path("mailboxes/<slug:name>/check/", mailboxes.check, name="mailbox_check"),
]
