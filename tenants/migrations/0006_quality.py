import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("tenants", "0005_take_back"),
    ]

    operations = [
        migrations.AddField(
            model_name="tenant",
            name="planting_agreed_at",
            field=models.DateTimeField(editable=False, null=True),
        ),
        migrations.AddField(
            model_name="tenant",
            name="planting_agreed_by",
            field=models.ForeignKey(
                db_index=False,
                editable=False,
                null=True,
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="tenant",
            name="second_looks",
            field=models.PositiveSmallIntegerField(
                db_default=0,
                default=0,
                editable=False,
                help_text="So many of a hundred accepted items are looked at again.",
            ),
        ),
        migrations.AddConstraint(
            model_name="tenant",
            constraint=models.CheckConstraint(
                condition=models.Q(("second_looks__lte", 20)), name="few_second_looks"
            ),
        ),
        migrations.AddConstraint(
            model_name="tenant",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("planting_agreed_at", None), ("planting_agreed_by", None)),
                    models.Q(
                        ("planting_agreed_at__isnull", False), ("planting_agreed_by__isnull", False)
                    ),
                    _connector="OR",
                ),
                name="agreed_means_who_and_when",
            ),
        ),
    ]
