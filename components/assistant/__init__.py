"""The parts of the assistant page."""
