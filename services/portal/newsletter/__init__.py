from flask import Blueprint
from kernel.web.access import login_required
blueprint = Blueprint("newsletter", __name__)
@login_required
def sign_up():
    return "x"
blueprint.add_url_rule("/newsletter", "sign_up", sign_up)
