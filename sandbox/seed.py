"""The records of a fresh sandbox: what every Odoo has ("empty"), and a small demo company."""

from __future__ import annotations

from . import rights
from .access import digest
from .env import Env
from .registry import Registry
from .schema import read_data
from .seed_places import fixed, house

SERVICE_GROUPS = (
    "base.group_user",
    "stock.group_stock_user",
    "sales_team.group_sale_salesman_all_leads",
    "account.group_account_invoice",
    "purchase.group_purchase_user",
    "mrp.group_mrp_user",
)
SERVICE_LOGIN, SERVICE_PASSWORD = "tower", "tower"


def plant(registry: Registry, name: str) -> None:
    """Fill an empty store; name is "empty" or "demo"."""
    env = Env(registry, rights.ROOT, {})
    env.quiet = True
    _people(env)
    for company, (title, code, start) in enumerate(
        (("YourCompany", "WH", 1), ("My Company (Chicago)", "CHI", 20)), 1
    ):
        house(env, company, title, code, start)
    _tables(env)
    registry.store.commit(env.changes)
    _carriers(registry)
    if name == "demo":
        from .seed_demo import plant_demo

        plant_demo(registry)


def _people(env: Env) -> None:
    us = 233
    fixed(
        env,
        "res.currency",
        1,
        name="USD",
        symbol="$",
        position="before",
        rounding=0.01,
        decimal_places=2,
        active=True,
        full_name="United States dollar",
    )
    for row_id, code, sign in ((2, "EUR", "€"), (3, "GBP", "£")):
        fixed(
            env,
            "res.currency",
            row_id,
            name=code,
            symbol=sign,
            position="after",
            rounding=0.01,
            decimal_places=2,
            active=False,
        )
    people = (
        (1, "My Company (San Francisco)", "info@yourcompany.com", True),
        (2, "OdooBot", "odoobot@example.com", False),
        (3, "Mitchell Admin", "admin@yourcompany.example.com", False),
        (4, "Public user", False, False),
        (5, "Control Tower", "tower@example.com", False),
        (6, "My Company (Chicago)", "chicago@yourcompany.com", True),
    )
    for row_id, name, email, company in people:
        full = f"YourCompany, {name}" if row_id == 3 else name
        fixed(
            env,
            "res.partner",
            row_id,
            name=name,
            complete_name=full,
            email=email,
            is_company=company,
            active=row_id not in (2, 4),
            type="contact",
            lang="en_US",
            tz="Europe/Brussels" if row_id in (3, 5) else False,
            country_id=us,
            commercial_partner_id=row_id,
        )
    for row_id, partner, name in (
        (1, 1, "My Company (San Francisco)"),
        (2, 6, "My Company (Chicago)"),
    ):
        fixed(
            env,
            "res.company",
            row_id,
            name=name,
            partner_id=partner,
            currency_id=1,
            active=True,
            sequence=10 * (row_id - 1),
            stock_move_sms_validation=True,
            has_received_warning_stock_sms=False,
            email=people[partner - 1][2],
            country_id=us,
        )
    groups = "group_ids" if env.dialect.is_19 else "groups_id"
    every = sorted(
        rights.GROUPS.closure(
            [
                rights.GROUPS.by_xmlid[g]
                for g in (
                    *SERVICE_GROUPS,
                    "base.group_system",
                    "account.group_account_manager",
                    "stock.group_stock_manager",
                    "sales_team.group_sale_manager",
                    "product.group_product_manager",
                    "base.group_partner_manager",
                    "mrp.group_mrp_manager",
                    "purchase.group_purchase_manager",
                    "project.group_project_manager",
                    "purchase.group_purchase_manager",
                    "mrp.group_mrp_manager",
                )
                if g in rights.GROUPS.by_xmlid
            ]
        )
    )
    own = sorted(rights.GROUPS.closure([rights.GROUPS.by_xmlid[g] for g in SERVICE_GROUPS]))
    for row_id, login, partner, secret, ids, companies, active in (
        (1, "__system__", 2, "", every, [1, 2], False),
        (2, "admin", 3, "admin", every, [1, 2], True),
        (3, "public", 4, "", [], [1], False),
        (4, SERVICE_LOGIN, 5, SERVICE_PASSWORD, own, [1], True),
    ):
        fixed(
            env,
            "res.users",
            row_id,
            login=login,
            partner_id=partner,
            company_id=1,
            company_ids=companies,
            active=active,
            notification_type="email",
            password_hash=digest(secret) if secret else "",
            **{groups: ids},
        )


def _tables(env: Env) -> None:
    fixed(env, "product.category", 1, name="All", complete_name="All")
    for row_id, name in enumerate(
        (
            "Replenish on Order (MTO)",
            "YourCompany: Receive in 1 step (stock)",
            "YourCompany: Deliver in 1 step (ship)",
            "Buy",
            "Manufacture",
        ),
        1,
    ):
        fixed(
            env,
            "stock.route",
            row_id,
            name=name,
            active=row_id > 1,
            sequence=row_id,
            company_id=1 if name.startswith("YourCompany") else False,
        )
    for row_id, name, code, kind in (
        (1, "Customer Invoices", "INV", "sale"),
        (2, "Vendor Bills", "BILL", "purchase"),
        (3, "Miscellaneous Operations", "MISC", "general"),
        (6, "Bank", "BNK1", "bank"),
    ):
        fixed(
            env,
            "account.journal",
            row_id,
            name=name,
            code=code,
            type=kind,
            company_id=1,
            active=True,
        )
    fixed(
        env,
        "ir.config_parameter",
        1,
        key="database.uuid",
        value="00000000-0000-4000-8000-000000000069",
    )


def _carriers(registry: Registry) -> None:
    from . import orm

    env = Env(registry, rights.ROOT, {"allowed_company_ids": [1, 2]})
    env.quiet = True
    for sequence, (name, code, price, url) in enumerate(read_data("demo.json")["carriers"], 1):
        product = orm.create_one(
            env,
            "product.product",
            {"name": name, "default_code": code, "type": "service", "list_price": price},
        )
        orm.create_one(
            env,
            "delivery.carrier",
            {
                "name": name,
                "delivery_type": "fixed",
                "product_id": product,
                "active": True,
                "fixed_price": price,
                "sequence": sequence,
                "tracking_url": url or False,
                "integration_level": "rate_and_ship",
                "invoice_policy": "estimated",
            },
        )
    registry.store.commit(env.changes)
