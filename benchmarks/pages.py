"""How long pages take beside a bare Flask + SQLAlchemy page, on the same server, in one interleaved
run.

    python -m benchmarks.pages                     300 own cases of 10,000
    python -m benchmarks.pages --cases 170000 --units 3321 --province all
    python -m benchmarks.pages --province 91 --units 102 --months 36 --cases 3000
    python -m benchmarks.pages --province 91 --units 102 --months 1 --cases 400
    python -m benchmarks.pages --server granian    gunicorn-gthread | gunicorn-sync | granian

Prints a Markdown table: median, 95th percentile, ratio of medians to the bare page, the median of
the processor's time that the server took (which neighbours on the machine hardly change), and the
peak memory of the server's processes. Machines are noisy: read the ratios.
"""

import argparse
import http.client
import os
import re
import secrets
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from functools import partial
from pathlib import Path
from urllib.parse import urlencode
from uuid import UUID, uuid4

from sqlalchemy import insert, select

from casework import create_app
from casework.core.clock import add_months, month_end, now, today
from casework.core.database import db
from casework.inspection.readmodel.models import (
    CriterionFigure,
    Edition,
    Figure,
    Measure,
    Rating,
    UnitOfCount,
)
from casework.organisation.accounts.models import Account, AccountRole
from casework.organisation.units.models import Unit

ROOT = Path(__file__).resolve().parent.parent
PASSWORD = "một mật khẩu chỉ để đo"
PORT = 5099
MONTHS = 24
JUDGED_MONTHS, CRITERIA = 12, 29
COMPARE = "/figures/compare"
# Its two seconds would close the connection of whoever waits for the other's turn.
BIND = ["--bind", f"127.0.0.1:{PORT}", "--log-level", "error", "--keep-alive", "60"]
MY_UNIT = "/overview"
SET = uuid4()
PANELS = ("/overview/people", "/overview/activities", "/overview/money")
PARTIAL = {"HX-Request": "true", "HX-Request-Type": "partial"}
LIVE = ("/meetings", "/members", "/communications", "/plans", "/budgets", "/remuneration")
SERVERS = {
    "gunicorn-gthread": ["gunicorn", "--workers", "2", "--threads", "4", *BIND],
    "gunicorn-one": ["gunicorn", "--workers", "1", "--threads", "8", *BIND],
    "gunicorn-sync": ["gunicorn", "--workers", "2", *BIND],
    "granian": ["granian", "--interface", "wsgi", "--workers", "2", "--port", str(PORT)],
}


class Client:
    """One browser on one kept connection."""

    def __init__(self) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", PORT, timeout=60)
        self.cookies: dict[str, str] = {}

    def ask(
        self,
        method: str,
        path: str,
        fields: dict[str, str] | None = None,
        more: Mapping[str, str] | None = None,
    ) -> tuple[int, str, str]:
        """Status, place it leads to, text."""
        headers = {"Cookie": "; ".join(f"{k}={v}" for k, v in self.cookies.items()), **(more or {})}
        body = None
        if fields is not None:
            body = urlencode(fields).encode()
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        self.connection.request(method, path, body, headers)
        answer = self.connection.getresponse()
        text = answer.read().decode()
        for cookie in answer.headers.get_all("Set-Cookie") or []:
            name, _, rest = cookie.partition("=")
            self.cookies[name] = rest.partition(";")[0]
        return answer.status, answer.headers.get("Location", ""), text

    def form(self, path: str) -> dict[str, str]:
        """The hidden fields of the page's main form."""
        text = self.ask("GET", path)[2].partition("<main")[2]
        hidden = re.findall(r"<input[^>]*type=\"hidden\"[^>]*>", text)
        found = {}
        for tag in hidden:
            name, value = re.search(r'name="([^"]*)"', tag), re.search(r'value="([^"]*)"', tag)
            if name:
                found[name[1]] = value[1] if value else ""
        return found

    def sign_in(self, username: str) -> None:
        """Sign in by the page's own form."""
        fields = {**self.form("/sign-in"), "username": username, "password": PASSWORD}
        status, place, _ = self.ask("POST", "/sign-in", fields)
        assert status == 303 and "sign-in" not in place, f"{username} could not sign in: {status}"


def main() -> None:
    """Prepare, serve, measure, print."""
    options = _options()
    with tempfile.TemporaryDirectory() as folder:
        environment = _environment(Path(folder))
        _prepare(environment, options)
        _publish(environment)
        program, *arguments = SERVERS[options.server]
        command = [str(Path(sys.executable).with_name(program)), *arguments]
        server = subprocess.Popen([*command, "benchmarks.served:app"], cwd=ROOT, env=environment)
        try:
            _wait()
            _report(_measure(options.rounds, server.pid), _peak_memory(server.pid), options)
        finally:
            server.terminate()
            server.wait(20)


