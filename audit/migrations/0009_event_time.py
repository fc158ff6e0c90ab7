"""No event and no seal with a time of the app's choosing: the database looks at its own clock."""

from django.db import migrations

from audit.event_time import CHECK_TIME, TABLES

TRIGGER = (
    "CREATE TRIGGER {0}_time BEFORE INSERT ON {0} "
    "FOR EACH ROW EXECUTE FUNCTION handrail_check_time()"
)


class Migration(migrations.Migration):
    dependencies = [("audit", "0008_verbs_review")]

    operations = [
        migrations.RunSQL(CHECK_TIME, "DROP FUNCTION handrail_check_time()"),
        *(
            migrations.RunSQL(TRIGGER.format(table), f"DROP TRIGGER {table}_time ON {table}")
            for table in TABLES
        ),
    ]
