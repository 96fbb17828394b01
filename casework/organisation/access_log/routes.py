"""Being written."""

from flask import Blueprint

bp = Blueprint("access_log", __name__)
