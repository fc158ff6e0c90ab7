from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("workflows", "0020_kept_answers")]

    operations = [
        migrations.AddField(
            model_name="circuit",
            name="rest_until",
            field=models.DateTimeField(help_text="It asked for no call before.", null=True),
        ),
    ]
