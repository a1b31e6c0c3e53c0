"""Click options that are generated from the settings classes."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

from moue.settings import Field


class SettingOption(click.Option):
    """Click option for a setting; its value is None if the flag is not given.

    Attributes:
        section: Name of the section of `moue.toml` that contains the setting.
        shown_default: Default of the setting for the help; None shows no default.
    """

    def __init__(
        self, *names: Any, section: str, shown_default: str | None = None, **more: Any
    ) -> None:
        super().__init__(*names, **more)
        self.section = section
        self.shown_default = shown_default

    def get_help_extra(self, ctx: click.Context) -> Any:
        """Return the default and the range, which Click shows in brackets after the help text."""
        shown = {} if self.shown_default is None else {"default": self.shown_default}
        return super().get_help_extra(ctx) | shown


def setting_option(
    section: str, field: Field
) -> Callable[[Callable[..., None]], Callable[..., None]]:
    """Return a Click decorator that adds the flag of a setting.

    Args:
        section: name of the section of `moue.toml` that contains the setting.
        field: declaration of the setting.
    """
    more: dict[str, Any] = {"type": _click_type(field), "section": section}
    flag, text = field.flag, field.setting.help
    if field.type is bool:
        flag = f"{flag}/--no-{flag[2:]}"
    elif field.setting.bare is not None:
        more |= {"is_flag": False, "flag_value": field.setting.bare}
        more["metavar"] = "[NUMBER]" if field.type is int else "[NAME]"
        text += "" if field.type is int else f"  [without a name: {field.setting.bare}]"
    elif field.type in (int, float):
        more["metavar"] = "INTEGER" if field.type is int else "NUMBER"
    if field.default is not None:
        shown = str(field.default)
        more["shown_default"] = shown.lower() if field.type is bool else shown
    return click.option(flag, field.name, cls=SettingOption, default=None, help=text, **more)


def _click_type(field: Field) -> Any:
    if field.choices:
        return click.Choice(field.choices)
    low, high = field.setting.low, field.setting.high
    if low is None and high is None:
        return field.type
    if field.type is float:
        return click.FloatRange(low, high)
    return click.IntRange(None if low is None else int(low), None if high is None else int(high))
