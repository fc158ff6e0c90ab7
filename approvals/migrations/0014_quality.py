import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.clock
import tenants.ids
import tenants.models.base
import tenants.scope
from tenants.wall import BuildWall


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0013_card"),
        ("tenants", "0006_quality"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Planted",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("planted_at", models.DateTimeField(default=tenants.clock.now)),
                ("mistake", models.CharField(max_length=300)),
                ("changed", models.JSONField(default=dict)),
                (
                    "outcome",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("caught", "caught"),
                            ("missed", "missed"),
                            ("left", "taken over"),
                            ("closed", "withdrawn"),
                        ],
                        max_length=8,
                    ),
                ),
                (
                    "choice",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("accept", "accepted as written"),
                            ("correct", "accepted after an edit"),
                            ("reject", "rejected"),
                            ("take_over", "taken over"),
                            ("again", "sent back"),
                            ("resolve", "resolved"),
                            ("undo", "asked to undo"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=24)),
                ("words", models.TextField(blank=True)),
                ("at", models.DateTimeField(null=True)),
                (
                    "seconds",
                    models.PositiveIntegerField(help_text="From opening the page.", null=True),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "item",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="planted_as",
                        to="approvals.reviewitem",
                    ),
                ),
                (
                    "planted_by",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "source",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="approvals.reviewitem",
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
            name="SecondLook",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("workflow_id", models.UUIDField()),
                ("made_at", models.DateTimeField(default=tenants.clock.now)),
                ("due_at", models.DateTimeField()),
                ("at", models.DateTimeField(null=True)),
                (
                    "choice",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("accept", "accept as written"),
                            ("correct", "accept after an edit"),
                            ("reject", "reject"),
                        ],
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=24)),
                ("words", models.TextField(blank=True)),
                (
                    "seconds",
                    models.PositiveIntegerField(help_text="From opening the page.", null=True),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "item",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="second_looks",
                        to="approvals.reviewitem",
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
            model_name="proposal",
            name="planted",
            field=models.BooleanField(
                db_default=False, default=False, help_text="Of a planted item: never carried out."
            ),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="planted",
            field=models.BooleanField(
                db_default=False, default=False, help_text="A known mistake, put there to be found."
            ),
        ),
        migrations.AddConstraint(
            model_name="proposal",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("planted", False), ("status__in", ["proposed", "cancelled"]), _connector="OR"
                ),
                name="planted_is_never_approved",
            ),
        ),
        migrations.AddConstraint(
            model_name="reviewitem",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("planted", False), ("status__in", ["waiting", "cancelled"]), _connector="OR"
                ),
                name="planted_is_never_decided",
            ),
        ),
        migrations.AddIndex(
            model_name="planted",
            index=models.Index(fields=["tenant", "planted_at"], name="planted_at"),
        ),
        migrations.AddConstraint(
            model_name="planted",
            constraint=models.UniqueConstraint(fields=("tenant", "item"), name="planted_once"),
        ),
        migrations.AddConstraint(
            model_name="planted",
            constraint=models.UniqueConstraint(
                condition=models.Q(("outcome", "")), fields=("tenant",), name="one_planted_waits"
            ),
        ),
        migrations.AddConstraint(
            model_name="planted",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("by", None), ("choice", ""), ("outcome__in", ["", "closed"])),
                    models.Q(
                        ("by__isnull", False),
                        ("outcome__in", ["caught", "missed", "left"]),
                        models.Q(("choice", ""), _negated=True),
                    ),
                    _connector="OR",
                ),
                name="answered_means_a_person_and_a_choice",
            ),
        ),
        migrations.AddIndex(
            model_name="secondlook",
            index=models.Index(
                condition=models.Q(("choice", "")),
                fields=["tenant", "due_at"],
                name="second_look_open",
            ),
        ),
        migrations.AddIndex(
            model_name="secondlook",
            index=models.Index(
                condition=models.Q(("choice", ""), _negated=True),
                fields=["tenant", "at"],
                name="second_look_at",
            ),
        ),
        migrations.AddConstraint(
            model_name="secondlook",
            constraint=models.UniqueConstraint(
                fields=("tenant", "item"), name="one_second_look_an_item"
            ),
        ),
        migrations.AddConstraint(
            model_name="secondlook",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("at", None), ("by", None), ("choice", "")),
                    models.Q(
                        models.Q(("choice", ""), _negated=True),
                        ("at__isnull", False),
                        ("by__isnull", False),
                    ),
                    _connector="OR",
                ),
                name="looked_means_a_choice_a_person_and_a_time",
            ),
        ),
        BuildWall("Planted", "SecondLook"),
    ]
