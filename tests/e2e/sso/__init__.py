"""Single sign-on from outside: what a person, a page and an attacker can do with the realm in use."""
