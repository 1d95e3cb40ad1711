"""The control page under ``/_sandbox/`` and its JSON twin for tests."""

from __future__ import annotations

from urllib.parse import urlencode

from shop.sandbox import overview
from shop.sandbox.actions import ActionRefused, perform
from shop.sandbox.engine import Sandbox
from shop.sandbox.faults import ANYBODY, UnknownFault
from shop.sandbox.router import Request, Response, Router
from shop.sandbox.store import JsonDict, Record
from shop.sandbox.templating import page


def routes(router: Router) -> None:
    """Register pages and JSON."""
    for method, path, handler in (
        ("GET", "/", lambda sandbox, request: Response.redirect("/_sandbox/")),
        ("GET", "/_sandbox", lambda sandbox, request: Response.redirect("/_sandbox/")),
        ("GET", "/_sandbox/", show_payments),
        ("GET", "/_sandbox/faults", show_faults),
        ("GET", "/_sandbox/deliveries", show_deliveries),
        ("POST", "/_sandbox/do", submit),
        ("GET", "/_sandbox/health", health),
        ("GET", "/_sandbox/api/deliveries", api_deliveries),
        ("POST", "/_sandbox/api/deliveries/{number}/resend", api_resend),
        ("GET", "/_sandbox/api/faults", api_faults),
        ("POST", "/_sandbox/api/faults", api_add_fault),
        ("DELETE", "/_sandbox/api/faults", api_clear_faults),
        ("DELETE", "/_sandbox/api/faults/{number}", api_clear_faults),
        ("POST", "/_sandbox/api/actions/{name}", api_action),
        ("POST", "/_sandbox/api/advance", api_advance),
        ("POST", "/_sandbox/api/flush", api_flush),
        ("POST", "/_sandbox/api/reset", api_reset),
        ("GET", "/_sandbox/api/{collection}", api_collection),
    ):
        router.add(method, path, handler)


# -- pages ------------------------------------------------------------------------------------------------
def _page(sandbox: Sandbox, request: Request, tab: str, context: JsonDict) -> Response:
    waiting = sandbox.store.rows(
        "SELECT COUNT(*) AS n FROM deliveries WHERE state IN ('pending', 'in_flight')"
    )
    common = {
        "tab": tab,
        "notice": request.query.get("notice", ""),
        "problem": request.query.get("problem", ""),
        "offset": round(sandbox.clock.offset / 60),
        "armed_count": len(sandbox.faults.armed()),
        "waiting": waiting[0]["n"],
        "site_url": sandbox.config.site_url,
    }
    return page(f"control/{tab}.html", {**common, **context})


def show_payments(sandbox: Sandbox, request: Request) -> Response:
    """Show the latest payments with their buttons."""
    return _page(sandbox, request, "payments", {"rows": overview.rows(sandbox)})


def show_faults(sandbox: Sandbox, request: Request) -> Response:
    """Show the armed faults and the form to arm one."""
    groups: dict[str, list[object]] = {}
    for kind in sandbox.faults.kinds.values():
        groups.setdefault(kind.group, []).append(kind)
    context = {
        "armed": sandbox.faults.armed(),
        "groups": groups.items(),
        "providers": sandbox.faults.providers,
    }
    context["target"] = request.query.get("target", "")
    return _page(sandbox, request, "faults", context)


def show_deliveries(sandbox: Sandbox, request: Request) -> Response:
    """Show the webhooks sent and waiting."""
    return _page(sandbox, request, "deliveries", {"deliveries": overview.deliveries(sandbox)})


def submit(sandbox: Sandbox, request: Request) -> Response:
    """Run any button or form of the control page and redirect back."""
    form = request.form
    back = form.get("tab", "")
    back = back if back in ("faults", "deliveries") else ""
    try:
        notice = {"notice": _do(sandbox, form)}
    except (ActionRefused, UnknownFault, ValueError) as error:
        notice = {"problem": str(error)}
    return Response.redirect(f"/_sandbox/{back}?{urlencode(notice)}")


def _do(sandbox: Sandbox, form: dict[str, str]) -> str:
    what = form.get("do", "")
    if what == "action":
        name = form.get("name", "")
        perform(sandbox, name, form.get("id", ""), {"amount": form.get("amount", "")})
        return f"{overview.labels(sandbox).get(name, name)}: hecho."
    if what == "fault":
        _arm(sandbox, form)
        return "Falla preparada."
    if what == "disarm":
        sandbox.faults.clear(int(form["id"]) if form.get("id") else None)
        return "Falla quitada."
    if what == "resend":
        found = sandbox.outbox.resend(int(form.get("id", "0")))
        return "Se envía de nuevo." if found else "Ese aviso se está enviando ahora."
    if what == "advance":
        minutes = float(form.get("minutes") or 0)
        sandbox.clock.advance(minutes * 60)
        return f"El reloj avanzó {minutes:g} minutos."
    if what == "reset":
        sandbox.store.reset()
        return "Se borró todo."
    raise ActionRefused("No se entiende el pedido.")


