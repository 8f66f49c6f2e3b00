"""What a person says of a partner, read from a form into partners.NewPartner."""

from __future__ import annotations

from typing import Any, Final

from django import forms
from django.http import QueryDict

from apps.accounts.models import Company, User, Warehouse
from apps.integrations import formats
from apps.integrations.errors import BadPartner
from apps.integrations.formats import acks
from apps.integrations.formats.codes import MILESTONES
from apps.integrations.formats.schemes import SCHEMES
from apps.integrations.partners import NewPartner

_FORMATS: Final = sorted(formats.FORMATS.values(), key=lambda one: one.title.lower())
_ANSWERS: Final = ("997", "999", "CONTRL")
_AREA: Final = {"rows": 3, "spellcheck": "false"}


class PartnerForm(forms.Form):
    """Settings of a partner; the services say what of it cannot be used."""

    name = forms.CharField(max_length=120)
    format = forms.ChoiceField(
        choices=[("", "Choose one"), *((one.name, one.title) for one in _FORMATS)]
    )
    scheme = forms.ChoiceField(required=False)
    timezone = forms.CharField(max_length=64, required=False)
    carrier = forms.CharField(max_length=50, required=False)
    companies = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    warehouses = forms.MultipleChoiceField(required=False, widget=forms.CheckboxSelectMultiple)
    contact_email = forms.EmailField(required=False)
    allow_from = forms.CharField(required=False, widget=forms.Textarea(_AREA), max_length=10_000)
    certificate = forms.CharField(max_length=300, required=False)
    rate_per_minute = forms.IntegerField(required=False, min_value=1, max_value=1_000_000)
    max_age_s = forms.IntegerField(min_value=30, max_value=86_400, initial=300)
    acknowledge = forms.ChoiceField(required=False)
    granted = forms.MultipleChoiceField(
        required=False,
        widget=forms.CheckboxSelectMultiple,
        choices=[(one, one.replace("_", " ")) for one in sorted(MILESTONES)],
    )
    granted_kinds = forms.CharField(required=False, widget=forms.Textarea(_AREA), max_length=5_000)

    def __init__(
        self,
        data: QueryDict | None = None,
        *,
        viewer: User,
        format_name: str = "",
        held: NewPartner | None = None,
    ) -> None:
        super().__init__(data, initial=_initial(held) if held else None)
        self.held = held
        known = formats.FORMATS.get(format_name)
        own = f" ({SCHEMES[known.scheme].title})" if known else ""
        names = known.schemes if known else tuple(SCHEMES)
        told = [(name, SCHEMES[name].title) for name in names]
        self._choices("scheme", [("", f"As the format signs itself{own}"), *told])
        answers = acks.kinds(format_name) if known else _ANSWERS
        self.may_acknowledge = bool(answers)
        self._choices("acknowledge", [("", "Not at all"), *((one, one) for one in answers)])
        mine = Company.objects.filter(pk__in=viewer.scope.companies).order_by("name")
        self._choices("companies", [(one.public_id, one.name) for one in mine])
        self._mine = {one.public_id: one for one in mine}
        places = Warehouse.objects.filter(company__in=mine).order_by("company__name", "name")
        self._choices("warehouses", [(one.public_id, one.name) for one in places])
        self._places = {one.public_id: one for one in places}

    def full_clean(self) -> None:
        """Checks, and takes the reader to the first field that cannot be used."""
        super().full_clean()
        self._lead_to_the_first()

    def refuse(self, bad: BadPartner) -> str:
        """Say a service's refusal beside the field it is about; returns it when it is about none of them."""
        if bad.field not in self.fields:
            return str(bad)
        self.add_error(bad.field, str(bad))
        self._lead_to_the_first()
        return ""

    def _lead_to_the_first(self) -> None:
        for name, field in self.fields.items():
            if name in self.errors:
                field.widget.attrs["autofocus"] = True
                return

    def _choices(self, name: str, choices: list[tuple[str, str]]) -> None:
        field = self.fields[name]
        assert isinstance(field, forms.ChoiceField)
        field.choices = choices

    def said(self) -> NewPartner:
        """The settings of a valid form. Companies and warehouses outside of the person's scope stay as they are."""
        data = self.cleaned_data
        chosen = [self._mine[one] for one in data["companies"]]
        others = (
            [one for one in self.held.companies if one.public_id not in self._mine]
            if self.held
            else []
        )
        places = [self._places[one] for one in data["warehouses"]]
        elsewhere = (
            [one for one in self.held.warehouses if one.public_id not in self._places]
            if self.held
            else []
        )
        return NewPartner(
            name=data["name"],
            format=data["format"],
            scheme=data["scheme"],
            timezone=data["timezone"],
            carrier=data["carrier"],
            companies=(*chosen, *others),
            warehouses=(*places, *elsewhere),
            contact_email=data["contact_email"],
            allow_from=tuple(data["allow_from"].replace(",", " ").split()),
            certificate=data["certificate"],
            granted=(*data["granted"], *data["granted_kinds"].replace(",", " ").split()),
            rate_per_minute=data["rate_per_minute"],
            max_age_s=data["max_age_s"],
            acknowledge=data["acknowledge"],
        )


def _initial(held: NewPartner) -> dict[str, Any]:
    plain = {name: getattr(held, name) for name in PartnerForm.base_fields if hasattr(held, name)}
    return plain | {
        "companies": [one.public_id for one in held.companies],
        "warehouses": [one.public_id for one in held.warehouses],
        "allow_from": "\n".join(held.allow_from),
        "granted": [one for one in held.granted if one in MILESTONES],
        "granted_kinds": "\n".join(one for one in held.granted if one not in MILESTONES),
    }


def pasted_headers(text: str) -> dict[str, str]:
    """Headers as they stand in a log, one "Name: value" a line; what is no header is passed over."""
    found = {}
    for line in text.splitlines()[:200]:
        name, colon, value = line.partition(":")
        if colon and name.strip() and " " not in name.strip():
            found[name.strip()[:100]] = value.strip()[:8192]
    return found


def pasted_body(data: QueryDict) -> bytes:
    """The pasted text with the line ends it had before the browser made them CRLF."""
    return data.get("body", "").replace("\r\n", "\n").encode("utf-8", "surrogatepass")
