from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0007_limits"),
    ]

    operations = [
        migrations.RemoveIndex(model_name="run", name="run_under_way"),
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("ended_at", None)),
                fields=["tenant", "id"],
                name="run_under_way",
            ),
        ),
    ]
