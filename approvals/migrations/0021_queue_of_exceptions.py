from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0020_void_permits"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="reviewitem",
            index=models.Index(
                condition=models.Q(("kind", "exception"), ("status", "waiting")),
                fields=["tenant", "due_at", "id"],
                name="queue_of_exceptions",
            ),
        ),
    ]
