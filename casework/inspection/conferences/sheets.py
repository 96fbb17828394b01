"""The report of a review conference on paper, and its pictures for slides. Both are Vietnamese
whatever the language of the screen: what is praised comes first, then "Bên cạnh đó … còn".
"""

from collections.abc import Iterable, Sequence
from datetime import date
from io import BytesIO
from zipfile import ZIP_STORED, ZipFile

from flask_babel import force_locale

from casework.core.charts import draw_bars
from casework.core.papers import END, Paper
from casework.inspection.conferences.rules import (
    Chart,
    Line,
    Report,
    draw_charts,
    praise,
    regret,
    tell,
    tell_asked,
)

_OF_ASKED = "recommendations"


def list_pictures(report: Report) -> list[Chart]:
    """The pictures of a report, in Vietnamese."""
    with force_locale("vi"):
        return draw_charts(report)


def draw_picture(report: Report, chart: Chart) -> bytes:
    """One picture as PNG, 1920 × 1080."""
    return draw_bars(
        chart.title,
        chart.unit,
        chart.labels,
        chart.values,
        chart.told,
        top=chart.top,
        lying=chart.lying,
        note=f"{report.province}. {_phase(report)}. Nguồn: số liệu đã công bố, biên bản kiểm tra.",
    )


def pack_pictures(report: Report) -> bytes:
    """All pictures, numbered in their order."""
    output = BytesIO()
    with ZipFile(output, "w", ZIP_STORED) as archive:  # a PNG is as small as it gets
        for place, chart in enumerate(list_pictures(report), start=1):
            archive.writestr(f"{place:02}-{chart.name}.png", draw_picture(report, chart))
    return output.getvalue()


def write_paper(report: Report, *, is_draft: bool) -> bytes:
    """The report as an official paper (Decree 30/2020), with its pictures."""
    paper = Paper(
        agency=report.written_by or report.province,
        parent="" if not report.written_by else report.province,
        place=report.place_name,
        on=date.fromisoformat(report.held_on) if report.held_on else None,
        title="Báo cáo",
    )
    paper.subtitle(report.title)
    paper.subtitle(f"({_phase(report)})")
    if is_draft:
        paper.line("DỰ THẢO", bold=True)
    with force_locale("vi"):
        _write_situation(paper, report)
        _write_results(paper, report)
        _write_shortcomings(paper, report)
        _write_rest(paper, report)
        if report.of_units:
            _write_units(paper, report)
    return paper.content()


def _write_situation(paper: Paper, report: Report) -> None:
    paper.section("I. ĐẶC ĐIỂM, TÌNH HÌNH")
    paper.body(report.situation)
    paper.body(
        f"Đến hết giai đoạn, {_within(report.province)} có {report.units} đơn vị. Số liệu lấy từ"
        f" {report.months_published}/{report.months} tháng đã công bố."
    )
    seen = report.inspected
    if seen.visits:
        paper.body(
            f"Trong giai đoạn đã kiểm tra {seen.visits} lượt tại {seen.units} đơn vị;"
            f" {seen.signed} biên bản đã được hai bên ký."
        )


def _write_results(paper: Paper, report: Report) -> None:
    paper.section("II. KẾT QUẢ ĐẠT ĐƯỢC")
    _list(paper, praise(report))
    for number, (part, lines) in enumerate(report.parts, start=1):
        paper.line(f"{number}. {part.label}", bold=True, before=6)
        _table(paper, report, lines)
    for chart in draw_charts(report):
        if chart.name != _OF_ASKED:
            paper.picture(draw_picture(report, chart), told=chart.title)
    if report.persons:
        paper.line("Số liệu về người", bold=True, before=6)
        paper.body("Số người ghi đúng như đã công bố, bằng khoảng; không cộng các khoảng.")
        _table(paper, report, report.persons)
    _write_practices(paper, report)
    _write_asked(paper, report)


def _write_practices(paper: Paper, report: Report) -> None:
    if report.practices:
        paper.line("Cách làm hay", bold=True, before=6)
    for practice in report.practices:
        paper.body(f"{practice.unit}: {practice.text}")


