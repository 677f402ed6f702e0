"""The shared web chrome: headers, guard, sessions, login, languages, errors, files."""
