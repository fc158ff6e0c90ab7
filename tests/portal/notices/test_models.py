"""What the database holds of notices: one a key, one a person and item, and how they may move."""

from datetime import UTC, datetime
from typing import Any
from uuid import UUID

import pytest
from django.db import IntegrityError, transaction

from portal.notices.batching import Wish
from portal.notices.models import NOTICE, Device, Notice, NoticePreference, Told
from tests.approvals.put_up import put_up
from tests.approvals.unsaved import NOBODY
from tests.lanes import open_lane

NOON = datetime(2026, 11, 17, 12, tzinfo=UTC)


def refused(constraint: str) -> Any:
    return pytest.raises(IntegrityError, match=constraint)


def test_a_notice_is_sent_failed_or_in_doubt_in_the_end() -> None:
    assert {status for status, _ in NOTICE.choices} == {
        "owed",
        "sending",
        "sent",
        "failed",
        "in_doubt",
    }


def test_a_person_without_a_choice_hears_of_each_and_of_digests_twice_a_day() -> None:
    preference = NoticePreference(tenant_id=NOBODY, person_id=UUID(int=1), gathered_at=NOON)
    assert preference.wish() == Wish("each", ("09:00", "14:00"), 4, NOON)


@pytest.mark.django_db
def test_a_notice_and_a_preference_are_one_each() -> None:
    with open_lane() as lane:
        owner = lane.client.owner
        NoticePreference.objects.all().delete()
        NoticePreference.objects.create(person=owner)
        with refused("one_preference_a_person"), transaction.atomic():
            NoticePreference.objects.create(person=owner)
        with refused("at_least_one_notice"), transaction.atomic():
            NoticePreference.objects.create(person=lane.client.viewer, most=0)
        given = {"kind": "trial", "to": owner.email, "object_id": owner.pk}
        assert str(Notice.objects.create(**given, key="a")) == f"trial to {owner.email}"
        Notice.objects.create(**given, key="b")
        with refused("one_notice_a_key"), transaction.atomic():
            Notice.objects.create(**given, key="a")


@pytest.mark.django_db
def test_a_person_is_told_of_an_item_once_and_has_a_device_once() -> None:
    with open_lane() as lane:
        item, owner = put_up(lane), lane.client.owner
        notice = Notice.objects.create(kind="item", to=owner.email, object_id=item.pk, key="a")
        Told.objects.create(person=owner, item=item, notice=notice)
        Told.objects.create(person=lane.client.approver, item=item, notice=notice)
        with refused("told_once"), transaction.atomic():
            Told.objects.create(person=owner, item=item, notice=notice)
        given = {"person": owner, "label": "phone", "endpoint": "https://e.example/1"}
        Device.objects.create(**given, fingerprint="a")
        with refused("one_device_an_endpoint"), transaction.atomic():
            Device.objects.create(**given, fingerprint="a")
