"""Partners, mappings, message heads, refusals; commands with their attempts, flow modes, hints, mail."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import apps.journal.ids


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("accounts", "0001_people_and_scopes"),
        ("shipments", "0001_packages_and_events"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="MessageBody",
            fields=[
                ("message_id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("received_at", models.DateTimeField()),
                ("headers", models.JSONField()),
                ("raw", models.BinaryField()),
            ],
            options={
                "db_table": "integrations_messagebody",
                "managed": False,
            },
        ),
        migrations.CreateModel(
            name="Drain",
            fields=[
                ("id", models.AutoField(primary_key=True, serialize=False)),
                ("began_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="Mapping",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("format", models.CharField(max_length=40)),
                ("version", models.PositiveIntegerField()),
                ("active", models.BooleanField(default=False)),
                ("note", models.CharField(blank=True, max_length=200)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
            ],
        ),
        migrations.CreateModel(
            name="OdooHook",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40, unique=True)),
                ("token_digest", models.CharField(max_length=64, unique=True)),
                ("sealed_token", models.BinaryField()),
                ("heard_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="OutboundMail",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("mai", editable=False, unique=True)),
                ("key", models.CharField(max_length=160, unique=True)),
                ("to", models.EmailField(max_length=254)),
                ("subject", models.CharField(max_length=200)),
                ("text", models.TextField()),
                ("cause", models.CharField(max_length=40)),
                ("correlation_id", models.CharField(max_length=64)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sending", "Sending"),
                            ("sent", "Sent"),
                            ("unsure", "Unsure"),
                            ("failed", "Failed"),
                        ],
                        default="waiting",
                        max_length=8,
                    ),
                ),
                ("says", models.CharField(blank=True, max_length=300)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("sent_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Refusal",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("partner_slug", models.CharField(max_length=60)),
                ("reason", models.CharField(max_length=40)),
                ("detail", models.CharField(blank=True, max_length=300)),
                ("digest", models.CharField(max_length=64)),
                ("size", models.PositiveIntegerField()),
                ("address", models.CharField(blank=True, max_length=60)),
                ("correlation_id", models.CharField(max_length=64)),
                ("at", models.DateTimeField(auto_now_add=True, db_index=True)),
            ],
        ),
        migrations.CreateModel(
            name="Command",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("cmd", editable=False, unique=True)),
                ("connection", models.CharField(max_length=40)),
                ("kind", models.CharField(max_length=40)),
                ("model", models.CharField(max_length=60)),
                ("record_odoo_id", models.PositiveBigIntegerField()),
                ("record_name", models.CharField(blank=True, max_length=120)),
                ("key", models.CharField(max_length=64, unique=True)),
                ("intent", models.CharField(max_length=300)),
                ("values", models.JSONField(default=dict)),
                ("expected", models.JSONField(default=dict)),
                ("note", models.TextField(blank=True)),
                ("documents", models.JSONField(default=list)),
                ("cause", models.CharField(max_length=40)),
                ("actor", models.CharField(max_length=120)),
                ("not_before", models.DateTimeField()),
                ("mode", models.CharField(default="live", max_length=8)),
                (
                    "state",
                    models.CharField(
                        choices=[
                            ("waiting", "Waiting"),
                            ("sending", "Sending"),
                            ("unsure", "Checking what happened"),
                            ("applied", "Applied in Odoo"),
                            ("refused", "Refused"),
                            ("parked", "Waiting for a person"),
                            ("shadowed", "Compared only"),
                            ("cancelled", "Taken back"),
                        ],
                        default="waiting",
                        max_length=10,
                    ),
                ),
                ("says", models.CharField(blank=True, max_length=500)),
                ("changed", models.JSONField(default=list)),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("sending_since", models.DateTimeField(null=True)),
                ("applied_at", models.DateTimeField(null=True)),
                ("read_back", models.JSONField(default=dict)),
                ("version", models.PositiveIntegerField(default=1)),
                ("correlation_id", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "company",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.company",
                    ),
                ),
                (
                    "customer",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.customer",
                    ),
                ),
                (
                    "decided_by",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="accounts.warehouse",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="CommandAttempt",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("at", models.DateTimeField()),
                ("took_ms", models.PositiveIntegerField(null=True)),
                ("outcome", models.CharField(max_length=20)),
                ("says", models.TextField(blank=True)),
                (
                    "command",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="tries",
                        to="integrations.command",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="FlowMode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("flow", models.CharField(max_length=40)),
                (
                    "mode",
                    models.CharField(
                        choices=[("live", "Live"), ("shadow", "Shadow"), ("off", "Off")],
                        default="live",
                        max_length=8,
                    ),
                ),
                (
                    "carrier",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="shipments.carrier",
                    ),
                ),
                (
                    "company",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="accounts.company",
                    ),
                ),
                (
                    "warehouse",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.CASCADE,
                        to="accounts.warehouse",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="MappingCode",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("table", models.CharField(max_length=60)),
                ("code", models.CharField(max_length=120)),
                ("milestone", models.CharField(blank=True, max_length=30)),
                ("reason", models.CharField(blank=True, max_length=60)),
                ("description", models.CharField(blank=True, max_length=300)),
                ("provenance", models.CharField(blank=True, max_length=20)),
                (
                    "mapping",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="codes",
                        to="integrations.mapping",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Partner",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("prt", editable=False, unique=True)),
                ("slug", models.SlugField(unique=True)),
                ("name", models.CharField(max_length=120)),
                ("format", models.CharField(max_length=40)),
                ("timezone", models.CharField(blank=True, max_length=64)),
                ("contact_email", models.EmailField(blank=True, max_length=254)),
                ("enabled", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                (
                    "carrier",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        to="shipments.carrier",
                    ),
                ),
                ("companies", models.ManyToManyField(blank=True, to="accounts.company")),
            ],
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
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("public_id", apps.journal.ids.PublicIdField("msg", editable=False, unique=True)),
                ("key", models.CharField(max_length=200)),
                ("digest", models.CharField(max_length=64)),
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
                        default="received",
                        max_length=10,
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=60)),
                ("detail", models.TextField(blank=True)),
                ("received_at", models.DateTimeField()),
                ("processed_at", models.DateTimeField(null=True)),
                ("correlation_id", models.CharField(max_length=64)),
                ("media_type", models.CharField(blank=True, max_length=80)),
                ("size", models.PositiveIntegerField()),
                ("attempts", models.PositiveSmallIntegerField(default=0)),
                ("next_attempt_at", models.DateTimeField(null=True)),
                ("mapping_version", models.PositiveIntegerField(null=True)),
                ("events", models.PositiveIntegerField(default=0)),
                ("duplicates", models.PositiveIntegerField(default=0)),
                ("conflicts", models.PositiveIntegerField(default=0)),
                ("skipped_events", models.PositiveIntegerField(default=0)),
                ("repeats", models.PositiveIntegerField(default=0)),
                (
                    "first",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.SET_NULL,
                        related_name="+",
                        to="integrations.message",
                    ),
                ),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="messages",
                        to="integrations.partner",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="mapping",
            name="partner",
            field=models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                to="integrations.partner",
            ),
        ),
        migrations.CreateModel(
            name="PartnerSecret",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("sealed", models.BinaryField()),
                ("created_at", models.DateTimeField(auto_now_add=True)),
                ("retired_at", models.DateTimeField(blank=True, null=True)),
                (
                    "partner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="secrets",
                        to="integrations.partner",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Repetition",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                (
                    "event",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="+",
                        to="shipments.event",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="repetitions",
                        to="integrations.message",
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Wakeup",
            fields=[
                (
                    "id",
                    models.BigAutoField(
                        auto_created=True, primary_key=True, serialize=False, verbose_name="ID"
                    ),
                ),
                ("connection", models.CharField(max_length=40)),
                ("model", models.CharField(max_length=60)),
                ("record_odoo_id", models.PositiveBigIntegerField()),
                ("write_date", models.CharField(blank=True, max_length=32)),
                ("hinted_at", models.DateTimeField()),
                ("not_before", models.DateTimeField()),
                ("tries", models.PositiveSmallIntegerField(default=0)),
            ],
            options={
                "constraints": [
                    models.UniqueConstraint(
                        fields=("connection", "model", "record_odoo_id"), name="wakeup_once"
                    )
                ],
            },
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(
                fields=["connection", "model", "record_odoo_id", "id"], name="command_record"
            ),
        ),
        migrations.AddIndex(
            model_name="command",
            index=models.Index(
                condition=models.Q(("state__in", ["waiting", "sending", "unsure"])),
                fields=["not_before"],
                name="command_due",
            ),
        ),
        migrations.AddConstraint(
            model_name="flowmode",
            constraint=models.UniqueConstraint(
                fields=("flow", "company", "warehouse", "carrier"),
                name="flow_mode_once",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="mappingcode",
            constraint=models.UniqueConstraint(
                fields=("mapping", "table", "code"), name="mapping_code_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="messagecount",
            constraint=models.UniqueConstraint(
                fields=("partner", "day", "status"), name="message_count_once"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("status", "received")), fields=["id"], name="message_waiting"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["partner", "-received_at"], name="message_of_partner"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["status", "-received_at"], name="message_by_status"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["correlation_id"], name="message_correlation"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.UniqueConstraint(fields=("partner", "key"), name="message_once"),
        ),
        migrations.AddConstraint(
            model_name="mapping",
            constraint=models.UniqueConstraint(
                fields=("format", "version"), name="mapping_version_once"
            ),
        ),
        migrations.AddConstraint(
            model_name="mapping",
            constraint=models.UniqueConstraint(
                condition=models.Q(("active", True)),
                fields=("format", "partner"),
                name="mapping_one_active",
                nulls_distinct=False,
            ),
        ),
        migrations.AddConstraint(
            model_name="repetition",
            constraint=models.UniqueConstraint(fields=("message", "event"), name="repetition_once"),
        ),
    ]
