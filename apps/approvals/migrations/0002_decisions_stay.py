"""A decision that nobody can change (PRODUCT.md R198)."""

from django.db import migrations

# Not even the admin or a shell changes a decision; only TRUNCATE (a test's flush) passes a row trigger.
IMMUTABLE = """
CREATE FUNCTION approvals_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN RAISE EXCEPTION 'a decision is never changed'; END $$;
CREATE TRIGGER approvals_decision_immutable BEFORE UPDATE OR DELETE ON approvals_decision
    FOR EACH ROW EXECUTE FUNCTION approvals_refuse_change();
"""
MUTABLE = """
DROP TRIGGER approvals_decision_immutable ON approvals_decision;
DROP FUNCTION approvals_refuse_change();
"""


class Migration(migrations.Migration):
    dependencies = [("approvals", "0001_policies_requests_holds")]
    operations = [migrations.RunSQL(IMMUTABLE, MUTABLE)]
