"""The embedded stack: everything Kontor needs on one machine, without Docker, Java or root."""
