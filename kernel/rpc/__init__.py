"""The server side of a call: seven stages between the wire and the handler, in house order."""
