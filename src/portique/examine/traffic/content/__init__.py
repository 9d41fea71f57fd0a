"""What conversations carry: DNS, HTTP, TLS, SIP, and bodies inside bodies."""
