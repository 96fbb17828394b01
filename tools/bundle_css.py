"""Join Bootstrap's subset and our theme into casework.css: one file, one request.

Run `python3 tools/bundle_css.py` after changing src/theme.css; a test calls `bundle()`
and compares. Bootstrap's part is compiled by hand: README.md says how.
"""

import re
from pathlib import Path

HERE = Path(__file__).resolve().parents[1] / "casework" / "static"
PARTS = (HERE / "vendor/bootstrap/bootstrap.subset.css", HERE / "src/theme.css")
BUNDLE = HERE / "casework.css"


def lighten(css: str) -> str:
    """Drop comments (except licences, `/*!`) and the white space nothing depends on."""
    css = re.sub(r"/\*(?!!).*?\*/", "", css, flags=re.DOTALL)
    css = re.sub(r"\s+", " ", css)
    # Not around ":" "+" "(": a space before a pseudo-class or inside calc() has a meaning.
    return re.sub(r" ?([{};,]) ?", r"\1", css).replace(";}", "}").strip()


def bundle() -> str:
    """The text that casework.css must hold."""
    parts = (lighten(part.read_text("utf-8").lstrip("\ufeff")) for part in PARTS)
    return "\n".join(parts) + "\n"


if __name__ == "__main__":
    BUNDLE.write_text(bundle(), "utf-8")
