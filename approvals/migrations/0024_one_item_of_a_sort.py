"""One unique index of items takes the place of three partial ones and of that of a run's items.

An item of content had an entry in two of them, and two more when it was decided.
"""

from django.db import migrations, models
from django.db.models import Case, When


class Migration(migrations.Migration):
    dependencies = [
        ("approvals", "0023_test_environment"),
    ]

    operations = [
        migrations.AddConstraint(
            model_name="reviewitem",
            constraint=models.UniqueConstraint(
                "tenant",
                "run_id",
                "step",
                "attempt",
                Case(
                    When(kind="exception", then=1),
                    When(kind="undo", then=2),
                    When(kind__in=("draft", "recommendation", "proposal"), planted=False, then=0),
                    output_field=models.SmallIntegerField(),
                ),
                name="one_item_of_a_sort",
            ),
        ),
        migrations.RemoveConstraint(model_name="reviewitem", name="one_content_an_attempt"),
        migrations.RemoveConstraint(model_name="reviewitem", name="one_exception_an_attempt"),
        migrations.RemoveConstraint(model_name="reviewitem", name="one_undo_an_attempt"),
        migrations.RemoveIndex(model_name="reviewitem", name="item_run"),
    ]
