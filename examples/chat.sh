#!/bin/sh
# The same with curl; the answer is printed as the server sends it, in JSON.
#
#   sh examples/chat.sh "What is a token?"
set -eu

question=$(printf '%s' "${1:-What is a token?}" | sed 's/\\/\\\\/g; s/"/\\"/g' | tr '\n' ' ')
curl --silent --show-error --fail-with-body "$OPENAI_BASE_URL/chat/completions" \
  -H "Authorization: Bearer $OPENAI_API_KEY" \
  -H "Content-Type: application/json" \
  -d "{\"model\": \"${MODEL:-qwen2.5-coder-1.5b-instruct}\", \"messages\": [{\"role\": \"user\", \"content\": \"$question\"}]}"
echo