def _options() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--server", choices=SERVERS, default="gunicorn-gthread")
    parser.add_argument("--province", default="96")
    parser.add_argument("--units", type=int, default=64)
    parser.add_argument("--cases", type=int, default=10_000)
    parser.add_argument("--own-cases", type=int, default=300)
    parser.add_argument("--months", type=int, default=6)
    parser.add_argument("--rounds", type=int, default=100)
    return parser.parse_args()


def _environment(folder: Path) -> dict[str, str]:
    secret = {"CASEWORK_SECRET_KEY": secrets.token_hex(), "CASEWORK_PEPPER": secrets.token_hex()}
    place = {"CASEWORK_INSTANCE": str(folder), "CASEWORK_DEMO_PASSWORD": PASSWORD}
    return {**os.environ, **secret, **place}


def _prepare(environment: dict[str, str], options: argparse.Namespace) -> None:
    flask = [str(Path(sys.executable).with_name("flask")), "--app", "app"]
    load = ["demo", "load", "--seed", "1"]
    for name in ("province", "units", "cases", "months", "own_cases"):
        load += [f"--{name.replace('_', '-')}", str(getattr(options, name))]
    for command in (["prepare", "--empty"], load):
        subprocess.run([*flask, *command], cwd=ROOT, env=environment, check=True, stdout=sys.stderr)


def _publish(environment: dict[str, str]) -> None:
    """Two years of figures of the unit head's unit, and a year in which all units of a province are
    judged: reading them is measured, not proving them.
    """
    os.environ.update(environment)
    app = create_app()
    with app.app_context():
        units = db.session.execute(select(Unit.id, Unit.province_id)).all()
        judged = _judged_units()
        for number in range(MONTHS):
            first = add_months(today().replace(day=1), number - MONTHS)
            last = month_end(first.year, first.month)
            editions = {province: uuid4() for _, province in units}
            span = {"from_on": first, "until_on": last}
            about = {"period": f"{first:%Y-%m}", "published_at": now(), "published_by": "", **span}
            db.session.execute(
                insert(Edition), [{"id": i, "province_id": p, **about} for p, i in editions.items()]
            )
            head = [unit for unit in units if unit[0] in _units_of("unithead")]
            db.session.execute(
                insert(Figure),
                [
                    {**_figure(measure), "edition_id": editions[p], "unit_id": u, **span}
                    for u, p in head
                    for measure in Measure
                ],
            )
            if number >= MONTHS - JUDGED_MONTHS:
                db.session.execute(
                    insert(CriterionFigure),
                    [
                        {
                            **_criterion(place, which),
                            "edition_id": editions[p],
                            "unit_id": u,
                            **span,
                        }
                        for place, (u, p) in enumerate(judged)
                        for which in range(CRITERIA)
                    ],
                )
        db.session.commit()


def _units_of(username: str) -> set[UUID]:
    roles = select(AccountRole.unit_id).join(Account).where(Account.username == username)
    return {unit for unit in db.session.scalars(roles) if unit}


def _judged_units() -> list[tuple[UUID, UUID]]:
    query = select(Unit.id, Unit.province_id).where(
        Unit.province_id.in_(_units_of("inspector")),
        ~Unit.is_province,
        Unit.valid_until.is_(None),
    )
    return [(unit, province) for unit, province in db.session.execute(query) if province]


