"""The way from a page of the tower to Odoo's own record."""

import pytest

from apps.integrations.templatetags.odoo_records import in_odoo

pytestmark = pytest.mark.django_db


def test_a_record_opens_in_the_odoo_it_lives_in(settings):
    settings.SANDBOX = False
    settings.ODOO = {**settings.ODOO, "url": "https://odoo.example/"}
    link = in_odoo("default", "sale.order", 42)
    assert 'href="https://odoo.example/mail/view?model=sale.order&amp;res_id=42"' in link
    assert 'rel="noopener noreferrer"' in link


def test_there_is_no_way_into_the_sandbox_or_an_odoo_that_is_switched_off(settings):
    settings.SANDBOX = True
    assert in_odoo("default", "sale.order", 42) == ""
    assert in_odoo("nobody", "sale.order", 42) == ""
    assert in_odoo("default", "sale.order", None) == ""
