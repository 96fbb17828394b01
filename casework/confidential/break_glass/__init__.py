"""Opening a case out of turn, when its counselor can't be waited for."""
