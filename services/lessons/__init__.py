"""Twelve short lessons: a text, programs that run, questions with explained answers."""
