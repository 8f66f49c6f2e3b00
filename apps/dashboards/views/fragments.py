"""What a request wants: the page, one of its fragments, or only the rows that changed."""

from django.http import HttpRequest

MOST_ROWS = 100


def wants_fragment(request: HttpRequest) -> bool:
    """htmx or the live script asks for a part of the page, not for a boosted or restored whole."""
    return (
        request.headers.get("HX-Request") == "true"
        and request.headers.get("HX-History-Restore-Request") != "true"
    )


def is_live(request: HttpRequest) -> bool:
    """The live script asks again for what is on screen."""
    return request.headers.get("X-Live") == "1"


def asked_rows(request: HttpRequest) -> list[str] | None:
    """The ids of the rows that changed (`?rows=cas_…,cas_…`), or None when the whole list is wanted."""
    text = request.GET.get("rows", "")
    return [row for row in text.split(",") if row][:MOST_ROWS] if text else None
