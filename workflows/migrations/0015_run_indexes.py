from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("workflows", "0014_mail_waits"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="run",
            index=models.Index(
                condition=models.Q(("rerun_of__isnull", False)),
                fields=["tenant", "rerun_of"],
                name="run_rerun_of",
            ),
        ),
        migrations.AddIndex(
            model_name="steprun",
            index=models.Index(
                condition=models.Q(("replaced_at__isnull", False)),
                fields=["tenant", "run"],
                name="step_replaced",
            ),
        ),
    ]
