import { readFileSync } from "node:fs";
import type OpenAI from "openai";
import * as z from "zod";
import type { Anneal } from "./anneal.ts";
import type { Progress } from "./progress.ts";
import type { Screen } from "./screen.ts";

const TRAINING = "pirate-train.jsonl";
const VALIDATION = "pirate-validation.jsonl";

const Messages = z.object({
  messages: z.array(z.object({ role: z.enum(["user", "assistant"]), content: z.string() })),
});
export type Prompt = z.infer<typeof Messages>;

export interface Files {
  training: string;
  validation: string;
}

const example = (name: string) => readFileSync(new URL(`../data/${name}`, import.meta.url), "utf8");
const lines = (name: string) => example(name).trimEnd().split("\n");

/** What both models will be asked. Throws when the model could have learnt an answer by heart. */
export function prompts(): Prompt[] {
  const asked = z
    .array(Messages)
    .min(1)
    .parse(JSON.parse(example("prompts.json")));
  heldOut(
    asked,
    [...lines(TRAINING), ...lines(VALIDATION)].map((line) => Messages.parse(JSON.parse(line))),
  );
  return asked;
}

/** Throws, naming the prompt, when one of them is in the data, however it is spaced and capitalized. */
export function heldOut(asked: readonly Prompt[], data: readonly Prompt[]): void {
  const seen = new Set(data.flatMap(questions));
  for (const prompt of asked)
    for (const question of questions(prompt))
      if (seen.has(question))
        throw new Error(`The prompt "${question}" is in the data: its answer would prove nothing`);
}

const questions = ({ messages }: Prompt) =>
  messages.filter(({ role }) => role === "user").map(({ content }) => plain(content));
const plain = (text: string) => text.toLowerCase().replace(/\s+/g, " ").trim();

/** Uploads both files with the official client, waits until they are prepared and shows what was found in the first. */
export async function uploadExamples(demo: { anneal: Anneal; screen: Screen; progress: Progress }): Promise<Files> {
  const { anneal, screen, progress } = demo;
  const { openai } = anneal;
  const step = progress.begin("Reading the data");
  step.update({ value: 0, total: 2, detail: "uploading" });
  const upload = (name: string) => openai.files.create({ file: new File([example(name)], name), purpose: "fine-tune" });
  const [training, validation] = await Promise.all([upload(TRAINING), upload(VALIDATION)]);

  const prepared = (file: OpenAI.FileObject) => file.status !== "uploaded";
  const both = await anneal.watch(
    "Preparing the datasets",
    () => Promise.all([training, validation].map(({ id }) => openai.files.retrieve(id))),
    (files) => files.every(prepared),
    (files) => step.update({ value: files.filter(prepared).length, detail: "reading every row" }),
  );
  for (const file of both)
    if (file.status !== "processed")
      throw new Error(`${file.filename} was refused: ${file.status_details ?? "no reason"}`);
  step.done(`${TRAINING}, ${VALIDATION}`);
  await showReport(anneal, screen, training.id);
  return { training: training.id, validation: validation.id };
}

async function showReport(anneal: Anneal, screen: Screen, file: string): Promise<void> {
  const { rows, dropped, duplicates, tokens, pii } = await anneal.report(file);
  const number = (value: number) => value.toLocaleString("en-US");
  screen.heading("Dataset report");
  screen.fact("rows", `${rows.accepted} of ${rows.total} accepted, ${rows.dropped} dropped`);
  for (const { line, message } of dropped.slice(0, 3)) screen.warning(`line ${line}: ${message}`);
  screen.fact(
    "duplicates",
    `${duplicates.exact.rows} exact, ${duplicates.near.rows} near (similarity ≥ ${duplicates.near.threshold})`,
  );
  const estimated = tokens.estimated ? " (estimated)" : "";
  screen.fact(
    "tokens",
    `${number(tokens.total)}${estimated} by ${tokens.tokenizer}, longest row ${number(tokens.max)}`,
  );
  const found = pii.kinds.map(({ kind, rows }) => `${kind} in ${rows} rows`).join(", ") || "none found";
  screen.fact("PII", `${found} (${pii.examined} rows examined)`);
}
