"""Long work on screen: who sees it, its progress, its faults as a file, stopping it, uploading a file."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext
from playwright.sync_api import Page, expect

from apps.integrations import inbox, jobs
from apps.integrations.imports import services
from apps.integrations.models import Job, Message
from tests.dashboards.browser import chromium_of_this_machine
from tests.factories import make_company, make_person
from tests.integrations.factories import make_partner
from tests.integrations.test_imports import ndjson

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def folder(settings, tmp_path) -> Path:
    """Files of this test alone."""
    settings.IMPORT_DIR = str(tmp_path / "imports")
    return Path(settings.IMPORT_DIR)


def as_(person) -> Client:
    client = Client()
    client.force_login(person)
    return client


def upload(person, partner, content: bytes, name: str = "events.ndjson", **more):
    """Post the form as a person."""
    file = SimpleUploadedFile(name, content)
    form = {"partner": getattr(partner, "slug", partner), "file": file, **more}
    return as_(person).post("/integrations/imports/new/", form)


def test_an_upload_becomes_a_job_and_its_messages_name_the_person(company, ines):
    partner = make_partner("tpl_generic", "Gent 3PL", company)
    answer = upload(ines, partner, ndjson(2) + b"{broken\n")
    job = Job.objects.get()
    assert answer.status_code == 302
    assert answer["Location"] == f"/integrations/jobs/{job.public_id}/"
    assert job.actor == ines.public_id

    jobs.run()
    page = as_(ines).get(answer["Location"]).content.decode()
    assert "Ines Integration" in page
    assert "malformed payload" in page
    assert "{broken" in page


@pytest.mark.parametrize(
    ("role", "sees", "imports"),
    [
        ("integration", 200, 200),
        ("operations", 200, 403),
        ("customer_service", 403, 403),
        ("finance", 403, 403),
        ("customer", 403, 403),
    ],
)
def test_each_page_opens_for_the_roles_that_may(role, sees, imports, company):
    client = as_(make_person("Somebody Else", role, company))
    assert client.get("/integrations/jobs/").status_code == sees
    assert client.get("/integrations/imports/new/").status_code == imports


def test_a_job_of_another_companys_partner_is_not_there(ines, company):
    other = make_partner("tpl_generic", "Other 3PL", make_company("Elsewhere"))
    job = services.begin(other, [ndjson(1)], name="x", actor="usr_1").job

    assert upload(ines, other, ndjson(1)).status_code == 422
    assert job.public_id not in as_(ines).get("/integrations/jobs/").content.decode()
    for address in ("", "faults.csv"):
        url = f"/integrations/jobs/{job.public_id}/{address}"
        assert as_(ines).get(url).status_code == 404
    for step in ("cancel", "retry"):
        url = f"/integrations/jobs/{job.public_id}/{step}/"
        assert as_(ines).post(url).status_code == 404


def test_a_page_asks_again_while_the_job_is_under_way_and_rests_after_it(company, ines):
    partner = make_partner("tpl_generic", "Gent 3PL", company)
    job = services.begin(partner, [ndjson(1)], name="x", actor=ines.public_id).job
    for url in ("/integrations/jobs/", f"/integrations/jobs/{job.public_id}/"):
        assert "hx-trigger" in as_(ines).get(url).content.decode()
    jobs.run()
    for url in ("/integrations/jobs/", f"/integrations/jobs/{job.public_id}/"):
        page = as_(ines).get(url, headers={"HX-Request": "true"}).content.decode()
        assert page.lstrip().startswith("<article")
        assert "hx-trigger" not in page


def test_only_the_integration_owner_stops_a_job_and_lets_it_go_on(company, ines, olga):
    partner = make_partner("tpl_generic", "Gent 3PL", company)
    job = services.begin(partner, [ndjson(1)], name="x", actor=ines.public_id).job
    url = f"/integrations/jobs/{job.public_id}"
    assert as_(olga).post(f"{url}/cancel/").status_code == 403

    as_(ines).post(f"{url}/cancel/")
    job.refresh_from_db()
    assert job.state == "cancelled"
    as_(ines).post(f"{url}/retry/")
    jobs.run()
    job.refresh_from_db()
    assert (job.state, job.done) == ("done", 1)


def test_faults_are_a_file_in_which_no_cell_is_a_formula(company, ines):
    partner = make_partner("tpl_generic", "Gent 3PL", company)
    job = services.begin(partner, [b"=cmd()\n{}\n"], name="x.ndjson", actor="usr_1").job
    jobs.run()
    answer = as_(ines).get(f"/integrations/jobs/{job.public_id}/faults.csv")
    lines = b"".join(answer.streaming_content).decode().splitlines()
    assert lines[0] == "row,reason,detail,excerpt"
    assert lines[1].startswith("1,malformed_payload,")
    assert lines[1].endswith(",'=cmd()")
    assert answer["Content-Disposition"].startswith("attachment")


def test_a_body_over_the_limit_is_refused_before_it_is_read(settings, company, ines, folder):
    settings.IMPORT_MAX_BYTES = 1000
    answer = upload(ines, make_partner("tpl_generic", "Gent", company), b"x" * 200_000)
    assert answer.status_code == 413
    assert not folder.exists()


def test_a_form_without_its_token_is_refused(company, ines):
    client = Client(enforce_csrf_checks=True)
    client.force_login(ines)
    partner = make_partner("tpl_generic", "Gent", company)
    form = {"partner": partner.slug, "file": SimpleUploadedFile("x", ndjson(1))}
    assert client.post("/integrations/imports/new/", form).status_code == 403
    assert not Job.objects.exists()


def test_what_is_wrong_with_a_file_is_said_on_the_form(company, ines):
    partner = make_partner("tpl_generic", "Gent", company)
    answer = upload(ines, partner, b"type,occurred_at,order\n", "x.csv")
    assert answer.status_code == 422
    assert "canonical" in answer.content.decode()
    assert upload(ines, "nobody", ndjson(1)).status_code == 422


def test_fifty_jobs_cost_as_many_queries_as_one(company, ines):
    partner = make_partner("tpl_generic", "Gent", company)
    counts = []
    for size in (1, 49):
        for number in range(size):
            services.begin(partner, [ndjson(1, size * 100 + number)], name="x", actor="usr_1")
        client = as_(ines)
        client.get("/integrations/jobs/")
        with CaptureQueriesContext(connection) as asked:
            assert client.get("/integrations/jobs/").status_code == 200
        counts.append(len(asked))
    assert counts[0] == counts[1]


@pytest.fixture
def window(live_server, transactional_db, settings) -> Iterator[tuple[Page, Client]]:
    """A browser in which the integration owner is signed in."""
    settings.SOCKET_URL = "ws://127.0.0.1:9/live/"
    company = make_company()
    client = as_(make_person("Ines Integration", "integration", company))
    make_partner("tpl_generic", "Gent 3PL", company)
    with chromium_of_this_machine() as browser:
        context = browser.new_context(base_url=live_server.url)
        context.add_cookies([
            {"name": "sessionid", "value": client.cookies["sessionid"].value, "url": live_server.url}
        ])  # fmt: skip
        page = context.new_page()
        page.set_default_timeout(10_000)
        yield page
        context.close()


@pytest.mark.django_db(transaction=True)
def test_a_file_is_uploaded_in_a_browser_and_its_progress_arrives_by_itself(window, tmp_path):
    file = tmp_path / "march.ndjson"
    file.write_bytes(ndjson(3) + b"{broken\n")
    window.goto("/integrations/jobs/")
    window.get_by_role("link", name="Import a file").click()
    window.get_by_label("Partner").select_option("gent-3pl")
    window.locator("#file").set_input_files(str(file))
    window.get_by_role("button", name="Import", exact=True).click()

    expect(window.locator("#job h1")).to_have_text("march.ndjson for Gent 3PL")
    expect(window.locator("#job")).to_contain_text("Waiting")
    jobs.run()  # what a worker does meanwhile
    expect(window.locator("#job-done")).to_contain_text("3")
    expect(window.locator("#job-failed")).to_have_text("1")
    expect(window.locator("#faults")).to_contain_text("malformed payload")
    with window.expect_download() as saved:
        window.get_by_role("link", name="all as CSV").click()
    assert "4,malformed_payload" in Path(saved.value.path()).read_text()

    assert inbox.drain() == 3
    assert set(Message.objects.values_list("status", flat=True)) == {"processed"}
