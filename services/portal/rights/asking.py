"""Rights that need more than a click: correct, restrict, object. Each page says first what will happen."""

from __future__ import annotations

from flask import flash, redirect, render_template, url_for
from flask.typing import ResponseReturnValue
from flask_babel import gettext as _
from kontor.options.v1.options_pb2 import RestrictionGround
from kontor.privacy.v1.holder_pb2 import (
    REQUEST_KIND_OBJECTION,
    REQUEST_KIND_RECTIFICATION,
    REQUEST_KIND_RESTRICTION,
    REQUEST_KIND_WITHDRAWAL,
)
from kontor.privacy.v1.privacy_pb2 import ObjectionScope

from kernel.web.access import login_required
from kernel.web.corrections import corrections_in, standing
from kernel.web.forms import Form
from services.portal.rights.forms import Corrections, Lock, Objection
from services.portal.rights.views import ask, blueprint
from services.portal.session import own_contact


@login_required
def correction() -> ResponseReturnValue:
    """GET, POST /rights/correction: what is wrong in the own record, and how it is right (Art. 16 GDPR)."""
    contact = own_contact()
    form = Corrections(data=standing(contact))
    if form.validate_on_submit():
        wrong = corrections_in(form, contact)
        if wrong:
            return ask(REQUEST_KIND_RECTIFICATION, form, corrections=wrong)
        form.other.errors = [_("Nothing is different from what we hold. Please change what is wrong.")]
    return render_template("rights/correction.html", form=form), 400 if form.is_submitted() else 200


@login_required
def restriction() -> ResponseReturnValue:
    """GET, POST /rights/restriction: store it and do nothing else with it (Art. 18 GDPR)."""
    own_contact()
    form = Lock()
    if form.validate_on_submit():
        ground = RestrictionGround.ValueType(int(form.ground.data))
        return ask(REQUEST_KIND_RESTRICTION, form, ground=ground)
    return render_template("rights/restriction.html", form=form), 400 if form.is_submitted() else 200


@login_required
def objection() -> ResponseReturnValue:
    """GET, POST /rights/objection: stop it (Art. 21 GDPR)."""
    own_contact()
    form = Objection()
    if form.validate_on_submit():
        scope = ObjectionScope.ValueType(int(form.scope.data))
        return ask(REQUEST_KIND_OBJECTION, form, objection=scope)
    return render_template("rights/objection.html", form=form), 400 if form.is_submitted() else 200


@login_required
def withdrawal() -> ResponseReturnValue:
    """POST /rights/withdrawal: all consents at once, with one click (Art. 7(3) GDPR)."""
    form = Form()
    if not form.validate_on_submit():
        flash(_("That did not work. Please try again."), "warning")
        return redirect(url_for("rights.overview"), code=303)
    return ask(REQUEST_KIND_WITHDRAWAL, form)


blueprint.add_url_rule("/rights/correction", "correction", correction, methods=["GET", "POST"])
blueprint.add_url_rule("/rights/restriction", "restriction", restriction, methods=["GET", "POST"])
blueprint.add_url_rule("/rights/objection", "objection", objection, methods=["GET", "POST"])
blueprint.add_url_rule("/rights/withdrawal", "withdrawal", withdrawal, methods=["POST"])
