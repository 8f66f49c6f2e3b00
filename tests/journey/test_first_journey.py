"""One order's whole life, live: the acceptance of the first journey, against real processes and in a real browser."""

import re
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import Page, expect
from playwright.sync_api import TimeoutError as TooLate

from tests.journey.conftest import Desk
from tests.journey.tree import Tree, easypost, tpl, until, ups

RUN = f"{int(time.time()) % 100_000_000:08d}"
"""A named Odoo keeps what earlier runs shipped, so each run has numbers of its own."""
NUMBER = f"1Z999AA1{RUN}84"
PDF = b"%PDF-1.4\n1 0 obj<</Type/Catalog/Pages 2 0 R>>endobj 2 0 obj<</Type/Pages/Kids[]/Count 0>>endobj\ntrailer<</Root 1 0 R>>\n%%EOF"


def ago(**span: float) -> datetime:
    return datetime.now(UTC).replace(microsecond=0) - timedelta(**span)


def row(page: Page, text: str):
    return page.locator("tbody tr", has_text=text)


def open_row(page: Page, text: str) -> None:
    row(page, text).locator("a.open").first.click()
    expect(page.locator("#pane")).to_be_visible()


def act(page: Page, action: str):
    """Unfold an action of the pane and give its form."""
    box = page.locator(f"#act-{action}")
    box.locator("summary").click()
    return box


@pytest.fixture(scope="module")
def api(tower: Tree) -> httpx.Client:
    token = tower.manage(
        "client_add", "journey", "--role", "integration", "--role", "operations"
    ).split()[-1]
    return httpx.Client(
        base_url=f"{tower.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=20
    )


@pytest.fixture(scope="module")
def finance_api(tower: Tree) -> httpx.Client:
    token = tower.manage("client_add", "robot", "--role", "finance").split()[-1]
    return httpx.Client(
        base_url=f"{tower.url}/api/v1", headers={"Authorization": f"Bearer {token}"}, timeout=20
    )


def status_of(api: httpx.Client, number: str) -> str:
    found = api.get("/shipments/", params={"tracking_number": number}).json()["results"]
    return found[0]["execution_status"] if found else ""


def linked(api: httpx.Client, number: str) -> dict | None:
    """The shipment of a parcel, once there is one."""
    found = api.get("/shipments/", params={"tracking_number": number}).json()["results"]
    return found[0] if found and found[0]["linked"] else None


def processed(api: httpx.Client, answer: httpx.Response) -> dict:
    """Wait until a message has met its fate, and give it."""
    assert answer.status_code == 202, answer.text
    assert answer.json()["correlation_id"]
    path = f"/messages/{answer.json()['message_id']}/"
    return until(
        lambda: (fate := api.get(path).json())["status"] not in ("received",) and fate,
        "the message is processed",
    )


