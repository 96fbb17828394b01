"""Templates stay on their side, and hold nothing inline, nothing unescaped, no name in a title."""

import re
from pathlib import Path

import pytest
from jinja2 import Environment, nodes

TEMPLATES = Path(__file__).parents[2] / "templates"
SHARED = ("layouts/", "components/")
# A part may use its own templates, those shared by all, and those of parts below it.
MAY_USE = {
    "layouts": SHARED,
    "components": ("components/",),
    "errors": SHARED,
    "organisation": (*SHARED, "organisation/"),
    "confidential": (*SHARED, "confidential/", "organisation/"),
    "inspection": (*SHARED, "inspection/"),
    "anonymisation": (*SHARED, "anonymisation/"),
}
# What a title may show: codes, labels, names of units, groups and measures; never a person.
TITLE_VARIABLES = {
    "case.reference",
    "offer.reference",
    "proposal.reference",
    "group.name",
    "cluster.name",
    "unit.label",
    "room.unit.label",
    "part.letter",
    "part.title",
    "title",
    "subject.username",  # an account's
    "scope.unit.label",
    "body.name",
    "agency.name",
    "year",
    "shown.year",
    "line.year",
    "line.purpose_label",
    "criteria_set.number",
    "setting.label",
    "month.label",
    "month.strftime",
    "payment.month.strftime",
    "meeting.held_on",
    "meeting.due_on",
    "session.held_on",
}
INLINE = {
    "a style": re.compile(r"\sstyle\s*=", re.IGNORECASE),
    "a style element": re.compile(r"<style\b", re.IGNORECASE),
    "a handler": re.compile(r"<[^>]*\son[a-z]+\s*=", re.IGNORECASE),
    "a script without a source": re.compile(r"<script(?![^>]*\ssrc=)", re.IGNORECASE),
    "a script address": re.compile(r"javascript:", re.IGNORECASE),
    "htmx evaluating": re.compile(r"hx-(on|vals=.js:|trigger=[^>]*\[)", re.IGNORECASE),
}
UNESCAPED = re.compile(r"\|\s*(safe|forceescape)\b|autoescape\s+false|Markup\(")


def templates() -> list[str]:
    return sorted(str(path.relative_to(TEMPLATES)) for path in TEMPLATES.rglob("*.html"))


def faults_of(name: str, text: str) -> list[str]:
    """What is wrong with one template."""
    allowed = MAY_USE.get(name.split("/")[0])
    if allowed is None:
        return [f"stands in no part: {name}"]
    bare = re.sub(r"\{#.*?#\}", "", text, flags=re.DOTALL)
    faults = [what for what, pattern in INLINE.items() if pattern.search(bare)]
    if UNESCAPED.search(bare):
        faults.append("something unescaped")
    faults += [f"uses {used}" for used in used_by(text) if not used.startswith(allowed)]
    return faults + [f"a title with {v}" for v in title_variables(text) - TITLE_VARIABLES]


def used_by(text: str) -> list[str]:
    """What a template extends, includes or imports. One chosen at run time is a fault."""
    kinds = (nodes.Extends, nodes.Include, nodes.Import, nodes.FromImport)
    used = [node.template for node in parse(text).find_all(kinds)]
    return [str(t.value) if isinstance(t, nodes.Const) else "one chosen at run time" for t in used]


def title_variables(text: str) -> set[str]:
    """What the title block shows, as dotted names; what the template itself set is followed."""
    template = parse(text)
    written = {
        each.target.name: each.node
        for each in template.find_all(nodes.Assign)
        if isinstance(each.target, nodes.Name)
    }
    blocks = [block for block in template.find_all(nodes.Block) if block.name == "title"]
    return set().union(*(shown_by(block, written) for block in blocks)) - {"_"}


def shown_by(node: nodes.Node, written: dict[str, nodes.Expr]) -> set[str]:
    """The names whose values stand in what a node says; those that only decide do not."""
    if isinstance(node, nodes.Getattr):
        return {dotted(node)}
    if isinstance(node, nodes.Name):
        return shown_by(written[node.name], written) if node.name in written else {node.name}
    if isinstance(node, nodes.CondExpr):
        parts = [part for part in (node.expr1, node.expr2) if part is not None]
    else:
        parts = list(node.iter_child_nodes())
    return set().union(*(shown_by(part, written) for part in parts))


def dotted(node: nodes.Node) -> str:
    if isinstance(node, nodes.Getattr):
        return f"{dotted(node.node)}.{node.attr}"
    return node.name if isinstance(node, nodes.Name) else "?"


def parse(text: str) -> nodes.Template:
    return Environment(autoescape=True).parse(text)


@pytest.mark.parametrize("name", templates())
def test_a_template_stays_on_its_side_and_holds_nothing_inline(name: str):
    assert faults_of(name, (TEMPLATES / name).read_text()) == []


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("inspection/x.html", '{% include "confidential/cases/header.html" %}'),
        ("confidential/x.html", '{% import "inspection/x.html" as x_ %}'),
        ("organisation/x.html", '{% from "confidential/x.html" import x %}'),
        ("inspection/x.html", "{% include chosen %}"),
        ("errors/x.html", "{{ text | safe }}"),
        ("errors/x.html", "{{ Markup(text) }}"),
        ("errors/x.html", '<p onclick="x()">'),
        ("errors/x.html", '<p class="a" style="color: red">'),
        ("errors/x.html", "<style>p {}</style>"),
        ("errors/x.html", "<script>x()</script>"),
        ("errors/x.html", '<a href="javascript:x()">'),
        ("errors/x.html", '<p hx-on:click="x()">'),
        ("confidential/x.html", "{% block title %}{{ person.name }}{% endblock %}"),
        (
            "confidential/x.html",
            '{% block title %}{{ _("Of %(n)s", n=person.name) }}{% endblock %}',
        ),
        (
            "organisation/x.html",
            "{% set title = member.name %}{% block title %}{{ title }}{% endblock %}",
        ),
        ("elsewhere/x.html", ""),
    ],
)
def test_a_breach_is_found(name: str, text: str):
    assert len(faults_of(name, text)) == 1
