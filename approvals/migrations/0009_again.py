from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0008_policies"),
    ]

    operations = [
        migrations.AlterField(
            model_name="decision",
            name="choice",
            field=models.CharField(
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
        migrations.AlterField(
            model_name="reviewitem",
            name="choice",
            field=models.CharField(
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
    ]
