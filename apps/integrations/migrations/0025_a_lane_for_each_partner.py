"""Messages that wait are found by their partner, because a partner's backlog must not stand before another's news."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0030_who_is_told_what_happened"),
    ]

    operations = [
        migrations.RemoveIndex("message", "message_waiting"),
        migrations.AddIndex(
            "message",
            models.Index(
                fields=["partner", "id"],
                name="message_lane",
                condition=models.Q(status="received"),
            ),
        ),
        migrations.AddIndex(
            "message",
            models.Index(
                fields=["id"],
                name="message_again",
                condition=models.Q(status="received", attempts__gt=0),
            ),
        ),
    ]
