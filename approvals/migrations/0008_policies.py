import django.db.models.constraints
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import tenants.clock
import tenants.db.packed_json
import tenants.ids
import tenants.models.base
import tenants.scope
from tenants.wall import BuildWall


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0007_packed"),
        ("tenants", "0004_working"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name="permit",
            name="terms",
            field=models.CharField(
                blank=True,
                help_text="The approval policy, as id:version; empty: roles.",
                max_length=48,
            ),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="asked_by_person",
            field=models.UUIDField(
                help_text="Whoever is behind the request, where a policy sets them apart.",
                null=True,
            ),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="escalated_at",
            field=models.DateTimeField(help_text="When the backup was asked too.", null=True),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="policy_id",
            field=models.UUIDField(help_text="The policy that fits it; null: roles.", null=True),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="reminded_at",
            field=models.DateTimeField(help_text="When half its time was over.", null=True),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="stranded_at",
            field=models.DateTimeField(help_text="Since when nobody may decide it.", null=True),
        ),
        migrations.CreateModel(
            name="Absence",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("first", models.DateField()),
                ("last", models.DateField()),
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
                    "stand_in",
                    models.ForeignKey(
                        db_index=False,
                        null=True,
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
            options={
                "indexes": [models.Index(fields=["tenant", "last"], name="absence_last")],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("last__gte", models.F("first"))), name="away_ends_later"
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            ("stand_in", None),
                            models.Q(("stand_in", models.F("person")), _negated=True),
                            _connector="OR",
                        ),
                        name="stand_in_is_another",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="ItemRevision",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.PositiveSmallIntegerField()),
                ("draft", tenants.db.packed_json.PackedJSONField(default=dict)),
                ("content_hash", models.CharField(max_length=64)),
                ("changed_at", models.DateTimeField(default=tenants.clock.now)),
                ("edits", tenants.db.packed_json.PackedJSONField(default=dict)),
                ("edit_distance", models.PositiveIntegerField(default=0, help_text="In words.")),
                (
                    "changed_by",
                    models.ForeignKey(
                        db_index=False,
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
                        related_name="revisions",
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
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "item", "number"), name="one_revision_a_number"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="Policy",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.PositiveSmallIntegerField()),
                ("version", models.PositiveIntegerField(default=1)),
                ("workflow_id", models.UUIDField(null=True)),
                ("tool", models.CharField(blank=True, max_length=60)),
                (
                    "kind",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("send", "send"),
                            ("publish", "publish"),
                            ("purchase", "purchase"),
                            ("refund", "refund"),
                            ("reprice", "reprice"),
                            ("delete", "delete"),
                            ("edit", "edit"),
                            ("commit", "commit"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "over",
                    models.BigIntegerField(help_text="Minor units; amounts above it.", null=True),
                ),
                ("currency", models.CharField(max_length=3)),
                ("groups", models.JSONField()),
                (
                    "apart",
                    models.BooleanField(
                        default=False, help_text="Whoever asked for it or edited it does not count."
                    ),
                ),
                ("backup", models.JSONField(null=True)),
                ("backup_after", models.PositiveSmallIntegerField(null=True)),
                ("hours", models.PositiveSmallIntegerField(null=True)),
                ("changed_at", models.DateTimeField(default=tenants.clock.now)),
                (
                    "made_by",
                    models.ForeignKey(
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
            options={
                "verbose_name_plural": "policies",
                "constraints": [
                    models.UniqueConstraint(
                        deferrable=django.db.models.constraints.Deferrable["DEFERRED"],
                        fields=("tenant", "position"),
                        name="one_policy_a_position",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="SignOff",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("role", models.CharField(max_length=12)),
                ("at", models.DateTimeField(default=tenants.clock.now)),
                ("content_hash", models.CharField(help_text="Of what they saw.", max_length=64)),
                (
                    "seconds",
                    models.PositiveIntegerField(
                        help_text="From opening the page to signing.", null=True
                    ),
                ),
                (
                    "by",
                    models.ForeignKey(
                        db_index=False,
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
                        related_name="sign_offs",
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
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("tenant", "item", "by", "content_hash"), name="signed_once"
                    )
                ],
            },
        ),
        BuildWall("Absence"),
        BuildWall("ItemRevision"),
        BuildWall("Policy"),
        BuildWall("SignOff"),
    ]
