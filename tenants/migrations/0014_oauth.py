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
        ("tenants", "0013_secret_uses"),
    ]

    operations = [
        migrations.AddField(
            model_name="secret",
            name="former",
            field=models.BinaryField(null=True),
        ),
        migrations.AddField(
            model_name="secret",
            name="former_until",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="secret",
            name="former_used_on",
            field=models.DateField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="secret",
            name="kind",
            field=models.CharField(
                blank=True, db_default="", default="", editable=False, max_length=5
            ),
        ),
        migrations.CreateModel(
            name="OAuthConnection",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=tenants.ids.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("server", models.CharField(blank=True, default="", max_length=20)),
                ("address", models.CharField(max_length=500)),
                (
                    "grant",
                    models.CharField(
                        choices=[
                            ("code", "A person signs in"),
                            ("client", "Handrail signs in itself"),
                        ],
                        default="code",
                        max_length=6,
                    ),
                ),
                ("issuer", models.CharField(blank=True, default="", max_length=500)),
                ("is_issuer_given", models.BooleanField(default=False)),
                ("sends_resource", models.BooleanField(default=True)),
                ("wanted_scope", models.CharField(blank=True, default="", max_length=1000)),
                ("client_id", models.CharField(blank=True, default="", max_length=500)),
                ("client_kind", models.CharField(blank=True, default="", max_length=10)),
                ("client_secret", models.BinaryField(null=True)),
                ("client_auth", models.CharField(blank=True, default="", max_length=20)),
                ("metadata", models.JSONField(default=dict, editable=False)),
                ("state", models.CharField(default="new", editable=False, max_length=10)),
                ("problem", models.TextField(blank=True, default="", editable=False)),
                ("made_at", models.DateTimeField(default=tenants.clock.now, editable=False)),
                ("connected_at", models.DateTimeField(editable=False, null=True)),
                ("ended_at", models.DateTimeField(editable=False, null=True)),
                ("access", models.BinaryField(null=True)),
                ("refresh", models.BinaryField(null=True)),
                (
                    "scope",
                    models.CharField(blank=True, default="", editable=False, max_length=1000),
                ),
                ("expires_at", models.DateTimeField(editable=False, null=True)),
                ("renewed_at", models.DateTimeField(editable=False, null=True)),
                ("checked_at", models.DateTimeField(editable=False, null=True)),
                ("generation", models.IntegerField(default=0, editable=False)),
                ("failures", models.IntegerField(default=0, editable=False)),
                ("attempt", models.BinaryField(null=True)),
                (
                    "attempt_hash",
                    models.CharField(blank=True, default="", editable=False, max_length=64),
                ),
                ("attempt_until", models.DateTimeField(editable=False, null=True)),
                (
                    "attempt_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "connected_by",
                    models.ForeignKey(
                        editable=False,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "secret",
                    tenants.models.base.TenantForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="tenants.secret",
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
                        fields=("tenant", "secret"), name="one_connection_of_secret"
                    ),
                    models.UniqueConstraint(
                        condition=models.Q(("attempt_hash", ""), _negated=True),
                        fields=("tenant", "attempt_hash"),
                        name="connection_attempt",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            (
                                "state__in",
                                (
                                    "new",
                                    "looking",
                                    "ready",
                                    "exchanging",
                                    "connected",
                                    "lost",
                                    "ended",
                                ),
                            )
                        ),
                        name="connection_state_is_known",
                    ),
                    models.CheckConstraint(
                        condition=models.Q(
                            models.Q(("state", "connected"), _negated=True),
                            models.Q(
                                ("access__isnull", False), models.Q(("issuer", ""), _negated=True)
                            ),
                            _connector="OR",
                        ),
                        name="connected_with_a_token_of_an_issuer",
                    ),
                ],
            },
        ),
        BuildWall("OAuthConnection", provider_reads=False),
    ]
