"""Users, partners, companies, places, and the tables that describe the models themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from .. import access, rights
from ..behaviour import Behaviour
from ..errors import AccessError, TypeProblem, ValidationError, ValueProblem
from ..store import Row

if TYPE_CHECKING:
    from ..env import Env


CUSTOMERS = 5  # the location stock.stock_location_customers
VENDORS = 4  # the location stock.stock_location_suppliers


class Partner(Behaviour):
    model = "res.partner"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        return str(row.get("complete_name") or row.get("name") or "")

    def defaults(self, env: Env, values: Row) -> Row:
        return {"active": True, "type": "contact", "lang": "en_US", "color": 0}

    def created(self, env: Env, row_id: int, given: Row) -> None:
        if given.get("company_type"):
            env.touch_silently(self.model, row_id, is_company=given["company_type"] == "company")
        self._complete(env, row_id)

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        for i in ids:
            if env.row(self.model, i).get("parent_id") == i:
                raise ValidationError("You cannot create recursive Partner hierarchies.")
            if {"name", "parent_id"} & set(values):
                self._complete(env, i)
                for child in env.where(self.model, "parent_id", i):
                    self._complete(env, child, follows=True)

    def _complete(self, env: Env, row_id: int, *, follows: bool = False) -> None:
        """Names that are computed and stored; those who follow their parent are written by it."""
        row = env.row(self.model, row_id)
        name, parent = row.get("name") or "", row.get("parent_id")
        above = env.row(self.model, parent) if parent else None
        full = f"{above.get('name')}, {name}" if above and not row.get("is_company") else name
        commercial = parent if above and not row.get("is_company") else row_id
        store = env.compute if follows else env.touch_silently
        store(
            self.model,
            row_id,
            complete_name=full,
            commercial_partner_id=commercial,
            email_normalized=str(row.get("email") or "").lower() or False,
        )

    def compute_company_type(self, env: Env, row_id: int, row: Row) -> str:
        return "company" if row.get("is_company") else "person"

    def compute_country_code(self, env: Env, row_id: int, row: Row) -> Any:
        country = row.get("country_id")
        return env.row("res.country", country).get("code") if country else False

    def compute_property_stock_customer(self, env: Env, row_id: int, row: Row) -> int:
        return int(row.get("property_stock_customer") or CUSTOMERS)

    def compute_property_stock_supplier(self, env: Env, row_id: int, row: Row) -> int:
        return int(row.get("property_stock_supplier") or VENDORS)

    def compute_sale_order_count(self, env: Env, row_id: int, row: Row) -> int:
        return len(env.where("sale.order", "partner_id", row_id))


class User(Behaviour):
    model = "res.users"
    model_methods = frozenset({"context_get"})

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        return str(env.row("res.partner", row["partner_id"]).get("name") or row.get("login"))

    def defaults(self, env: Env, values: Row) -> Row:
        company = env.row("res.users", env.uid).get("company_id", 1) if env.uid else 1
        groups = "group_ids" if env.dialect.is_19 else "groups_id"
        return {
            "active": True,
            "company_id": company,
            "company_ids": [[6, 0, [values.get("company_id", company)]]],
            "notification_type": "email",
            groups: [[6, 0, [rights.GROUPS.by_xmlid["base.group_user"]]]],
        }

    def created(self, env: Env, row_id: int, given: Row) -> None:
        self._seal(env, [row_id])

    def written(self, env: Env, ids: list[int], values: Row) -> None:
        self._seal(env, ids)

    def _seal(self, env: Env, ids: list[int]) -> None:
        """Passwords are kept as hashes; implied groups are stored with the given ones."""
        groups = "group_ids" if env.dialect.is_19 else "groups_id"
        for i in ids:
            row = env.row(self.model, i)
            changes: Row = {groups: sorted(rights.GROUPS.closure(row.get(groups, [])))}
            if row.get("password"):
                changes |= {"password": False, "password_hash": access.digest(row["password"])}
            env.touch_silently(self.model, i, **changes)

    def compute_password(self, env: Env, row_id: int, row: Row) -> bool | str:
        return row.get("password") or False

    def compute_groups_count(self, env: Env, row_id: int, row: Row) -> int:
        return len(_groups(row))

    def rpc_context_get(self, env: Env) -> Row:
        partner = env.row("res.partner", env.partner)
        return {"lang": partner.get("lang") or "en_US", "tz": partner.get("tz"), "uid": env.uid}

    def rpc_has_group(self, env: Env, ids: list[int], group_ext_id: str | None = None) -> bool:
        if group_ext_id is None:
            raise TypeProblem(
                "Users.has_group() missing 1 required positional argument: 'group_ext_id'"
            )
        group = rights.GROUPS.by_xmlid.get(group_ext_id)
        own = env.row(self.model, ids[0] if ids else env.uid)
        return group in rights.GROUPS.closure(_groups(own))


def _groups(user: Row) -> list[int]:
    """The field has another name on 19.0."""
    return list(user.get("groups_id") or user.get("group_ids") or [])


class Company(Behaviour):
    model = "res.company"

    def defaults(self, env: Env, values: Row) -> Row:
        partner = env.insert(
            "res.partner",
            {
                "name": values.get("name"),
                "is_company": True,
                "complete_name": values.get("name"),
                "active": True,
            },
        )
        return {
            "active": True,
            "partner_id": partner,
            "currency_id": 1,
            "sequence": 10,
            "stock_move_sms_validation": True,
            "fiscalyear_last_day": 31,
            "fiscalyear_last_month": "12",
        }

    def before_unlink(self, env: Env, ids: list[int]) -> None:
        raise ValidationError(
            "The operation cannot be completed: another model requires the record being deleted. "
            "If possible, archive it instead.\n\nModel: Picking Type (stock.picking.type)\n"
            "Constraint: stock_picking_type_company_id_fkey\n"
        )


class Currency(Behaviour):
    model = "res.currency"

    def created(self, env: Env, row_id: int, given: Row) -> None:
        if len(env.where(self.model, "name", given.get("name"))) > 1:
            raise ValidationError(
                "The operation cannot be completed: The currency code must be unique!"
            )

    def compute_rate(self, env: Env, row_id: int, row: Row) -> float:
        return 1.0

    def compute_inverse_rate(self, env: Env, row_id: int, row: Row) -> float:
        return 1.0


class Country(Behaviour):
    model = "res.country"


class Tag(Behaviour):
    model = "crm.tag"


class PaymentTerm(Behaviour):
    model = "account.payment.term"


class Group(Behaviour):
    model = "res.groups"
    title_field = "full_name"

    def compute_full_name(self, env: Env, row_id: int, row: Row) -> Any:
        return row.get("full_name")


class IrModel(Behaviour):
    model = "ir.model"

    def __init__(self) -> None:
        self.ids_by_name: dict[str, int] = {}


class IrField(Behaviour):
    model = "ir.model.fields"
    title_field = "field_description"

    def display_name(self, env: Env, row_id: int, row: Row) -> str:
        return f"{row['field_description']} ({env.row('ir.model', row['model_id'])['name']})"


class ModelData(Behaviour):
    model = "ir.model.data"
    model_methods = frozenset({"check_object_reference", "xmlid_to_res_id"})

    def rpc_check_object_reference(
        self, env: Env, module: str, xml_id: str, raise_on_access_error: bool = False
    ) -> list[Any]:
        for _, row in env.rows(self.model):
            if row["module"] == module and row["name"] == xml_id:
                if rights.allowed(env, row["model"], "read"):
                    return [row["model"], row["res_id"]]
                if raise_on_access_error:
                    raise AccessError(f"Not enough access rights on the external ID {xml_id!r}")
                return [row["model"], False]
        raise ValueProblem(f"External ID not found in the system: {module}.{xml_id}")


class Parameter(Behaviour):
    model = "ir.config_parameter"
    model_methods = frozenset({"get_param", "set_param"})
    title_field = "key"

    def created(self, env: Env, row_id: int, given: Row) -> None:
        if len(env.where(self.model, "key", given.get("key"))) > 1:
            raise ValidationError("The operation cannot be completed: Key must be unique.")

    def rpc_get_param(self, env: Env, key: str, default: Any = False) -> Any:
        rights.check(env, self.model, "read")
        found = env.where(self.model, "key", key)
        return env.row(self.model, found[0])["value"] if found else default

    def rpc_set_param(self, env: Env, key: str, value: Any) -> Any:
        rights.check(env, self.model, "write")
        found = env.where(self.model, "key", key)
        if not found:
            env.insert(self.model, {"key": key, "value": value})
            return False
        old = env.row(self.model, found[0])["value"]
        env.put(self.model, found[0], value=value)
        return old
