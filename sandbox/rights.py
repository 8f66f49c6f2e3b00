"""Who may do what: model rights per group, and the company rule on records."""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING, Any

from .errors import AccessError
from .schema import read_data

if TYPE_CHECKING:
    from .env import Env

_LETTER = {"read": "r", "write": "w", "create": "c", "unlink": "d"}
_VERB = {"read": "access", "write": "modify", "create": "create", "unlink": "delete"}
ROOT, ADMIN = 1, 2
SYSTEM_GROUP = "base.group_system"
# scheduled actions and what describes them: group ids as in data/static.json (1 users, 4 Settings)
ACTIONS_ACL: list[tuple[str, int, str]] = [
    ("ir.cron", 4, "rwcd"),
    ("ir.model.fields.selection", 1, "r"),
]


# models outside the sandbox that fields lead to: title and the group that may read them; gone in 19.0:
HIDDEN_18 = {
    "stock.valuation.layer": ("Stock Valuation Layer", "stock.group_stock_manager"),
}
# in both
HIDDEN = {
    "discuss.voice.metadata": ("Metadata for voice attachments", "base.group_system"),
    "res.users.log": ("Users Log", "base.group_system"),
}


class Groups:
    """Groups and model rights as a real server listed them (data/static.json)."""

    def __init__(self) -> None:
        data = read_data("static.json")
        self.rows: dict[int, list[Any]] = {g[0]: g for g in data["groups"]}
        self.by_xmlid: dict[str, int] = {g[1]: g[0] for g in data["groups"]}
        self.acl: dict[str, list[tuple[int, str]]] = {}
        supply = read_data("supply.json")["acl"]
        for model, group, letters in [*data["acl"], *supply, *ACTIONS_ACL]:
            self.acl.setdefault(model, []).append((group, letters))

    def closure(self, ids: list[int]) -> set[int]:
        """The groups and all they imply."""
        found: set[int] = set()
        edge = set(ids)
        while edge:
            found |= edge
            edge = {i for g in edge if g in self.rows for i in self.rows[g][4]} - found
        return found

    def allowing(self, model: str, letter: str) -> list[str]:
        names = {
            self.rows[g][2] for g, letters in self.acl.get(model, ()) if g and letter in letters
        }
        return sorted(names)


GROUPS = Groups()
# what 19.0 calls them
NAMES_19 = {
    "Administration / Access Rights": "Access Rights",
    "Administration / Settings": "Role / Administrator",
    "User types / Internal User": "Role / User",
}


def _told(env: Env, name: str) -> str:
    return NAMES_19.get(name, name) if env.dialect.is_19 else name.replace(" / ", "/")


@lru_cache(maxsize=256)
def _closure(ids: tuple[int, ...]) -> frozenset[int]:
    return frozenset(GROUPS.closure(list(ids)))


def groups_of(env: Env) -> frozenset[int]:
    field = "group_ids" if env.dialect.is_19 else "groups_id"
    return _closure(tuple(env.row("res.users", env.uid).get(field, ())))


def is_system(env: Env) -> bool:
    """True for the superuser and for users with Settings rights."""
    return env.superuser or GROUPS.by_xmlid[SYSTEM_GROUP] in groups_of(env)


def allowed(env: Env, model: str, operation: str) -> bool:
    """The model right of the user for read, write, create or unlink."""
    if env.superuser:
        return True
    rules = GROUPS.acl.get(model)
    if rules is None:
        return True
    mine = groups_of(env)
    letter = _LETTER[operation]
    return any(letter in letters and (not g or g in mine) for g, letters in rules)


def check(env: Env, model: str, operation: str) -> None:
    """Raises AccessError with the wording and list of groups of Odoo."""
    _ = env.companies
    if allowed(env, model, operation):
        return
    names = sorted(_told(env, name) for name in GROUPS.allowing(model, _LETTER[operation]))
    listed = (
        "This operation is allowed for the following groups:\n\t- " + "\n\t- ".join(names)
        if names
        else "No group currently allows this operation."
    )
    raise AccessError(
        f"You are not allowed to {_VERB[operation]} '{env.model(model).title}' ({model}) records."
        f"\n\n{listed}\n\nContact your administrator to request access if necessary."
    )


def check_relation(env: Env, relation: str) -> None:
    """Raises AccessError if a field leads to a model that the user may not read."""
    told = HIDDEN.get(relation) or (None if env.dialect.is_19 else HIDDEN_18.get(relation))
    if told is None or env.superuser:
        return
    title, group = told
    if GROUPS.by_xmlid[group] in groups_of(env):
        return
    name = _told(env, GROUPS.rows[GROUPS.by_xmlid[group]][2])
    raise AccessError(
        f"You are not allowed to access '{title}' ({relation}) records.\n\n"
        f"This operation is allowed for the following groups:\n\t- {name}\n\n"
        "Contact your administrator to request access if necessary."
    )


def _hidden(env: Env, model: str, row_id: int) -> bool:
    row = env.get(model, row_id)
    if row is None or env.superuser:
        return False
    if model == "res.company":
        return row_id not in env.companies
    company = row.get("company_id")
    if model == "res.users":
        return not set(row.get("company_ids", [])) & set(env.companies)
    return bool(company) and company not in env.companies


def visible(env: Env, model: str, ids: list[int]) -> list[int]:
    """Without the records of companies outside the call."""
    if model != "res.company" and "company_id" not in env.model(model).fields:
        return ids
    return [i for i in ids if not _hidden(env, model, i)]


def require_visible(env: Env, model: str, ids: list[int], operation: str) -> None:
    """Raises the record rule's AccessError if one of ids belongs to another company."""
    if model != "res.company" and "company_id" not in env.model(model).fields:
        return
    hidden = [i for i in ids if _hidden(env, model, i)]
    if not hidden:
        return
    user = env.display_name("res.users", env.uid)
    text = (
        "Uh-oh! Looks like you have stumbled upon some top-secret records.\n\n"
        f"Sorry, {user} (id={env.uid}) doesn't have '{operation}' access to:\n"
        f"- {env.model(model).title} ({model})\n\n"
        "If you really, really need access, perhaps you can win over your friendly administrator "
        "with a batch of freshly baked cookies."
    )
    company = env.row(model, hidden[0]).get("company_id") or 0
    own = env.row("res.users", env.uid).get("company_ids", [])
    if company in own:
        text += (
            "\n\nThis seems to be a multi-company issue, you might be able to access the record "
            f"by switching to the company: {env.display_name('res.company', company)}."
        )
    raise AccessError(text)
