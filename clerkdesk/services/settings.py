"""What an agency can choose, with the default that the law or habit suggests."""

from __future__ import annotations

import datetime as dt
import json
from typing import Any
from uuid import UUID

from sqlalchemy import Connection, bindparam, select

from clerkdesk.data.prepared import Prepared
from clerkdesk.data.schema import setting
from clerkdesk.data.upsert import prepared_upsert
from clerkdesk.errors import BadInput
from clerkdesk.i18n import N_
from clerkdesk.services.commands import ChangeSetting, Result
from clerkdesk.services.pen_places import read_policy

MEGABYTE = 1 << 20

# Tây Ninh 59/2014 Đ3.5, Đ6: petitions stay outside. Vĩnh Long 480 Đ4.2-4.3, Đắk Lắk 38/2016 Đ13.2: formats, 100 MB.
DEFAULTS: dict[str, Any] = {
    "exclusions": ["Đơn khiếu nại", "Đơn tố cáo", "Đơn tranh chấp"],
    "largest_document_megabytes": 100,
    "allowed_formats": [
        "pdf",
        "doc",
        "docx",
        "odt",
        "rtf",
        "txt",
        "xls",
        "xlsx",
        "ods",
        "ppt",
        "pptx",
        "odp",
        "zip",
        "rar",
        "jpg",
        "png",
        "tif",
    ],
    "watched_folder": "",
    "seal_millimetres": 36,
    "backup_days": 7,
    "session_minutes": 30,
    "offline_login_hours": 72,
    "pen_policy": "desk",  # see pen_places
}


class SettingWrong(BadInput):
    """The value does not fit the setting."""

    sentence = N_("Giá trị của “{name}” không hợp lệ. Giá trị cũ được giữ nguyên.")


_read = Prepared(
    select(setting.c.value).where(
        setting.c.agency_id == bindparam("agency"), setting.c.name == bindparam("name", type_=setting.c.name.type)
    ),
    reads_only="setting",
)


def read_setting(connection: Connection, agency: UUID, name: str) -> Any:
    """Return an agency's setting, or its default; raises KeyError for a name we do not have."""
    default = DEFAULTS[name]
    kept = _read(connection, agency=agency, name=name).scalar()
    return default if kept is None else json.loads(kept)


def change_setting(tx: Connection, command: ChangeSetting, at: dt.datetime) -> Result:
    """Keep a new value, of the same kind as the default.

    Raises:
        SettingWrong: unknown name, no JSON, or another kind of value.
        PolicyWrong: where the pens go cannot be read.
    """
    try:
        value = json.loads(command.value)
    except ValueError as error:
        raise SettingWrong(name=command.name) from error
    if command.name not in DEFAULTS or type(value) is not type(DEFAULTS[command.name]):
        raise SettingWrong(name=command.name)
    if isinstance(value, int) and value < 1:
        raise SettingWrong(name=command.name)
    if isinstance(value, list) and not all(isinstance(one, str) for one in value):
        raise SettingWrong(name=command.name)
    if command.name == "pen_policy":
        read_policy(value)
    _keep(tx, agency_id=command.agency, name=command.name, value=command.value)
    return Result()


_keep = prepared_upsert(
    setting, ("agency_id", "name", "value"), ("agency_id", "name"), {"value": "excluded.value"}
)  # fmt: skip
