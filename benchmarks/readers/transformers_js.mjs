// Reads a bundle with transformers.js in Node, from local files only.
//
//     node transformers_js.mjs BUNDLE GRAPH TEXTS.json OUT.json

import { readFileSync, writeFileSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, join, resolve } from "node:path";
import { pathToFileURL } from "node:url";

const [bundle, graph, texts, out] = process.argv.slice(2);
const require = createRequire(join(process.cwd(), "package.json"));
const installed = require.resolve("@huggingface/transformers");
const { AutoModelForSequenceClassification, AutoTokenizer, env } = await import(
  pathToFileURL(installed)
);

env.allowRemoteModels = false;
env.localModelPath = dirname(resolve(bundle));
const name = basename(resolve(bundle));
const dtype = graph.endsWith("_quantized.onnx") ? "q8" : "fp32";
const tokenizer = await AutoTokenizer.from_pretrained(name);
const model = await AutoModelForSequenceClassification.from_pretrained(name, { dtype });

const logits = [];
for (const text of JSON.parse(readFileSync(texts, "utf8"))) {
  const encoded = await tokenizer(text, { truncation: true });
  const answer = await model(encoded);
  logits.push(Array.from(answer.logits.data));
}
const labels = logits.map((row) => model.config.id2label[row.indexOf(Math.max(...row))]);
const version = (which) =>
  JSON.parse(readFileSync(join(process.cwd(), "node_modules", which, "package.json"))).version;
const versions = {
  node: process.versions.node,
  "@huggingface/transformers": version("@huggingface/transformers"),
  "onnxruntime-node": version("onnxruntime-node"),
};
writeFileSync(out, JSON.stringify({ labels, logits, versions }));
