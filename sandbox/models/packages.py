"""Packages of goods: boxes and pallets that lie somewhere and travel as one."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from ..behaviour import Behaviour
from ..errors import UserError
from ..store import Row
from . import reserve

if TYPE_CHECKING:
    from ..env import Env


def package_model(env: Env) -> str:
    """The model has another name on 19.0."""
    return "stock.package" if env.dialect.is_19 else "stock.quant.package"


class Package(Behaviour):
    model = "stock.quant.package"

    def defaults(self, env: Env, values: Row) -> Row:
        return {
            "name": _next_name(env),
            "pack_date": env.today,
            "package_use": "disposable",
            "company_id": False,
        }

    def _content(self, env: Env, row_id: int) -> list[Row]:
        rows = [env.row("stock.quant", q) for q in env.where("stock.quant", "package_id", row_id)]
        return [r for r in rows if float(r.get("quantity", 0.0)) > 0]

    def compute_location_id(self, env: Env, row_id: int, row: Row) -> Any:
        found = self._content(env, row_id)
        return found[0]["location_id"] if found else False

    def compute_company_id(self, env: Env, row_id: int, row: Row) -> Any:
        found = self._content(env, row_id)
        return found[0].get("company_id", False) if found else False

    def before_unlink(self, env: Env, ids: list[int]) -> None:
        for i in ids:
            for line in env.where("stock.move.line", "result_package_id", i):
                env.put("stock.move.line", line, result_package_id=False)


class Package19(Package):
    model = "stock.package"

    def compute_complete_name(self, env: Env, row_id: int, row: Row) -> Any:
        return row.get("name", False)


class PackageType(Behaviour):
    model = "stock.package.type"


class Lot(Behaviour):
    model = "stock.lot"


class Route(Behaviour):
    model = "stock.route"

    def defaults(self, env: Env, values: Row) -> Row:
        return {"active": True, "sequence": 0, "company_id": env.company}


class Rule(Behaviour):
    model = "stock.rule"


def _next_name(env: Env) -> str:
    return f"PACK{env.store.next_value('number:package'):07d}"


def pack(env: Env, picking: int) -> Any:
    """A new package for every reserved line that has none."""
    lines = [
        n
        for m in reserve.moves_of(env, picking)
        if env.row("stock.move", m)["state"] not in reserve.CLOSED
        for n in reserve.lines_of(env, m)
        if not env.row("stock.move.line", n).get("result_package_id")
    ]
    if not lines:
        raise UserError("There is nothing eligible to put in a pack.")
    model = package_model(env)
    made = env.insert(model, Package().defaults(env, {}))
    for line in lines:
        env.put("stock.move.line", line, result_package_id=made)
    return [made] if env.dialect.is_19 else f"{model}({made},)"
