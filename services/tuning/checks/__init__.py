"""OpenAI's rules for training files, each as a check that names the line and, where it can, offers a fix.

Source: https://platform.openai.com/docs/guides/supervised-fine-tuning and the API reference, "Files: chat format".
"""
