from flask import Blueprint
from kernel.web.access import login_required
blueprint = Blueprint("preferences", __name__)
@login_required
def own():
    return "x"
blueprint.add_url_rule("/preferences", "own", own)