def _criterion(place: int, which: int) -> dict[str, object]:
    return {
        "id": uuid4(),
        "code": f"{'ABCDEFGHK'[which % 9]}{which // 9 + 1}",
        "position": which,
        "text": f"Tiêu chí số {which + 1} của bộ tiêu chí kiểm tra",
        "set_id": SET,
        "set_number": 1,
        "numerator": place % 12,
        "denominator": 12,
        "unit_of_value": UnitOfCount.SESSIONS,
        "rating": list(Rating)[(place * 7 + which * 3 + place // 5) % len(Rating)],
    }


def _figure(measure: Measure) -> dict[str, object]:
    low, high = (5, 9) if measure.is_personal else (12, 12)
    return {
        "id": uuid4(),
        "level": "unit",
        "measure": measure,
        "unit_of_count": measure.unit_of_count,
        "is_personal": measure.is_personal,
        "shown": "band" if measure.is_personal else "exact",
        "low": low,
        "high": high,
    }


def _wait() -> None:
    for _ in range(200):
        try:
            if Client().ask("GET", "/healthz")[0] == 200:
                return
        except OSError:
            time.sleep(0.1)
    raise SystemExit("the server did not start")


Taken = dict[str, list[tuple[float, float]]]


def _measure(rounds: int, server: int) -> Taken:
    """Seconds of every request, and of the server's processor, page by page; interleaved so that
    noise falls on all alike.
    """
    counselor, head, inspector = Client(), Client(), Client()
    counselor.sign_in("counselor")
    head.sign_in("unithead")
    inspector.sign_in("inspector")
    months = re.findall(r'value="([0-9]{4}-[0-9]{2})"', inspector.ask("GET", COMPARE)[2])
    case = re.findall(r'href="(/cases/[0-9a-f-]{36})"', counselor.ask("GET", "/cases")[2])[0]
    unit = head.ask("GET", "/figures")[1]
    search = {**counselor.form("/cases"), "words": "nguyen"}
    pages: dict[str, Callable[[], tuple[int, str, str]]] = {
        "bare page, 25 rows": lambda: counselor.ask("GET", "/bare/"),
        "case list, 25 of the own": lambda: counselor.ask("GET", "/cases"),
        "search by name": lambda: counselor.ask("POST", "/cases/search", search),
        "case page": lambda: counselor.ask("GET", case),
        "contacts of the case": lambda: counselor.ask("GET", case + "/contacts"),
        "support of the caseload": lambda: counselor.ask("GET", "/support"),
        "referrals that wait": lambda: counselor.ask("GET", "/referrals"),
        "today": lambda: counselor.ask("GET", "/"),
        "unit page": lambda: head.ask("GET", unit),
        "units side by side": lambda: inspector.ask("GET", COMPARE),
        "units side by side, two periods": lambda: inspector.ask(
            "GET", f"{COMPARE}?other={months[1]}&sort=not_met"
        ),
        "units side by side, as CSV": lambda: inspector.ask("GET", f"{COMPARE}/csv"),
        "my unit, whole": lambda: _ask_whole(head),
        **{address: partial(head.ask, "GET", address) for address in LIVE},
    }
    taken: Taken = {name: [] for name in (*pages, "logging a contact")}
    for number in range(rounds + 5):
        for name, ask in pages.items():
            _time(taken[name], ask, server, counts=number >= 5)
        fields = {**counselor.form(case + "/contacts/new"), **_contact(number)}
        log = lambda fields=fields: counselor.ask("POST", case + "/contacts/new", fields)  # noqa: E731
        _time(taken["logging a contact"], log, server, counts=number >= 5)
    return taken


def _ask_whole(client: Client) -> tuple[int, str, str]:
    """The unit head's live page and, one after the other, the parts htmx loads into it."""
    answers = [client.ask("GET", MY_UNIT)]
    answers += [client.ask("GET", address, more=PARTIAL) for address in PANELS]
    return max(answers)


def _contact(number: int) -> dict[str, str]:
    day = time.strftime("%Y-%m-%d")
    note = f"Lần {number}: đã gặp, mọi việc ổn."
    return {"kind": "home", "on": day, "minutes": "30", "note": note}


def _time(
    seconds: list[tuple[float, float]],
    ask: Callable[[], tuple[int, str, str]],
    server: int,
    *,
    counts: bool,
) -> None:
    worked, begun = _processor_time(server), time.perf_counter()
    status = ask()[0]
    took = time.perf_counter() - begun
    if status not in (200, 303):
        raise SystemExit(f"answered {status}")
    if counts:
        seconds.append((took, _processor_time(server) - worked))


def _processor_time(pid: int) -> float:
    """Seconds that the threads of the server's processes ran so far."""
    ran = 0
    for process in [pid, *_children(pid)]:
        for thread in Path(f"/proc/{process}/task").iterdir():
            ran += int((thread / "schedstat").read_text().split()[0])
    return ran / 1e9


def _peak_memory(pid: int) -> int:
    """Peak resident memory of the server's processes together, in bytes (shared pages counted in
    each).
    """
    total = 0
    for process in [pid, *_children(pid)]:
        peak = re.search(r"VmHWM:\s+(\d+) kB", Path(f"/proc/{process}/status").read_text())
        total += int(peak[1]) * 1024 if peak else 0
    return total


def _children(pid: int) -> list[int]:
    return [int(child) for child in Path(f"/proc/{pid}/task/{pid}/children").read_text().split()]


def _report(taken: Taken, memory: int, options: argparse.Namespace) -> None:
    bare = statistics.median(wall for wall, _ in taken["bare page, 25 rows"])
    cases = f"{options.own_cases} own cases of {options.cases}"
    print(f"{options.server}, {cases}, {options.rounds} rounds\n")
    print("| page | median ms | 95 % ms | × bare | processor ms |")
    print("|---|---:|---:|---:|---:|")
    for name, seconds in taken.items():
        waited = [wall for wall, _ in seconds]
        middle, tail = statistics.median(waited), statistics.quantiles(waited, n=20)[-1]
        worked = statistics.median(processor for _, processor in seconds)
        print(
            f"| {name} | {middle * 1000:.1f} | {tail * 1000:.1f} | {middle / bare:.1f} "
            f"| {worked * 1000:.1f} |"
        )
    print(f"\nPeak memory of the server's processes: {memory / 2**20:.0f} MiB")


if __name__ == "__main__":
    main()
