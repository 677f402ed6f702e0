"""Single sign-on end to end: each step is a module with `run(world)`, for real Keycloak and the embedded provider."""
