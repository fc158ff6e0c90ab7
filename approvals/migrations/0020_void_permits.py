from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0019_step_names"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="permit",
            index=models.Index(
                condition=models.Q(("void_because", ""), _negated=True),
                fields=["tenant", "proposal"],
                name="permit_void",
            ),
        ),
    ]
