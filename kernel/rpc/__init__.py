"""The server side of a call: eight stages between the wire and the handler, in house order."""
