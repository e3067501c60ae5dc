"""The engine: everything that computes, in worker processes. No Qt here."""
