"""Units of measure: an amount of one unit in another, exact to ten digits. Pure."""

import re
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

from tenants.errors import Invalid
from workflows.functions import BusinessFacts, Function

# A unit, or one by another: no powers and no numbers, which a text could make endless.
UNIT = re.compile(r"[A-Za-zµΩ°]{1,30}( ?/ ?[A-Za-zµΩ°]{1,30})?")
DIGITS = 10
LARGEST = Decimal(10) ** 15


@cache
def _registry() -> Any:
    """Return the units that there are. Reading them takes a third of a second, so it is late."""
    from pint import UnitRegistry

    return UnitRegistry(non_int_type=Decimal, autoconvert_offset_to_baseunit=True)


def _convert(args: dict[str, Any], _: BusinessFacts) -> dict[str, Any]:
    """Return an amount in another unit. Raises Invalid for what can't be one."""
    try:
        value = Decimal(args["value"])
    except InvalidOperation as error:
        raise Invalid(f"“{args['value']}” is no number. Write it like 12.5.") from error
    if not value.is_finite() or abs(value) > LARGEST:
        raise Invalid("An amount has 15 digits at most.")
    units = [_unit(args["from"]), _unit(args["to"])]
    from pint import DimensionalityError

    try:
        found = _registry().Quantity(value, units[0]).to(units[1]).magnitude
    except DimensionalityError as error:
        raise Invalid(f"{args['from']} can't be given in {args['to']}.") from error
    rounded = Decimal(f"{Decimal(found):.{DIGITS}g}")
    return {"value": f"{rounded.normalize():f}", "unit": args["to"]}


def _unit(name: str) -> Any:
    """Return a unit of measure. Raises Invalid for one there is not."""
    from pint.errors import PintError

    if not UNIT.fullmatch(name):
        raise Invalid(f"“{name[:40]}” is no unit. Write it like kg or km/h.")
    try:
        return _registry().Unit(name)
    except (PintError, AttributeError, ValueError) as error:
        raise Invalid(f"There is no unit {name[:40]}.") from error


FUNCTIONS = {
    "units.convert": Function(
        "An amount of one unit of measure in another, as 5 kg in lb or 20 degC in degF.",
        {
            "value": {"type": "string", "maxLength": 30, "description": "A number, as 12.5."},
            "from": {"type": "string", "maxLength": 60},
            "to": {"type": "string", "maxLength": 60},
        },
        _convert,
    ),
}
