"""The demo world's key, with which the tower signs in unless another Odoo is named."""

from django.conf import settings

from sandbox import access
from sandbox.world import build


def test_the_towers_own_key_opens_the_demo_world(tmp_path, monkeypatch):
    monkeypatch.delenv("SANDBOX_API_KEY", raising=False)
    registry = build(str(tmp_path / "store.sqlite"), "19.0", "demo")
    users = registry.store.root["res.users"].rows

    assert settings.SANDBOX, "the tests name no Odoo of their own"
    assert users[access.owner(registry, settings.ODOO["secret"])]["login"] == settings.ODOO["user"]
    registry.store.close()
