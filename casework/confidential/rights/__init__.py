"""What persons may ask about their own record, and what authorities ask about it."""
