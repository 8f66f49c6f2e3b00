"""Who drains the inbox: a row that is left behind tells that a worker died with a batch in its hands."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("integrations", "0003_command_note")]

    operations = [
        migrations.CreateModel(
            name="Drain",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("began_at", models.DateTimeField()),
            ],
        ),
    ]