def _write_asked(paper: Paper, report: Report) -> None:
    asked = report.asked
    if not asked.given:
        return
    paper.line("Thực hiện kiến nghị", bold=True, before=6)
    told = "; ".join(f"{label.lower()}: {count}" for label, count in tell_asked(asked))
    paper.body(f"Đoàn kiểm tra đã nêu {asked.given} kiến nghị. {told[:1].upper()}{told[1:]}.")
    for chart in draw_charts(report):
        if chart.name == _OF_ASKED:
            paper.picture(draw_picture(report, chart), told=chart.title)


def _write_shortcomings(paper: Paper, report: Report) -> None:
    paper.section("III. TỒN TẠI, HẠN CHẾ VÀ NGUYÊN NHÂN")
    found = regret(report)
    if found or report.inspected.others:
        paper.body("Bên cạnh đó, qua số liệu và kết quả kiểm tra còn những tồn tại, hạn chế sau:")
    _list(paper, found)
    _list(paper, [f"{text} ({count} đơn vị)" for text, count in report.inspected.others])
    seen = report.inspected
    if seen.objective or seen.subjective:
        paper.body(
            f"Nguyên nhân khách quan: {seen.objective}; nguyên nhân chủ quan: {seen.subjective}"
            f" trong {seen.shortcomings} tồn tại đã ghi nhận."
        )
    paper.body(report.causes)


def _write_rest(paper: Paper, report: Report) -> None:
    for heading, text in (
        ("IV. BÀI HỌC KINH NGHIỆM", report.lessons),
        ("V. PHƯƠNG HƯỚNG GIAI ĐOẠN TỚI", report.directions),
        ("VI. NHIỆM VỤ TRỌNG TÂM", report.tasks),
    ):
        paper.section(heading)
        paper.body(text)
    paper.body(f"Trên đây là Báo cáo {report.title}{END}")
    paper.signatures(("Người lập báo cáo", ""), ("Thủ trưởng cơ quan", ""))
    paper.receivers(f"UBND {_within(report.province)};", "Các đơn vị trong tỉnh;", "Lưu: VT.")


def _write_units(paper: Paper, report: Report) -> None:
    paper.annex(
        "Phụ lục: từng đơn vị",
        "Số liệu của đơn vị gồm cả các đơn vị đã nhập vào; tiêu chí tính ở cuối giai đoạn.",
    )
    paper.table(
        [
            "Đơn vị",
            "Đúng định kỳ",
            "Truyền thông (buổi)",
            "Lượt người",
            "Tiêu chí đạt",
            "Kiến nghị",
        ],
        [
            (
                f"{unit.name} (gồm {', '.join(unit.followed)})" if unit.followed else unit.name,
                tell([unit.on_time, unit.on_time], unit.due) if unit.due else "–",
                unit.sessions,
                unit.attendances,
                f"{unit.met}/{unit.judged}" if unit.judged else "–",
                unit.asked,
            )
            for unit in report.of_units
        ],
        right=(1, 2, 3, 4, 5),
    )


def _table(paper: Paper, report: Report, lines: Iterable[Line]) -> None:
    years = report.headings
    paper.table(
        ["Nội dung", "Tính bằng", *years, "Cả giai đoạn"],
        [(line.label, line.unit, *line.told, line.told_total) for line in lines],
        right=tuple(range(2, len(years) + 3)),
    )


def _list(paper: Paper, sentences: Sequence[str]) -> None:
    for place, sentence in enumerate(sentences, start=1):
        ending = "." if place == len(sentences) else ";"
        paper.body(f"- {sentence}{ending}")


def _within(name: str) -> str:
    """A unit's name inside a sentence: tỉnh Cà Mau."""
    return f"{name[:1].lower()}{name[1:]}"


def _phase(report: Report) -> str:
    first, last = date.fromisoformat(report.from_on), date.fromisoformat(report.until_on)
    return f"Từ ngày {first:%d/%m/%Y} đến ngày {last:%d/%m/%Y}"
