"""Mail to partners: claimed, marked, sent, marked. A mail that a crash left half sent is never sent again by itself."""

from datetime import timedelta
from smtplib import SMTPDataError, SMTPRecipientsRefused, SMTPSenderRefused
from typing import Final

import structlog
from django.conf import settings
from django.core.mail import EmailMessage, get_connection
from django.db import transaction
from django.utils import timezone

from apps.exceptions.services import record_run
from apps.integrations.models import OutboundMail
from apps.journal.services import NewEntry, append

log = structlog.get_logger(__name__)

TIMEOUT_S: Final = 20
UNSURE_AFTER_S: Final = 120
_RESTS_S: Final = (30, 120, 600, 1800, 7200)
_REFUSALS: Final = (SMTPRecipientsRefused, SMTPSenderRefused, SMTPDataError)
"""The server answered no: the mail certainly did not go out."""


class _NotSentError(Exception):
    """The mail certainly did not leave; it may be tried again."""

    def __init__(self, says: str, *, server_away: bool = False) -> None:
        super().__init__(says)
        self.server_away = server_away


def send_due() -> int:
    """Send what is due, oldest first; returns how many went out. Also finds what a crash left in `sending`."""
    _find_unsure()
    sent = 0
    while (mail := _claim()) is not None:
        try:
            _send(mail)
        except _NotSentError as error:
            _rest(mail, str(error))
            if error.server_away:
                break  # nor would it take the others: they keep their attempts
        except (
            Exception
        ) as error:  # nobody knows what the server did with it: recorded, never sent again
            log.warning("mail_unsure", mail=mail.public_id, exc_info=error)
            _unsure(mail.pk, f"The connection broke while it was sent ({type(error).__name__}).")
        else:
            _sent(mail)
            sent += 1
    return sent


@transaction.atomic
def _claim() -> OutboundMail | None:
    """Mark the oldest due mail as being sent, committed before a byte leaves. next_attempt_at becomes its deadline."""
    now = timezone.now()
    due = OutboundMail.objects.select_for_update(skip_locked=True).filter(state="waiting")
    mail = due.exclude(next_attempt_at__gt=now).order_by("pk").first()
    if mail is not None:
        mail.state, mail.attempts = "sending", mail.attempts + 1
        mail.next_attempt_at = now + timedelta(seconds=UNSURE_AFTER_S)
        mail.save(update_fields=["state", "attempts", "next_attempt_at"])
    return mail


def message_id(mail: OutboundMail) -> str:
    """The mail's Message-ID: its key, so that both sides can tell whether it arrived."""
    domain = settings.DEFAULT_FROM_EMAIL.rpartition("@")[2].rstrip(">") or "localhost"
    return f"<{mail.key}@{domain}>"


def _send(mail: OutboundMail) -> None:
    server = get_connection(timeout=TIMEOUT_S)
    try:
        server.open()
    except Exception as error:  # nothing was handed over yet; the reason is kept on the mail
        raise _NotSentError(
            f"The mail server cannot be reached ({type(error).__name__}).", server_away=True
        ) from error
    message = EmailMessage(
        mail.subject,
        mail.text,
        to=[mail.to],
        connection=server,
        headers={"Message-ID": message_id(mail)},
    )
    try:
        server.send_messages([message])
    except _REFUSALS as error:
        raise _NotSentError(f"The mail server refused it ({type(error).__name__}).") from error
    finally:
        server.close()


@transaction.atomic
def _sent(mail: OutboundMail) -> None:
    now = timezone.now()
    OutboundMail.objects.filter(pk=mail.pk).update(
        state="sent", sent_at=now, says="", next_attempt_at=None
    )
    append(
        NewEntry(
            "mail.sent",
            mail.public_id,
            {"cause": mail.cause, "key": message_id(mail)},
            correlation_id=mail.correlation_id,
        )
    )
    record_run(mail.cause, "sent", f"Mailed to {mail.to} at {now:%Y-%m-%d %H:%M} UTC.")


@transaction.atomic
def _rest(mail: OutboundMail, says: str) -> None:
    """Try again later; after the last rest it has failed and a person must ask another way."""
    if mail.attempts > len(_RESTS_S):
        OutboundMail.objects.filter(pk=mail.pk).update(
            state="failed", says=says, next_attempt_at=None
        )
        record_run(
            mail.cause,
            "failed",
            f"The mail to {mail.to} could not be sent. {says} Ask them another way.",
        )
        return
    due = timezone.now() + timedelta(seconds=_RESTS_S[mail.attempts - 1])
    OutboundMail.objects.filter(pk=mail.pk).update(state="waiting", says=says, next_attempt_at=due)


def _find_unsure() -> None:
    """Mails left in `sending` past their deadline: whoever sent them died in between."""
    late = OutboundMail.objects.filter(state="sending", next_attempt_at__lte=timezone.now())
    for pk in late.values_list("pk", flat=True)[:100]:
        _unsure(pk, "The tower stopped while it was sent.")


@transaction.atomic
def _unsure(pk: int, says: str) -> None:
    mail = OutboundMail.objects.select_for_update().get(pk=pk)
    if mail.state != "sending":
        return
    mail.state, mail.says, mail.next_attempt_at = "unsure", says, None
    mail.save(update_fields=["state", "says", "next_attempt_at"])
    append(
        NewEntry(
            "mail.unsure",
            mail.public_id,
            {"cause": mail.cause, "key": message_id(mail)},
            correlation_id=mail.correlation_id,
        )
    )
    record_run(
        mail.cause,
        "manual",
        f"{says} Nobody knows whether {mail.to} got it: ask them, or look for {message_id(mail)} at your mail server.",
    )
