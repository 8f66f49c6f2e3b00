"""Drafts, reviewers and versions for the tests of mappings."""

from datetime import datetime

from apps.accounts.models import User
from apps.integrations.formats.codes import Code
from apps.integrations.mappings import drafting, rehearsing, reviewing
from apps.integrations.models import Mapping, Partner


def row(table: str, code: str, milestone: str = "", reason: str = "") -> Code:
    """A row as a person writes it."""
    return Code(table, code, "", milestone or None, reason or None, "own")


def make_draft(
    by: User, *rows: Code, partner: Partner | None = None, name: str = "tpl_generic"
) -> Mapping:
    """A draft of what is in force with these rows added or changed."""
    draft = drafting.draft(name, partner, by=by, note="a test")
    for one in rows:
        drafting.set_code(draft, one, by=by)
    draft.refresh_from_db()
    return draft


def handed_in(draft: Mapping, by: User) -> Mapping:
    """The draft in review, tested against the samples."""
    draft.refresh_from_db()
    rehearsing.note(draft, by=by, golden_=rehearsing.golden(draft), stored_=None)
    return drafting.submit(draft, by=by, note="their new code")


def in_force(
    by: User,
    reviewer: User,
    *rows: Code,
    partner: Partner | None = None,
    effective_from: datetime | None = None,
    name: str = "tpl_generic",
) -> Mapping:
    """A version written by one person and put into force by another."""
    draft = handed_in(make_draft(by, *rows, partner=partner, name=name), by)
    return reviewing.approve(draft, by=reviewer, effective_from=effective_from)
