"""Local speech: recognised by Whisper, spoken by Hibari and Kokoro, each in a process of its own."""
