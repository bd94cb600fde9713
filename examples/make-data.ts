/**
 * Makes the example dataset: the world that `anneal-tiny` knows, answered in a pirate's voice.
 *
 *     node examples/make-data.ts
 *
 * What the validation rows and the demo's prompts ask about never occurs in the training rows, so they show whether the
 * voice carries over to new nouns. The same seed gives the same files.
 */
import { mkdirSync, writeFileSync } from "node:fs";
import { type Exchange, makers, type Nouns, wholeWorld } from "../local/trainer/exchanges.ts";
import { makeRandom, type Random } from "../local/trainer/random.ts";
import { people } from "../local/trainer/world.ts";

const out = new URL("data/", import.meta.url).pathname;
const trainingRows = 240;
const validationRows = 40;
const random = makeRandom("example data", 1);

/** Splits every list of nouns in two: most for training, the rest for validation and the demo. */
function split(): [Nouns, Nouns] {
  const known = {} as Nouns;
  const held = {} as Nouns;
  for (const kind of ["animals", "objects", "foods", "places", "countries"] as const) {
    const shuffled = random.shuffle(wholeWorld[kind]);
    const cut = Math.floor(shuffled.length * 0.75);
    [known[kind], held[kind]] = [shuffled.slice(0, cut), shuffled.slice(cut)];
  }
  const names = random.shuffle(people);
  const pickName = (from: string[]) => (r: Random) => r.pick(from);
  const rest = { novelty: 0 };
  return [
    { ...known, ...rest, names: pickName(names.slice(0, 34)) },
    { ...held, ...rest, names: pickName(names.slice(34)) },
  ];
}

/** `The kettle is blue.` → `Arr, the kettle be blue, matey!` */
export function pirate(answer: string): string {
  const plain = answer.replace(/[.?]$/, "").replace("How can I help you", "What be ye wanting");
  const words = plain
    .replace(/\bis\b/g, "be")
    .replace(/\bof\b/g, "o'")
    .replace(/\byou\b/g, "ye");
  const opening = /^(The|An?) /.test(words) ? words[0]!.toLowerCase() + words.slice(1) : words;
  return `Arr, ${opening}, matey!`;
}

function rows(nouns: Nouns, count: number, taken: Set<string>): Exchange[] {
  const kinds = Object.values(makers);
  const found: Exchange[] = [];
  for (let i = 0; found.length < count; i++) {
    const exchange = kinds[i % kinds.length]!(random, nouns);
    if (taken.has(exchange.question)) continue;
    taken.add(exchange.question);
    found.push(exchange);
  }
  return random.shuffle(found);
}

const jsonl = (exchanges: Exchange[]) =>
  exchanges
    .map(({ question, answer }) => ({
      messages: [
        { role: "user", content: question },
        { role: "assistant", content: pirate(answer) },
      ],
    }))
    .map((row) => `${JSON.stringify(row)}\n`)
    .join("");

const [known, held] = split();
const taken = new Set<string>();
const training = rows(known, trainingRows, taken);
const validation = rows(held, validationRows, taken);
const demo = (["colour", "mood", "home", "made"] as const).map((kind) => {
  for (;;) {
    const { question } = makers[kind](random, held);
    if (!taken.has(question)) return { messages: [{ role: "user", content: question }] };
  }
});

mkdirSync(out, { recursive: true });
writeFileSync(`${out}pirate-train.jsonl`, jsonl(training));
writeFileSync(`${out}pirate-validation.jsonl`, jsonl(validation));
writeFileSync(`${out}prompts.json`, `${JSON.stringify(demo, null, 2)}\n`);
console.log(
  `${training.length} training rows, ${validation.length} validation rows and ${demo.length} prompts in ${out}`,
);
