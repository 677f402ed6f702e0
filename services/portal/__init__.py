"""The customer's web page: the data subject is the sovereign."""