def test_one_orders_whole_life(tower: Tree, desk: Desk, api: httpx.Client) -> None:
    operations = desk.window("olga@demo.example", "/")
    service = desk.window("carl@demo.example", "/queue/")
    for page in (operations, service):
        expect(page.locator(".live")).to_contain_text("Live")

    # 1. Somebody confirms an order in Odoo; it is on the open screen without reload.
    odoo = tower.odoo()
    order = odoo.confirm_order(
        "Azure Interior", promised=(ago() + timedelta(hours=6)).strftime("%Y-%m-%d %H:%M:%S")
    )
    name = order["name"]
    show_new(operations, name)
    expect(row(operations, name)).to_contain_text("Azure Interior")
    expect(row(operations, name)).to_contain_text("2,090")
    expect(row(operations, name)).to_contain_text("Ready to ship")

    # 2. It is delivered by the warehouse and gets a tracking number; the stage follows.
    odoo.ship(order, "UPS", NUMBER)
    expect(row(operations, name)).to_contain_text("In transit")

    # 3. The carrier reports; the case appears in the open queue.
    processed(api, tower.post("ups", ups(NUMBER, "I", "OR", "Origin scan", ago(hours=6))))
    processed(api, tower.post("ups", ups(NUMBER, "I", "DP", "Departed", ago(hours=4))))
    attempt = ups(NUMBER, "X", "48", "The customer was not available", ago(minutes=9))
    fate = processed(api, tower.post("ups", attempt))
    assert fate["events"], fate
    show_new(service, name)
    expect(row(service, name)).to_contain_text("Delivery attempted, nobody there")
    open_row(service, name)
    pane = service.locator("#pane")
    expect(pane).to_contain_text(re.compile("ups x:48", re.I))
    expect(pane.locator("a", has_text="raw message").first).to_be_visible()

    # 4. The agent takes it, asks for redelivery, leaves a note; the other window shows who has it.
    service.get_by_role("button", name="Take this case").click()
    expect(pane).to_contain_text("yours since")
    redelivery = act(service, "request_redelivery")
    redelivery.locator("button[type=submit]").click()
    expect(pane).to_contain_text("waiting on the carrier")
    service.locator("textarea[name=text]#note").fill("Customer asks for the morning.")
    service.get_by_role("button", name="Add the note").click()
    expect(pane).to_contain_text("Customer asks for the morning.")
    other = desk.window("olga@demo.example", "/queue/")
    expect(row(other, name)).to_contain_text("CR")
    picking = order["picking_ids"][0]
    until(
        lambda: odoo.call("mail.message", "search_count", [["model", "=", "stock.picking"], ["res_id", "=", picking],
                                                           ["body", "ilike", "controltower:"]]) == 1,
        "the redelivery is noted on Odoo's transfer",
    )  # fmt: skip

    # 6. Delivered without proof: the posted invoice is held in Odoo, with the key in the same write.
    invoice = odoo.invoice(order)
    processed(api, tower.post("ups", ups(NUMBER, "D", "FS", "Delivered", ago(minutes=2))))
    until(lambda: odoo.payment_state(invoice) == "blocked", "the invoice is blocked in Odoo")
    assert len(odoo.notes_with_key(invoice)) == 1
    show_new(service, "without proof")
    service.goto(f"{tower.url}/queue/?q={name}")
    open_row(service, "without proof")
    expect(pane).to_contain_text("without proof of delivery")
    expect(pane).to_contain_text("applied in Odoo")

    # 7. Customer service asks for release against the signed paper; the same person cannot decide.
    finance = desk.window("fiona@demo.example", "/approvals/")
    release = act(service, "request_release")
    release.locator("textarea[name=reason]").fill("The customer mailed the signed delivery note.")
    release.locator("input[type=file]").set_input_files(
        {"name": "signed-note.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    release.locator("button[type=submit]").click()
    expect(pane).to_contain_text("Asked of finance")
    service.get_by_role("link", name=re.compile("Release|release")).first.click()
    expect(service.locator("#pane .decide")).to_contain_text(re.compile("somebody else", re.I))
    expect(service.locator("#pane .decide button.primary")).to_be_disabled()

    # 8. The worker dies and Odoo goes away; finance approves all the same; the decision arrives once.
    show_new(finance, name)
    open_row(finance, name)
    tower.kill("worker")
    tower.kill("worker-odoo")
    tower.cut_odoo()
    grant = act(finance, "grant")
    grant.locator("button[type=submit]").click()
    expect(finance.locator("#pane")).to_contain_text("Granted by Fiona Maas")
    tower.restore_odoo()
    until(lambda: odoo.payment_state(invoice) == "not_paid", "the block is lifted in Odoo", 90)
    expect(finance.locator("#pane")).to_contain_text("applied in Odoo", timeout=60_000)
    notes = odoo.notes_with_key(invoice)
    assert len(notes) == 2, notes
    assert "Fiona Maas" in notes[1]["body"]
    assert odoo.call("ir.attachment", "search_count",
                     [["res_model", "=", "account.move"], ["res_id", "=", invoice], ["name", "=", "signed-note.pdf"]]) == 1  # fmt: skip

    # 9. The customer's page: plain words, on a phone.
    link = customer_link(service, tower, name)
    phone = desk.window(None, link, viewport={"width": 360, "height": 740}, is_mobile=True)
    expect(phone.locator("body")).to_contain_text("Delivered")
    text = phone.locator("body").inner_text().lower()
    assert not re.search(r"exception|case|hold|invoice|odoo|policy", text), text

    # 10. From the order down to the raw bytes.
    operations.goto(f"{tower.url}/orders/")
    row(operations, name).locator("a.open").click()
    operations.locator("a", has_text="raw message").first.click()
    expect(operations.locator("body")).to_contain_text(NUMBER)
    assert desk.complaints == []


def show_new(page: Page, text: str) -> None:
    """New rows may wait behind the chip; a person presses it."""
    chip = page.locator("#new-rows button, button#new-rows, .news button, button.news").first
    for _ in range(60):
        if row(page, text).count():
            return
        if chip.count() and chip.is_visible():
            with suppress(TooLate):  # it may go while we reach for it: then the rows are there
                chip.click(timeout=1_000)
        page.wait_for_timeout(250)
    raise AssertionError(f"no row with {text!r} came by itself")


def customer_link(page: Page, tower: Tree, order: str) -> str:
    """The link that customer service would give to the customer."""
    page.goto(f"{tower.url}/orders/?q={order}")
    row(page, order).locator("a.open").click()
    href = page.locator("a[href*='/t/']").first.get_attribute("href")
    assert href
    return href


def test_the_same_story_by_an_aggregator_late_twice_and_out_of_order(
    tower: Tree, api: httpx.Client
) -> None:
    odoo = tower.odoo()
    order = odoo.confirm_order("Deco Addict")
    odoo.ship(order, "USPS", f"EZ{RUN}11", f"EZ{RUN}22")
    until(
        lambda: status_of(api, f"EZ{RUN}11") == "dispatched",
        "the shipment is known by its number",
    )
    scans = [
        ("in_transit", "received_at_origin_facility", ago(hours=30)),
        ("out_for_delivery", "out_for_delivery", ago(hours=3)),
        ("delivered", "arrived_at_destination", ago(hours=1)),
    ]
    late = easypost(f"EZ{RUN}11", "evt_late", *scans)
    early = easypost(f"EZ{RUN}11", "evt_early", *scans[:1])
    assert processed(api, tower.post("easypost", late))["status"] == "processed"
    assert processed(api, tower.post("easypost", early))["duplicates"] == 1
    again = tower.post("easypost", late)
    assert (again.status_code, again.json()["status"]) == (200, "duplicate")
    processed(api, tower.post("easypost", easypost(f"EZ{RUN}22", "evt_other", *scans[:2])))
    found = api.get("/shipments/", params={"tracking_number": f"EZ{RUN}22"}).json()["results"][0]
    assert found["execution_status"] == "out_for_delivery"
    assert found["partial"] is True
    events = api.get(f"/shipments/{found['id']}/events/").json()["results"]
    assert len(events) == 5
    assert sorted(e["occurred_at"] for e in events) == [
        e["occurred_at"] for e in sorted(events, key=lambda e: e["occurred_at"])
    ]


def test_the_same_story_by_a_3pl_with_proof_needs_no_hold(tower: Tree, api: httpx.Client) -> None:
    odoo = tower.odoo()
    order = odoo.confirm_order("Gemini Furniture")
    odoo.ship(order, "Acme Logistics", f"ACM{RUN}")
    invoice = odoo.invoice(order)
    proof = {"pod": {"received_by": "L. Dupont", "document_url": "https://tpl.example/pod/7.pdf",
                     "signed_at": ago(minutes=30).isoformat()}}  # fmt: skip
    fate = processed(api, tower.post("acme-3pl", tpl(
        "tplmsg_j1", f"ACM{RUN}", order["name"],
        ("j-3", "DELIVERED", ago(minutes=30), proof), ("j-1", "HANDED_TO_CARRIER", ago(hours=20), {}),
        ("j-2", "OUT_FOR_DELIVERY", ago(hours=3), {}), ("j-2", "OUT_FOR_DELIVERY", ago(hours=3), {}),
    )))  # fmt: skip
    assert len(fate["events"]) == 3 if isinstance(fate["events"], list) else fate["events"] == 3
    until(
        lambda: (
            (found := linked(api, f"ACM{RUN}"))
            and (found["execution_status"], found["financial_status"]) == ("delivered", "invoiced")
        ),
        "the shipment is delivered and its invoice known",
    )
    assert odoo.payment_state(invoice) == "not_paid"


def test_a_changed_invoice_refuses_the_decision(tower: Tree, desk: Desk, api: httpx.Client) -> None:
    odoo = tower.odoo()
    order = odoo.confirm_order("Ready Mat")
    odoo.ship(order, "UPS", f"1Z999AA1{RUN}99")
    invoice = odoo.invoice(order)
    processed(
        api, tower.post("ups", ups(f"1Z999AA1{RUN}99", "D", "FS", "Delivered", ago(minutes=5)))
    )
    until(lambda: odoo.payment_state(invoice) == "blocked", "the invoice is held")
    service = desk.window("carl@demo.example", f"/queue/?q={order['name']}")
    open_row(service, "without proof")
    release = act(service, "request_release")
    release.locator("textarea[name=reason]").fill("Signed paper is here.")
    release.locator("input[type=file]").set_input_files(
        {"name": "note.pdf", "mimeType": "application/pdf", "buffer": PDF}
    )
    release.locator("button[type=submit]").click()
    expect(service.locator("#pane")).to_contain_text("Asked of finance")
    finance = desk.window("fiona@demo.example", "/approvals/")
    show_new(finance, order["name"])
    open_row(finance, order["name"])
    act(finance, "grant").locator("button[type=submit]").click()
    expect(finance.locator("#pane")).to_contain_text("Granted by Fiona Maas")
    # Inside the undo window somebody lifts the block by hand in Odoo.
    odoo.call("account.move", "write", [invoice], {"payment_state": "not_paid"})
    expect(finance.locator("#pane")).to_contain_text(
        re.compile("refused, because", re.I), timeout=60_000
    )
    assert len(odoo.notes_with_key(invoice)) == 1  # the hold; the release was not written
