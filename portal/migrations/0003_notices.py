import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import portal.notices.batching
import tenants.clock
import tenants.ids
import tenants.models.base
import tenants.scope
from tenants.wall import BuildWall


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0011_take_back"),
        ("portal", "0002_wall"),
        ("tenants", "0005_take_back"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Device",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("label", models.CharField(max_length=80)),
                ("endpoint", models.TextField()),
                (
                    "fingerprint",
                    models.CharField(help_text="SHA-256 of the endpoint.", max_length=64),
                ),
                ("p256dh", models.CharField(max_length=100)),
                ("auth", models.CharField(max_length=40)),
                ("made_at", models.DateTimeField(default=tenants.clock.now)),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        default=tenants.scope.current_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="NoticePreference",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                (
                    "how",
                    models.CharField(
                        choices=[
                            ("each", "Each one as it comes"),
                            ("digest", "Together, at set times"),
                            ("urgent", "Only what is urgent"),
                            ("none", "Nothing"),
                        ],
                        default="each",
                        max_length=8,
                    ),
                ),
                ("times", models.JSONField(default=portal.notices.batching.default_times)),
                ("most", models.PositiveSmallIntegerField(default=4, help_text="Notices an hour.")),
                (
                    "via",
                    models.CharField(
                        choices=[("mail", "E-mail"), ("chat", "Chat")], default="mail", max_length=8
                    ),
                ),
                ("chat", models.CharField(blank=True, max_length=40)),
                (
                    "problem",
                    models.CharField(blank=True, help_text="Why chat failed last.", max_length=300),
                ),
                (
                    "gathered_at",
                    models.DateTimeField(
                        default=tenants.clock.now, help_text="Of the last digest."
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        default=tenants.scope.current_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Told",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("at", models.DateTimeField(default=tenants.clock.now)),
                (
                    "item",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="approvals.reviewitem",
                    ),
                ),
                (
                    "notice",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="told",
                        to="portal.notice",
                    ),
                ),
                (
                    "person",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "tenant",
                    models.ForeignKey(
                        db_index=False,
                        default=tenants.scope.current_tenant_id,
                        editable=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.tenant",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="notice",
            name="channel",
            field=models.CharField(blank=True, max_length=8),
        ),
        migrations.AddField(
            model_name="notice",
            name="person",
            field=models.ForeignKey(
                db_index=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddIndex(
            model_name="notice",
            index=models.Index(fields=["tenant", "owed_at"], name="notice_owed"),
        ),
        migrations.AddConstraint(
            model_name="device",
            constraint=models.UniqueConstraint(
                fields=("tenant", "person", "fingerprint"), name="one_device_an_endpoint"
            ),
        ),
        migrations.AddConstraint(
            model_name="noticepreference",
            constraint=models.UniqueConstraint(
                fields=("tenant", "person"), name="one_preference_a_person"
            ),
        ),
        migrations.AddConstraint(
            model_name="noticepreference",
            constraint=models.CheckConstraint(
                condition=models.Q(("most__gte", 1)), name="at_least_one_notice"
            ),
        ),
        migrations.AddIndex(
            model_name="told",
            index=models.Index(fields=["tenant", "notice"], name="told_notice"),
        ),
        migrations.AddIndex(
            model_name="told",
            index=models.Index(fields=["tenant", "at"], name="told_at"),
        ),
        migrations.AddConstraint(
            model_name="told",
            constraint=models.UniqueConstraint(
                fields=("tenant", "item", "person"), name="told_once"
            ),
        ),
        BuildWall("Device", "NoticePreference", "Told"),
    ]
