// Evaluates cases with feelin, the FEEL of bpmn.io: JSON in, JSON out. argv[2] is feelin's entry file.
import { pathToFileURL } from "node:url";

const { evaluate, unaryTest } = await import(pathToFileURL(process.argv[2]).href);
const chunks = [];
for await (const chunk of process.stdin) chunks.push(chunk);
const cases = JSON.parse(Buffer.concat(chunks).toString("utf8"));
const plain = (value) => (value === undefined ? null : value);
const answers = cases.map(({ kind, text, context }) => {
  try {
    const result = kind === "unary" ? unaryTest(text, context) : evaluate(text, context);
    return { value: plain(result !== null && typeof result === "object" && "value" in result ? result.value : result) };
  } catch (error) {
    return { error: String(error) };
  }
});
process.stdout.write(JSON.stringify(answers));
