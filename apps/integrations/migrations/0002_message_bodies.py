"""Message bodies, partitioned by month, with a default partition so that no message is refused for its date."""

from django.db import migrations

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
    dependencies = [("integrations", "0001_partners_messages_commands")]
    operations = [migrations.RunSQL(TABLE, DROP)]
