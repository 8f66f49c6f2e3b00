"""The block "From Odoo" on the pages of orders, shipments and cases, and the files that lie in Odoo."""

from __future__ import annotations

import base64
import binascii
import hashlib
from typing import cast

from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils.http import content_disposition_header
from django.views.decorators.http import require_GET

from apps.accounts.access import needs
from apps.accounts.models import User
from apps.integrations.odoo.line.client import client
from apps.integrations.odoo.line.errors import OdooError
from apps.integrations.odoo.linked import queries


@require_GET
@needs("commands.see")
def linked_on(request: HttpRequest, record: str) -> HttpResponse:
    """A fragment for other rooms' pages: what installed apps say, as last read; nothing where none does."""
    found = queries.block(cast(User, request.user), record)
    if found is None:
        raise Http404
    if not request.GET.get("again"):
        queries.ask(found.connection)
    return render(request, "integrations/_linked_on.html", {"block": found})


@require_GET
@needs("commands.see")
def linked_file(request: HttpRequest, record: str, odoo_id: int) -> HttpResponse:
    """A file that is attached in Odoo, fetched now and compared with the checksum it was listed with (R14).

    502 where Odoo does not answer, 409 where the file is another one by now.
    """
    row = queries.file_of(cast(User, request.user), record, odoo_id)
    if row is None:
        raise Http404
    try:
        found = client(row.connection).read("ir.attachment", [row.odoo_id], ["datas", "checksum"])
        content = base64.b64decode(found[0]["datas"] or "") if found else None
    except OdooError as error:
        return _says(502, f"Odoo cannot be asked for it now: {error.says}")
    except binascii.Error:
        return _says(502, "Odoo's answer cannot be read.")
    if content is None:
        return _says(409, "Odoo no longer has this file.")
    if hashlib.sha1(content, usedforsecurity=False).hexdigest() != row.data.get("checksum"):
        return _says(409, "The file in Odoo is another one by now; load the page again.")
    # Never shown in place: what somebody attached in Odoo must not run in the tower's name.
    answer = HttpResponse(content, content_type="application/octet-stream")
    answer["Content-Disposition"] = content_disposition_header(True, row.title) or "attachment"
    answer["X-Content-Type-Options"] = "nosniff"
    return answer


def _says(status: int, text: str) -> HttpResponse:
    return HttpResponse(text, status=status, content_type="text/plain; charset=utf-8")
