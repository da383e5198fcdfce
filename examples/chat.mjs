// The same from Node, without a package: a streamed answer over fetch.
//
//   node examples/chat.mjs "What is a token?"

const { OPENAI_BASE_URL, OPENAI_API_KEY, MODEL = "qwen2.5-coder-1.5b-instruct" } = process.env;
const question = process.argv.slice(2).join(" ") || "What is a token?";

const response = await fetch(`${OPENAI_BASE_URL}/chat/completions`, {
  method: "POST",
  headers: { Authorization: `Bearer ${OPENAI_API_KEY}`, "Content-Type": "application/json" },
  body: JSON.stringify({ model: MODEL, messages: [{ role: "user", content: question }], stream: true }),
});
if (!response.ok) {
  const { error } = await response.json();
  console.error(`${response.status}: ${error.message}`);
  process.exit(1);
}

// Events are lines that begin with "data: "; a piece off the network may end in the middle of one.
let rest = "";
for await (const piece of response.body.pipeThrough(new TextDecoderStream())) {
  const lines = (rest + piece).split("\n");
  rest = lines.pop();
  for (const line of lines) {
    if (!line.startsWith("data: ") || line.startsWith("data: [DONE]")) continue;
    process.stdout.write(JSON.parse(line.slice(6)).choices[0]?.delta.content ?? "");
  }
}
console.log();
