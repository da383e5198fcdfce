"""What the Files page draws: collections and their files, questions and answers, and the sources of these."""
