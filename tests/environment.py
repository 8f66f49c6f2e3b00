"""The environment of the tests, said before Django reads it: a plugin, because conftest.py is read too late."""

import os
from pathlib import Path

os.environ.setdefault(
    "CONTROLTOWER_VAR", str(Path(__file__).resolve().parent.parent / "var" / "test")
)
os.environ.setdefault("STAGE", "test")
os.environ.setdefault("LOG_LEVEL", "error")
