from flask import Blueprint
from kernel.web.access import login_required
blueprint = Blueprint("tickets", __name__)
@login_required
def index():
    return "x"
blueprint.add_url_rule("/tickets", "index", index)
