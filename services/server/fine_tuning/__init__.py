"""Fine-tuning jobs that are trained on this machine."""
