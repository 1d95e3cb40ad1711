"""`/api/v1/account/devices`: where the account is signed in. Another account's device does not exist (404)."""

from typing import Any

from django.http import Http404, HttpRequest
from ninja import Router, Status

from shop.accounts import devices
from shop.accounts.api.auth import bearer, session_key_of, user_of
from shop.accounts.api.schemas import DeviceBody, EndedBody
from shop.core.api.document import refusals
from shop.core.api.paging import Page
from shop.core.audit import actors

router = Router(tags=["account"], auth=bearer)


@router.get("", response=Page[DeviceBody])
def list_devices(request: HttpRequest) -> object:
    """List the devices that are signed in, this one first; the hundred that were seen last."""
    found = devices.listed(user_of(request), current=session_key_of(request))
    return {"items": [_body(device) for device in found], "next": None}


@router.delete("", response=EndedBody)
def end_other_devices(request: HttpRequest) -> object:
    """Sign out every device but this one."""
    number = devices.end_others(
        user_of(request), current=session_key_of(request), actor=actors.of_visitor(request)
    )
    return {"ended": number}


@router.delete("/{int:device}", response={204: None, **refusals(404)})
def end_device(request: HttpRequest, device: int) -> object:
    """Sign out one device: its tokens and its browser are out at once. This one's own id signs out this one."""
    if not devices.end(user_of(request), device, actor=actors.of_visitor(request)):
        raise Http404
    return Status(204, None)


def _body(device: devices.Device) -> dict[str, Any]:
    return {
        "id": device.id,
        "kind": "app" if device.is_app else "browser",
        "program": device.program,
        "system": device.system,
        "network": device.network,
        "signed_in_at": device.signed_in_at,
        "last_seen_at": device.last_seen_at,
        "is_current": device.is_current,
    }
