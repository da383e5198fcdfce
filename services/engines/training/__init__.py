"""Real training of a small local model: LoRA on the processor, in a process of its own."""
