"""What goes wrong with one field."""

from __future__ import annotations

from jobhunter_contracts.errors import JobHunterError


class FieldNotSet(JobHunterError):
    """A field does not hold what it should. where: its label."""

    code = "field-not-set"


class WidgetFault(Exception):
    """Why another try would not help; set_field turns it into FieldNotSet."""
