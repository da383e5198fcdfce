"""Fine-tuning: data sets of chat examples, their checks, jobs at a server, and what to do instead."""
