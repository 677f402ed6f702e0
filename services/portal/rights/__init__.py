from flask import Blueprint
from kernel.web.access import login_required
blueprint = Blueprint("rights", __name__)
@login_required
def overview():
    return "x"
blueprint.add_url_rule("/rights", "overview", overview)