def _arm(sandbox: Sandbox, form: dict[str, str]) -> None:
    kind = sandbox.faults.kinds.get(form.get("name", ""))
    if kind is None:
        raise UnknownFault("Elegí una falla.")
    params = {
        name: form.get(f"{kind.name}.{name}") in ("on", "true") if isinstance(default, bool) else given
        for name, default in kind.defaults
        if (given := form.get(f"{kind.name}.{name}", "")) or isinstance(default, bool)
    }
    count = form.get("count", "1")
    if count and not count.isdecimal():
        raise UnknownFault("La cantidad de veces no es un número.")
    sandbox.faults.add(
        kind.name,
        provider=form.get("provider", ANYBODY),
        target=form.get("target", "").strip(),
        request=form.get("request", "").strip(),
        count=int(count) if count else None,
        params=params,
    )


# -- JSON -------------------------------------------------------------------------------------------------
def _body(request: Request) -> JsonDict:
    try:
        body = request.json()
    except ValueError:
        return {}
    return body if isinstance(body, dict) else {}


def _refused(message: str, status: int = 400) -> Response:
    return Response.of_json({"error": message}, status)


def health(sandbox: Sandbox, request: Request) -> Response:
    """Return that the sandbox is up and what is pending."""
    sandbox.store.rows("SELECT 1")
    waiting = sandbox.store.rows("SELECT COUNT(*) AS n FROM deliveries WHERE state = 'pending'")[0]["n"]
    return Response.of_json({"status": "ok", "pending_deliveries": waiting, "offset": sandbox.clock.offset})


def api_collection(sandbox: Sandbox, request: Request, collection: str) -> Response:
    """List the objects of a collection, newest first (``?ref=`` and ``?parent=`` narrow)."""
    kinds = [kind for each in sandbox.counterparts.values() for kind in each.collections.get(collection, ())]
    if not kinds:
        return _refused("unknown collection", 404)
    query = request.query
    found: list[Record] = []
    for kind in kinds:
        found += sandbox.store.find(kind, ref=query.get("ref"), parent=query.get("parent"))
    found.sort(key=lambda record: record.seq, reverse=True)
    return Response.of_json([record.body for record in found])


def api_deliveries(sandbox: Sandbox, request: Request) -> Response:
    """List deliveries with every try's request and answer, newest first."""
    return Response.of_json(overview.deliveries(sandbox, 500))


def api_resend(sandbox: Sandbox, request: Request, number: str) -> Response:
    """Send a delivery once more."""
    if not number.isdecimal() or not sandbox.outbox.resend(int(number)):
        return _refused("no such delivery, or it is on the wire", 409)
    return Response.of_json({"ok": True})


def api_faults(sandbox: Sandbox, request: Request) -> Response:
    """List the armed faults and the kinds there are."""
    kinds = {kind.name: dict(kind.defaults) for kind in sandbox.faults.kinds.values()}
    return Response.of_json({"armed": sandbox.faults.armed(), "kinds": kinds})


def api_add_fault(sandbox: Sandbox, request: Request) -> Response:
    """Arm a fault: ``{"name", "provider"?, "target"?, "request"?, "count"? (null: always), "params"?}``."""
    body = _body(request)
    count = body.get("count", 1)
    if count is not None and not isinstance(count, int):
        return _refused("count must be a number or null")
    try:
        armed = sandbox.faults.add(
            str(body.get("name")),
            provider=str(body.get("provider", ANYBODY)),
            target=str(body.get("target", "")),
            request=str(body.get("request", "")),
            count=count,
            params=body.get("params") or {},
        )
    except UnknownFault as error:
        return _refused(str(error))
    return Response.of_json({"id": armed}, 201)


def api_clear_faults(sandbox: Sandbox, request: Request, number: str = "") -> Response:
    """Disarm one fault or all."""
    if number and not number.isdecimal():
        return _refused("no such fault", 404)
    return Response.of_json({"cleared": sandbox.faults.clear(int(number) if number else None)})


def api_action(sandbox: Sandbox, request: Request, name: str) -> Response:
    """Do an operator's action: ``{"id": …, …}``; answers the object it acted on."""
    body = _body(request)
    try:
        record = perform(sandbox, name, str(body.get("id", "")), body)
    except ActionRefused as error:
        return _refused(str(error), 409)
    return Response.of_json(record.body)


def api_advance(sandbox: Sandbox, request: Request) -> Response:
    """Move all deadlines nearer: ``{"seconds": …}``; what is due is done before the answer."""
    seconds = _body(request).get("seconds")
    if not isinstance(seconds, (int, float)) or isinstance(seconds, bool):
        return _refused("seconds must be a number")
    try:
        offset = sandbox.clock.advance(seconds)
    except ValueError as error:
        return _refused(str(error))
    sandbox.tick()
    return Response.of_json({"offset": offset})


def api_flush(sandbox: Sandbox, request: Request) -> Response:
    """Wait until no webhook is being sent or due: ``{"timeout": seconds}``."""
    timeout = _body(request).get("timeout", 5)
    if not isinstance(timeout, (int, float)):
        return _refused("timeout must be a number")
    return Response.of_json({"done": sandbox.outbox.flush(min(float(timeout), 60.0))})


def api_reset(sandbox: Sandbox, request: Request) -> Response:
    """Delete the whole state."""
    sandbox.store.reset()
    return Response.of_json({"ok": True})
