"""What both web processes share: application factory, login, sessions, chrome, errors.

A service builds itself like this::

    web = build(settings, package=Path(__file__).parent, chrome="gateway")   # application.py
    web.app.register_blueprint(...)            # each view marked @public, @login_required or
                                               # @roles_required("agent", ...)      (access.py)
    web.app.jinja_env.globals["navigation"] = navigation      # entries of the main menu

Pages extend ``chrome/portal.html`` or ``chrome/gateway.html``, fill `title` and `content`, and use
the macros of ``chrome/parts.html``, which both layouts import as `ui`. `navigation()` answers
dicts with href, icon, label, current; the gateway groups them as dicts with label and entries.
Icons are Tabler outline names: ``icon("user")``. Inline `style` attributes are blocked by the
policy; bars and charts use classes, `<progress>` or SVG.
"""
