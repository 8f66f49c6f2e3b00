"""Files as evidence."""

import pytest
from django.utils import timezone

from apps.journal.models import Entry
from apps.shipments import documents
from apps.shipments.apply import apply
from apps.shipments.errors import BadDocument
from apps.shipments.models import DocumentBody
from tests.shipments.factories import make_order, make_package, make_shipment, message, said

pytestmark = pytest.mark.django_db

PDF = b"%PDF-1.7\n..."


def add(content=PDF, name="signed.pdf", **owner):
    return documents.add(
        content=content, name=name, kind="pod", by=None, now=timezone.now(), **owner
    )


@pytest.mark.parametrize(
    ("content", "media"),
    [
        (PDF, "application/pdf"),
        (b"\x89PNG\r\n\x1a\n...", "image/png"),
        (b"\xff\xd8\xff\xe0", "image/jpeg"),
    ],
)
def test_a_file_is_what_its_bytes_are(company, content, media):
    document = add(content, "proof.exe", shipment=make_shipment(company))
    assert (document.media_type, bytes(DocumentBody.objects.get(document=document).content)) == (
        media,
        content,
    )
    assert document.company == company


@pytest.mark.parametrize("content", [b"", b"<html>", b"MZ\x90", b"PDF-"])
def test_anything_else_is_refused_with_a_sentence(company, content):
    with pytest.raises(BadDocument, match="file"):
        add(content, shipment=make_shipment(company))


def test_more_than_ten_megabytes_is_refused(company, settings):
    settings.MAX_DOCUMENT_BYTES = 1024 * 1024
    with pytest.raises(BadDocument, match="1 MB"):
        add(PDF + b"x" * 1024 * 1024, shipment=make_shipment(company))


def test_a_name_keeps_nothing_that_a_header_or_path_would_trip_over(company):
    assert (
        add(name='../../etc/pass"wd\r\n.pdf', shipment=make_shipment(company)).name == "passwd.pdf"
    )


def test_an_accepted_document_is_proof_and_is_told_once(company, fiona):
    shipment = make_shipment(company, make_order(company))
    make_package("1Z999", shipment)
    apply([message(said("delivered", "2026-03-02 14:10"))])
    document = add(shipment=shipment)
    documents.accept(document, by=fiona, now=timezone.now())
    documents.accept(document, by=fiona, now=timezone.now())

    shipment.refresh_from_db()
    assert (shipment.has_proof, shipment.financial_status) == (True, "releasable")
    assert Entry.objects.filter(kind="document.accepted").count() == 1
    assert Entry.objects.get(kind="shipment.proof_received").payload["by"] == "document"


def test_only_finance_accepts_a_proof(company, carl):
    with pytest.raises(PermissionError):
        documents.accept(add(shipment=make_shipment(company)), by=carl, now=timezone.now())
