"""The environment of the tests, said before Django reads it: a plugin, because conftest.py is read too late."""

import os
from pathlib import Path

os.environ.setdefault(
    "CONTROLTOWER_VAR", str(Path(__file__).resolve().parent.parent / "var" / "test")
)
_worker = os.environ.get("PYTEST_XDIST_WORKER")
if _worker and Path(os.environ["CONTROLTOWER_VAR"]).name != _worker:
    # Engines of its own: an open transaction anywhere in a cluster holds the journal's horizon back for all.
    os.environ["CONTROLTOWER_VAR"] = str(Path(os.environ["CONTROLTOWER_VAR"]) / _worker)
os.environ.setdefault("STAGE", "test")
os.environ.setdefault("LOG_LEVEL", "error")
