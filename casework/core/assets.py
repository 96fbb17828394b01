"""Style and scripts go out compressed. Pages do not: they hold secrets beside what people typed
(BREACH).
"""

from flask import Flask, Response, request
from flask_compress import Compress

TEXT = ("text/css", "text/javascript", "application/javascript")


def init_app(app: Flask) -> None:
    """Compress static text, and only that."""
    app.config["COMPRESS_MIMETYPES"] = list(TEXT)
    app.config["COMPRESS_STREAMS"] = False
    Compress(app)
    # Registered after Compress, so it runs before: a file is sent whole, not streamed.
    app.after_request(_whole)


def _whole(answer: Response) -> Response:
    if request.endpoint == "static" and answer.mimetype in TEXT and answer.status_code == 200:
        answer.direct_passthrough = False
        content = answer.get_data()
        answer.close()
        answer.set_data(content)
    return answer
