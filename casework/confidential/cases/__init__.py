"""Cases: the list, the page with its panels, who is entrusted, how it ends."""
