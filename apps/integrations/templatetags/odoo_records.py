"""Ways from the tower's pages to Odoo's own records."""

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.http import urlencode
from django.utils.safestring import SafeString

from apps.integrations.odoo.line import connections
from apps.integrations.odoo.line.errors import LoginRefused

register = template.Library()


@register.simple_tag
def in_odoo(
    connection: str, model: str, odoo_id: int | None, says: str = "Open in Odoo"
) -> SafeString:
    """A link to a record's own page in Odoo; nothing where there is no Odoo with pages behind the connection.

    `/mail/view` finds the right form of a record in every version and asks for a sign-in first. The sandbox
    has no pages.
    """
    url = _address(connection)
    if not url or not odoo_id:
        return SafeString("")
    named = urlencode([("model", model), ("res_id", str(odoo_id))])
    address = f"{url}/mail/view?{named}"
    return format_html(
        '<a class="button quiet" href="{}" target="_blank" rel="noopener noreferrer">'
        '<svg class="i" aria-hidden="true"><use href="#i-out"></use></svg>{}</a>',
        address,
        says,
    )


def _address(connection: str) -> str:
    if settings.SANDBOX and connection == connections.DEFAULT:
        return ""
    try:
        url = connections.credentials(connection).url
    except (KeyError, LoginRefused):  # switched off, or its secret cannot be read: no way there now
        return ""
    return url if url.startswith(("https://", "http://")) else ""
