from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0010_looking"),
        ("tenants", "0005_take_back"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RemoveConstraint(
            model_name="decision",
            name="decided_once",
        ),
        migrations.AddField(
            model_name="decision",
            name="follows_at",
            field=models.DateTimeField(
                help_text="Until then nothing follows, and it can be taken back.", null=True
            ),
        ),
        migrations.AddField(
            model_name="decision",
            name="round",
            field=models.PositiveSmallIntegerField(
                default=1, help_text="The item's when it was made."
            ),
        ),
        migrations.AddField(
            model_name="reviewitem",
            name="round",
            field=models.PositiveSmallIntegerField(
                default=1, help_text="Grows with each decision that is taken back."
            ),
        ),
        migrations.AddConstraint(
            model_name="decision",
            constraint=models.UniqueConstraint(
                fields=("tenant", "item", "round"), name="decided_once"
            ),
        ),
    ]
