"""The journal: append-only, partitioned by month with a default partition so that no entry is ever refused."""

from django.db import migrations, models

import apps.journal.ids
import apps.journal.models

TABLE = """
CREATE TABLE journal_entry (
    id bigint GENERATED ALWAYS AS IDENTITY,
    public_id uuid NOT NULL,
    xid xid8 NOT NULL DEFAULT pg_current_xact_id(),
    at timestamptz NOT NULL DEFAULT now(),
    kind varchar(60) NOT NULL,
    version smallint NOT NULL,
    subject varchar(64) NOT NULL,
    payload jsonb NOT NULL,
    correlation_id varchar(64) NOT NULL,
    actor varchar(80) NOT NULL,
    company_id bigint,
    warehouse_id bigint,
    customer_id bigint,
    PRIMARY KEY (id, at)
) PARTITION BY RANGE (at);
CREATE TABLE journal_entry_default PARTITION OF journal_entry DEFAULT;
CREATE INDEX journal_entry_read ON journal_entry (xid, id);
CREATE INDEX journal_entry_subject ON journal_entry (subject, id);
CREATE INDEX journal_entry_correlation ON journal_entry (correlation_id, id);
CREATE FUNCTION journal_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'the journal is append-only'; END $$;
CREATE TRIGGER journal_append_only BEFORE UPDATE OR DELETE ON journal_entry
    FOR EACH ROW EXECUTE FUNCTION journal_refuse_change();
"""
DROP = "DROP TABLE journal_entry; DROP FUNCTION journal_refuse_change();"


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.RunSQL(TABLE, DROP),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(primary_key=True, serialize=False)),
                ("public_id", apps.journal.ids.PublicIdField("ent", editable=False, unique=False)),
                ("xid", apps.journal.models.XidField()),
                ("at", models.DateTimeField()),
                ("kind", models.CharField(max_length=60)),
                ("version", models.PositiveSmallIntegerField()),
                ("subject", models.CharField(max_length=64)),
                ("payload", models.JSONField()),
                ("correlation_id", models.CharField(max_length=64)),
                ("actor", models.CharField(max_length=80)),
                ("company_id", models.BigIntegerField(null=True)),
                ("warehouse_id", models.BigIntegerField(null=True)),
                ("customer_id", models.BigIntegerField(null=True)),
            ],
            options={"db_table": "journal_entry", "managed": False},
        ),
    ]
