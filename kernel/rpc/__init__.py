"""The server side of a call: nine stages between the wire and the handler, in house order."""
