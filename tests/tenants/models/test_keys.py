"""Keys and secrets are named, and each name is one row of a client."""

from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from tenants.models import ApiKey, Secret
from tenants.scope import tenant_scope
from tests.world import make_world


def test_a_key_is_told_by_its_name_and_the_beginning_of_its_text() -> None:
    key = ApiKey(tenant_id=UUID(int=1), name="shop", prefix="hr_12345678")
    assert str(key) == "shop (hr_12345678…)"
    assert str(Secret(tenant_id=UUID(int=1), name="shop-key")) == "shop-key"


@pytest.mark.django_db
def test_a_clients_secret_is_one_by_its_name() -> None:
    world = make_world()
    for client in (world.harbor, world.quill):
        with tenant_scope(client.tenant.pk):
            Secret.objects.create(name="shop-key", ciphertext=b"x")
            with pytest.raises(IntegrityError, match="secret_name"), transaction.atomic():
                Secret.objects.create(name="shop-key", ciphertext=b"y")
