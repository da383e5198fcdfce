"""Sound: recordings read and cut, answers spoken while they are written, transcripts and subtitles."""
