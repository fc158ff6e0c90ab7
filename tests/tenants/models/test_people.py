"""People are one by their address, and have the names they are called by."""

import pytest
from django.contrib.auth.models import Group
from django.db import IntegrityError, transaction

from tenants import clock
from tenants.models import Assignment, Invitation, Membership, Tenant, User
from tests.world import make_world


@pytest.mark.parametrize(
    ("name", "full", "short"),
    [("Mia Chen", "Mia Chen", "Mia"), ("Mia", "Mia", "Mia"), ("", "m@x.example", "m@x.example")],
)
def test_a_person_is_called_by_their_name_or_else_their_address(
    name: str, full: str, short: str
) -> None:
    user = User(name=name, email="m@x.example")
    assert (str(user), user.get_full_name(), user.get_short_name()) == (full, full, short)


def test_rows_say_who_is_what_where() -> None:
    user, tenant = User(name="Mia", email="m@x.example"), Tenant(name="Harbor & Pine")
    assert str(Membership(user=user, tenant=tenant, role="owner")) == "Mia (Owner)"
    assert str(Assignment(user=user, tenant=tenant)) == "Mia looks after Harbor & Pine"
    assert str(Invitation(email="m@x.example", tenant=tenant)) == "m@x.example to Harbor & Pine"


@pytest.mark.django_db
def test_an_address_is_one_person_whatever_its_case() -> None:
    made = User.objects.create_user("Mia@X.Example", "correct horse battery staple")
    assert made.email == "mia@x.example"
    assert made.check_password("correct horse battery staple")
    assert User.objects.get_by_natural_key("MIA@x.example") == made
    assert not User.objects.create_user("two@x.example").has_usable_password()
    with pytest.raises(IntegrityError, match="user_email_any_case"), transaction.atomic():
        User.objects.create(email="MIA@x.example")


@pytest.mark.django_db
def test_the_database_keeps_a_staff_role_for_staff() -> None:
    with pytest.raises(IntegrityError, match="only_staff_have"), transaction.atomic():
        User.objects.create(email="mia@x.example", staff_role="admin")


@pytest.mark.django_db
def test_the_database_keeps_one_open_invitation_of_an_address() -> None:
    client = make_world().harbor
    made = {"tenant": client.tenant, "role": "viewer", "invited_by": client.owner}
    made["expires_at"] = clock.now()
    first = Invitation.objects.create(email="mia@x.example", **made)
    with pytest.raises(IntegrityError, match="one_open_invitation"), transaction.atomic():
        Invitation.objects.create(email="MIA@x.example", **made)
    first.withdrawn_at = clock.now()
    first.save()
    assert Invitation.objects.create(email="MIA@x.example", **made).pk != first.pk


@pytest.mark.django_db
def test_a_group_gives_by_id_only_a_person_who_is_in_it() -> None:
    group, user = Group.objects.create(name="Some"), User.objects.create_user("mia@x.example")
    with pytest.raises(User.DoesNotExist):
        group.user_set.get(pk=user.pk)
    group.user_set.add(user)
    assert group.user_set.get(pk=user.pk) == user
    assert User.objects.get(pk=user.pk) == user
