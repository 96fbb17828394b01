"""Being written."""

from flask import Blueprint

bp = Blueprint("access_reviews", __name__)
