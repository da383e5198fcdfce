"""The page of fine-tuning: data sets of examples, jobs, what to do without training, and what each way reaches."""
