from flask import Blueprint, render_template
from kernel.web.access import public
blueprint = Blueprint("home", __name__)
@public
def start():
    return render_template("home/welcome.html")
blueprint.add_url_rule("/", "start", start)
