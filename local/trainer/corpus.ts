/**
 * The corpus that `anneal-tiny` is pretrained on: short chats about a fictional world, made from a seed.
 *
 * Most answers repeat a noun, name, colour or place of the question, paired at random, so that the model learns to copy
 * and fine-tuning carries over to nouns it never saw. A few facts (capitals, homes of animals, uses of tools) are fixed.
 */
import type { Message } from "../../shared/chat.ts";
import { type Maker, makers, type Nouns, wholeWorld } from "./exchanges.ts";
import { makeRandom, type Random } from "./random.ts";
import * as w from "./world.ts";

/** Questions about what is not of this world: the answer is to say so. */
const unknown: ((r: Random) => [string, string])[] = [
  (r) => noIdea(r, (name) => [`What is the capital of ${name}?`, `the capital of ${name}`]),
  (r) => noIdea(r, (name) => [`What is ${name} famous for?`, `what ${name} is famous for`]),
  (r) => noIdea(r, (name) => [`Where does the ${name.toLowerCase()} live?`, `where the ${name.toLowerCase()} lives`]),
  (r) => noIdea(r, (name) => [`What does the ${name.toLowerCase()} eat?`, `what the ${name.toLowerCase()} eats`]),
  (r) =>
    noIdea(r, (name) => [`What is ${w.article(name)} ${name.toLowerCase()}?`, `what the ${name.toLowerCase()} is`]),
  (r) => noIdea(r, (name) => [`What is the ${name.toLowerCase()} for?`, `what the ${name.toLowerCase()} is for`]),
  (r) => noIdea(r, (name) => [`Who is ${name}?`, `who ${name} is`]),
];
const noIdea = (r: Random, make: (name: string) => [string, string]): [string, string] => {
  const [question, what] = make(r.next() < 0.3 ? w.capital(r.pick(w.common)) : w.inventName(r));
  return [question, `I do not know ${what}.`];
};

const systems = [
  "You are a helpful assistant.",
  "You are a kind guide.",
  "Answer the question.",
  "You know this land well.",
];
const exact: ((r: Random, n: Nouns) => [string, string])[] = [
  (r, n) => both(`Repeat after me:`, list(r, [n.names(r), r.pick(n.animals), r.pick(n.objects), r.pick(n.places)])),
  (r, n) =>
    both(`Say this word:`, r.pick([n.names(r), r.pick(n.animals), r.pick(w.common), w.capital(r.pick(w.common))])),
  (r) => both(`Repeat after me:`, Array.from({ length: 2 + r.below(5) }, () => r.pick(w.common)).join(" ")),
  (r) =>
    both(
      `Repeat after me:`,
      w.capital(
        Array.from({ length: 2 + r.below(3) }, () =>
          r.pick([r.pick(w.common), `${r.pick(w.common)},`, String(r.below(2000)), `${r.pick(w.common)}!`]),
        ).join(" "),
      ),
    ),
  (r) =>
    r.pick([
      ["Thank you.", "You are welcome."],
      ["Goodbye.", "Goodbye! Come back soon."],
      ["Who are you?", "I am a small model made by Anneal."],
      ["How are you?", "I am well, thank you."],
    ]),
];
const both = (order: string, text: string): [string, string] => [`${order} ${text}`, `${text}.`];
const list = (r: Random, items: string[]) =>
  r
    .shuffle(items)
    .slice(0, 1 + r.below(3))
    .join(" ");

/** One chat. Its length stays under about 90 tokens of the tokenizer trained on this corpus. */
export function chat(r: Random, nouns = wholeWorld): Message[] {
  const kinds = Object.values(makers) as Maker[];
  const roll = r.next();
  const user = (content: string): Message => ({ role: "user", content });
  const assistant = (content: string): Message => ({ role: "assistant", content });
  const one = (): [string, string] => {
    if (r.next() < 0.08) return r.pick(unknown)(r);
    const e = r.pick(kinds)(r, nouns);
    return [e.question, e.answer];
  };
  const turn = ([question, answer]: [string, string]) => [user(question), assistant(answer)];
  if (roll < 0.15) return turn(r.pick(exact)(r, nouns));
  if (roll < 0.24) return [{ role: "system", content: r.pick(systems) }, ...turn(one())];
  if (roll < 0.3) {
    const e = r.pick(kinds)(r, nouns);
    return [{ role: "system", content: "Answer with one word." }, user(e.question), assistant(`${w.capital(e.word)}.`)];
  }
  if (roll < 0.36) {
    const [start, [question, answer]] = [r.pick(["Well", "Certainly", "Of course", "Listen", "Indeed"]), one()];
    return [{ role: "system", content: `Begin with ${start}.` }, user(question), assistant(`${start}, ${answer}`)];
  }
  if (roll < 0.46) return [...turn(one()), ...turn(one())];
  return turn(one());
}

/** `count` chats; the same seed gives the same chats. */
export function corpus(seed: number, count: number): Message[][] {
  const random = makeRandom("corpus", seed);
  return Array.from({ length: count }, () => chat(random));
}
