"""Whoever may review a mapping sees where they look anyway that one waits; its author does not."""

import pytest
from django.test import Client
from django.urls import reverse

from apps.integrations.mappings import queries, reviewing
from tests.factories import make_company, make_person
from tests.integrations.factories import make_partner
from tests.integrations.mappings.factories import handed_in, make_draft, row

pytestmark = pytest.mark.django_db


def page_of(person, name: str) -> str:
    client = Client()
    client.force_login(person)
    return client.get(reverse(name)).content.decode()


def test_a_mapping_in_review_is_counted_for_who_may_review_it_and_not_for_its_author(
    ines, olga, carl
):
    draft = make_draft(ines, row("tpl_generic", "AT_HUB", "delivered"))
    assert queries.to_review(olga) == 0, "a draft waits for nobody"

    handed_in(draft, ines)

    assert [queries.to_review(one) for one in (olga, ines, carl)] == [1, 0, 0]
    assert 'title="1 mapping to review">1<' in page_of(olga, "tower")
    assert 'title="1 to review">1<' in page_of(olga, "integrations")
    assert "1 version waits for your review" in page_of(olga, "mappings")
    assert "to review" not in page_of(ines, "integrations")
    assert "for your review" not in page_of(ines, "mappings")

    reviewing.send_back(draft, by=olga, why="no delivery")
    assert queries.to_review(olga) == 0


def test_the_mapping_of_another_companys_partner_waits_for_none_of_ours(ines, olga):
    elsewhere = make_company("Other Ltd")
    theirs = make_partner("tpl_generic", "Their 3PL", elsewhere)
    author = make_person("Their Owner", "integration", elsewhere)

    handed_in(make_draft(author, row("tpl_generic", "X", "delivered"), partner=theirs), author)

    assert queries.to_review(olga) == 0
