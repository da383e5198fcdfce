"""The /v1 API: OpenAI's protocol over local models and an upstream."""
