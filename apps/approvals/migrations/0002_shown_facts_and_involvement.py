"""What deciders were shown, who had a hand in what, and a decision that nobody can change (PRODUCT.md R197, R198)."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# Not even the admin or a shell changes a decision; only TRUNCATE (a test's flush) passes a row trigger.
IMMUTABLE = """
CREATE FUNCTION approvals_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a decision is never changed'; END $$;
CREATE TRIGGER approvals_decision_immutable BEFORE UPDATE OR DELETE ON approvals_decision
    FOR EACH ROW EXECUTE FUNCTION approvals_refuse_change();
"""
MUTABLE = """
DROP TRIGGER approvals_decision_immutable ON approvals_decision;
DROP FUNCTION approvals_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0001_initial"),
        ("approvals", "0001_initial"),
        ("shipments", "0001_initial"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.RunSQL(IMMUTABLE, MUTABLE),
        migrations.CreateModel(
            name="Involvement",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("did", models.CharField(max_length=200)),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ShownFacts",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("digest", models.CharField(max_length=64)),
                ("facts", models.JSONField()),
                ("at", models.DateTimeField()),
            ],
        ),
        migrations.AddField(
            model_name="hold",
            name="ended_why",
            field=models.CharField(blank=True, max_length=400),
        ),
        migrations.AddField(
            model_name="request",
            name="overdue_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(fields=["company", "state", "-placed_at"], name="hold_list"),
        ),
        migrations.AddIndex(
            model_name="hold",
            index=models.Index(
                fields=["connection", "model", "record_odoo_id"], name="hold_record"
            ),
        ),
        migrations.AddField(
            model_name="involvement",
            name="order",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="shipments.order",
            ),
        ),
        migrations.AddField(
            model_name="involvement",
            name="shipment",
            field=models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to="shipments.shipment",
            ),
        ),
        migrations.AddField(
            model_name="involvement",
            name="user",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
            ),
        ),
        migrations.AddField(
            model_name="shownfacts",
            name="request",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.CASCADE,
                related_name="shown",
                to="approvals.request",
            ),
        ),
        migrations.AddConstraint(
            model_name="involvement",
            constraint=models.UniqueConstraint(
                fields=("order", "shipment", "user", "did"),
                name="involvement_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="shownfacts",
            constraint=models.UniqueConstraint(
                fields=("request", "digest"), name="shown_facts_once"
            ),
        ),
    ]
