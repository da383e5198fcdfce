"""Pictures: read with bounds, written in the formats of the API, and kept in a gallery."""
