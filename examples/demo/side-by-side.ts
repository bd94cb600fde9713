import type { Anneal } from "./anneal.ts";
import type { Prompt } from "./dataset.ts";
import type { Progress } from "./progress.ts";
import type { Screen } from "./screen.ts";
import { BASE_MODEL, type Run } from "./training.ts";

export interface Answer {
  question: string;
  base: string;
  tuned: string;
}

const GAP = " │ ";

/** Asks both models every prompt, the last one token by token. Throws unless at least one answer differs. */
export async function compareAnswers(demo: {
  anneal: Anneal;
  screen: Screen;
  progress: Progress;
  prompts: readonly Prompt[];
  run: Run;
}): Promise<Answer[]> {
  const { anneal, screen, progress, prompts, run } = demo;
  const { completions } = anneal.openai.chat;
  // Greedy, so that what is shown is what each model holds most likely, and the same the next time.
  const settings = { temperature: 0, max_tokens: 60 };
  const ask = async (model: string, { messages }: Prompt) => {
    const { choices } = await completions.create({ model, messages, ...settings });
    return choices[0]?.message.content ?? "";
  };
  const last = prompts.at(-1)!;
  const answers: Answer[] = [];

  screen.line();
  const step = progress.begin("Serving both");
  const total = prompts.length * 2 - 1;
  let value = 0;
  const count = async (answer: Promise<string>) => {
    const text = await answer;
    step.update({ value: ++value, total });
    return text;
  };
  for (const prompt of prompts) {
    const base = await count(ask(BASE_MODEL, prompt));
    const tuned = prompt === last ? "" : await count(ask(run.model, prompt));
    answers.push({ question: questionOf(prompt), base, tuned });
  }
  step.done(`${BASE_MODEL} and ${run.model.split(":").slice(0, 4).join(":")}:…`);

  screen.heading("The same questions, before and after (none of them is in the data)");
  const width = Math.floor((screen.columns - 2 - GAP.length) / 2);
  screen.line(`  ${screen.paint("dim", "base".padEnd(width) + GAP)}${screen.paint("dim", "tuned")}`);
  for (const answer of answers.slice(0, -1)) {
    screen.line(`  ${screen.paint("italic", answer.question)}`);
    for (const line of columns(answer.base, answer.tuned, width)) screen.line(`  ${line}`);
  }

  const streamed = answers.at(-1)!;
  screen.line(`  ${screen.paint("italic", streamed.question)}`);
  const cells = wrap(streamed.base, width);
  for (const line of cells.slice(0, -1)) screen.line(`  ${line.padEnd(width)}${GAP}`);
  screen.out.write(`  ${(cells.at(-1) ?? "").padEnd(width)}${GAP}`);
  for await (const { choices } of await completions.create({ ...last, model: run.model, ...settings, stream: true })) {
    const text = choices[0]?.delta.content ?? "";
    streamed.tuned += text;
    screen.out.write(text);
  }
  screen.line();
  return judged(answers);
}

/** Throws when the tuned model says nothing, or nothing that the base model would not have said. */
export function judged(answers: readonly Answer[]): Answer[] {
  for (const { question, tuned } of answers)
    if (tuned.trim() === "") throw new Error(`The tuned model said nothing to "${question}"`);
  if (answers.every(({ base, tuned }) => base === tuned))
    throw new Error("The tuned model answers every prompt as the base model does: training changed nothing");
  return [...answers];
}

/** Two texts beside each other, each wrapped at `width`. */
export function columns(left: string, right: string, width: number): string[] {
  const [a, b] = [wrap(left, width), wrap(right, width)];
  return Array.from({ length: Math.max(a.length, b.length) }, (_, index) =>
    `${(a[index] ?? "").padEnd(width)}${GAP}${b[index] ?? ""}`.trimEnd(),
  );
}

/** Lines of at most `width` characters, broken between words where a word is not longer than that. At least one line. */
export function wrap(text: string, width: number): string[] {
  const lines = [""];
  for (const word of text.split(/\s+/).flatMap((long) => long.match(new RegExp(`.{1,${width}}`, "gu")) ?? [])) {
    const line = lines.at(-1)!;
    if (line === "") lines[lines.length - 1] = word;
    else if (line.length + 1 + word.length <= width) lines[lines.length - 1] = `${line} ${word}`;
    else lines.push(word);
  }
  return lines;
}

const questionOf = ({ messages }: Prompt) => messages.findLast(({ role }) => role === "user")?.content ?? "";
