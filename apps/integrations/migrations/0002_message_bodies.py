"""Message bodies, partitioned by month, with a default partition so that no message is ever refused for its date.

Heads stay one ordinary table (unique partner + key). The first message under a key is named by the conflicts
that came after it, and fates are counted by day so that screens and metrics never count heads.
"""

import django.db.models.deletion
from django.db import migrations, models

TABLE = """
CREATE TABLE integrations_messagebody (
    message_id bigint NOT NULL,
    received_at timestamptz NOT NULL,
    headers jsonb NOT NULL,
    raw bytea NOT NULL
) PARTITION BY RANGE (received_at);
CREATE TABLE integrations_messagebody_default PARTITION OF integrations_messagebody DEFAULT;
CREATE INDEX integrations_messagebody_message ON integrations_messagebody (message_id);
"""
DROP = "DROP TABLE integrations_messagebody;"


class Migration(migrations.Migration):
    dependencies = [("integrations", "0001_initial"), ("journal", "0001_journal")]
    operations = [
        migrations.RunSQL(TABLE, DROP),
        migrations.RemoveField("message", "replay_of"),
        migrations.AddField(
            "message",
            "first",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="+",
                to="integrations.message",
            ),
        ),
        migrations.CreateModel(
            name="MessageCount",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("day", models.DateField()),
                (
                    "status",
                    models.CharField(
                        choices=[
                            ("received", "Received"),
                            ("processed", "Processed"),
                            ("duplicate", "Duplicate"),
                            ("conflict", "Conflict"),
                            ("rejected", "Rejected"),
                            ("dead", "Dead"),
                        ],
                        max_length=10,
                    ),
                ),
                ("messages", models.PositiveBigIntegerField(default=0)),
                ("events", models.PositiveBigIntegerField(default=0)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="counts",
                        to="integrations.partner",
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            "messagecount",
            models.UniqueConstraint(fields=("partner", "day", "status"), name="message_count_once"),
        ),
    ]
