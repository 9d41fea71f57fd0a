"""From a target to an order: the grounds, the request, and what an order covers until when."""
