"""A supply covers needs of its own warehouse, or of its own company where it says none."""

from decimal import Decimal

from apps.shipments.rules.cover import Offer, Want, cover


def offer(supply: int, warehouse: int | None, company: int | None) -> Offer:
    return Offer(supply, 7, warehouse, Decimal(5), None, company)


def want(order: int, warehouse: int | None, company: int | None) -> Want:
    return Want(("order", order), 7, warehouse, Decimal(5), None, None, company)


def pairs(offers: list[Offer], wants: list[Want]) -> list[tuple[int, int]]:
    return [(part.supply, part.want.key[1]) for part in cover(offers, wants)]


def test_without_a_warehouse_the_company_decides():
    assert pairs([offer(1, None, 3), offer(2, None, 4)], [want(9, None, 4)]) == [(2, 9)]
    assert pairs([offer(1, None, 3)], [want(9, None, 4)]) == []


def test_a_warehouse_is_of_one_company_whatever_the_documents_name():
    assert pairs([offer(1, 5, None)], [want(9, 5, 3)]) == [(1, 9)]


def test_a_supply_without_a_warehouse_is_not_for_one():
    assert pairs([offer(1, None, 3)], [want(9, 5, 3)]) == []
