"""Agents ask for their work instead of being called: their cadence, when they asked, their credential as a digest (R33).

Back again, a fetched subscription is one without an address: remove them first, or each of its deliveries is blocked.
"""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0034_fewer_indexes_of_messages"),
    ]

    operations = [
        migrations.AddField(
            model_name="subscription",
            name="ask_every_s",
            field=models.PositiveIntegerField(db_default=60, default=60),
        ),
        migrations.AddField(
            model_name="subscription",
            name="asked_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="subscription",
            name="fetched",
            field=models.BooleanField(db_default=False, default=False),
        ),
        migrations.AddField(
            model_name="subscription",
            name="silent_at",
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name="subscriptionsecret",
            name="digest",
            field=models.CharField(max_length=64, null=True, unique=True),
        ),
        migrations.AlterField(
            model_name="deliveryattempt",
            name="outcome",
            field=models.CharField(
                choices=[
                    ("sending", "Sending"),
                    ("leased", "With the agent"),
                    ("sent", "Taken"),
                    ("refused", "Not taken"),
                    ("redirected", "Sent elsewhere"),
                    ("timed_out", "Too slow"),
                    ("unreachable", "Not reached"),
                    ("blocked", "Address not allowed"),
                    ("broken_off", "Broken off"),
                ],
                default="sending",
                max_length=12,
            ),
        ),
        migrations.AlterField(
            model_name="subscription",
            name="url",
            field=models.CharField(blank=True, max_length=500),
        ),
        migrations.AlterField(
            model_name="subscriptionsecret",
            name="sealed",
            field=models.BinaryField(default=b""),
        ),
    ]
