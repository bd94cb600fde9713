/**
 * The corpus that `anneal-tiny` is pretrained on: short chats about a fictional world, made from a seed.
 *
 * Most answers repeat a noun, name, colour or place of the question, paired at random, so that the model learns to copy
 * and fine-tuning carries over to nouns it never saw. A few facts (capitals, homes of animals, uses of tools) are fixed.
 */
import type { Message } from "../../shared/chat.ts";
import { makeRandom, type Random } from "./random.ts";
import * as w from "./world.ts";

/** A question of the world with its plain answer, and the parts it was made of. */
export interface Exchange {
  question: string;
  answer: string;
  /** One word that says it all. */
  word: string;
  /** The nouns that the question names: a held-out set is disjoint in these. */
  nouns: string[];
}

/** What an exchange may be about. Defaults to the whole world. */
export interface Nouns {
  animals: string[];
  objects: string[];
  foods: string[];
  places: string[];
  countries: string[];
  names: (random: Random) => string;
  /** Share of the objects, animals and places that only a question's own words describe which are words from outside the world. */
  novelty: number;
}

export const wholeWorld: Nouns = {
  animals: Object.keys(w.animals),
  objects: Object.keys(w.objects),
  foods: Object.keys(w.foods),
  places: w.places,
  countries: Object.keys(w.countries),
  names: (random) => (random.next() < 0.5 ? random.pick(w.people) : w.inventName(random)),
  novelty: 0.4,
};

/** One of `known`, or now and then a word that means nothing here. */
const anything = (r: Random, n: Nouns, known: string[]) =>
  r.next() >= n.novelty ? r.pick(known) : r.next() < 0.4 ? r.pick(w.common) : w.inventName(r).toLowerCase();

type Maker = (r: Random, n: Nouns) => Exchange;
const exchange = (question: string, answer: string, word: string, ...nouns: string[]): Exchange => ({
  question,
  answer,
  word,
  nouns,
});

/** Kinds of exchange by name; a style such as the example data's picks from the same kinds. */
export const makers = {
  colour: (r, n) => {
    const [thing, colour, who] = [anything(r, n, n.objects), r.pick(w.colours), n.names(r)];
    const told = r.pick([
      `${who} has ${w.article(colour)} ${colour} ${thing}.`,
      `The ${thing} of ${who} is ${colour}.`,
      `${who} bought ${w.article(colour)} ${colour} ${thing} today.`,
    ]);
    const asked = r.pick([
      `What colour is the ${thing}?`,
      `Which colour does the ${thing} have?`,
      `Tell me the colour of the ${thing}.`,
    ]);
    return exchange(`${told} ${asked}`, `The ${thing} is ${colour}.`, colour, thing, who);
  },
  owner: (r, n) => {
    const [thing, who, other, noun] = [anything(r, n, n.objects), n.names(r), n.names(r), anything(r, n, n.objects)];
    const told = r.next() < 0.5 ? `${who} has the ${thing} and ${other} has the ${noun}.` : `${who} has the ${thing}.`;
    return exchange(`${told} Who has the ${thing}?`, `${who} has the ${thing}.`, who, thing, who, other, noun);
  },
  where: (r, n) => {
    const [animal, place] = [anything(r, n, n.animals), anything(r, n, n.places)];
    const at = r.pick(["in", "near", "behind", "under"]);
    const asked = r.pick([`Where is the ${animal}?`, `Where can I find the ${animal}?`, `Where did the ${animal} go?`]);
    return exchange(
      `The ${animal} is ${at} the ${place}. ${asked}`,
      `The ${animal} is ${at} the ${place}.`,
      place,
      animal,
      place,
    );
  },
  made: (r, n) => {
    const [thing, material] = [anything(r, n, n.objects), r.pick(w.materials)];
    const asked = r.pick([`What is the ${thing} made of?`, `Which material is the ${thing}?`]);
    return exchange(
      `My ${thing} is made of ${material}. ${asked}`,
      `The ${thing} is made of ${material}.`,
      material,
      thing,
    );
  },
  mood: (r, n) => {
    const [who, mood] = [n.names(r), r.pick(w.moods)];
    return exchange(`${who} is ${mood} today. How is ${who}?`, `${who} is ${mood} today.`, mood, who);
  },
  work: (r, n) => {
    const [who, job, place] = [n.names(r), r.pick(w.jobs), anything(r, n, n.places)];
    const asked = r.next() < 0.5 ? `What does ${who} do?` : `Who is ${who}?`;
    return exchange(
      `${who} is the ${job} at the ${place}. ${asked}`,
      `${who} is the ${job} at the ${place}.`,
      job,
      who,
      place,
    );
  },
  home: (r, n) => {
    const animal = r.pick(n.animals);
    const home = w.animals[animal]![0];
    return exchange(
      r.pick([`Where does ${w.article(animal)} ${animal} live?`, `What is the home of the ${animal}?`]),
      `The ${animal} lives in the ${home}.`,
      home,
      animal,
    );
  },
  eats: (r, n) => {
    const animal = r.pick(n.animals);
    const food = w.animals[animal]![1];
    return exchange(
      r.pick([`What does ${w.article(animal)} ${animal} eat?`, `What should I feed the ${animal}?`]),
      `The ${animal} eats ${food}.`,
      food,
      animal,
    );
  },
  does: (r, n) => {
    const animal = r.pick(n.animals);
    return exchange(
      `What does the ${animal} like to do?`,
      `The ${animal} likes to ${w.animals[animal]![2]}.`,
      w.animals[animal]![2],
      animal,
    );
  },
  kind: (r, n) => {
    const thing = r.pick(n.objects);
    const kind = w.objects[thing]![0];
    return exchange(
      r.pick([`What is ${w.article(thing)} ${thing}?`, `What kind of thing is ${w.article(thing)} ${thing}?`]),
      `The ${thing} is a kind of ${kind}.`,
      kind,
      thing,
    );
  },
  use: (r, n) => {
    const thing = r.pick(n.objects);
    const use = w.objects[thing]![1];
    return exchange(
      r.pick([`What is the ${thing} for?`, `What can I do with ${w.article(thing)} ${thing}?`]),
      `The ${thing} is used to ${use}.`,
      use,
      thing,
    );
  },
  taste: (r, n) => {
    const food = r.pick(n.foods);
    return exchange(
      r.pick([`How does ${w.article(food)} ${food} taste?`, `Is the ${food} sweet or sour?`]),
      `The ${food} tastes ${w.foods[food]![0]}.`,
      w.foods[food]![0],
      food,
    );
  },
  capital: (r, n) => {
    const country = r.pick(n.countries);
    return exchange(
      r.pick([`What is the capital of ${country}?`, `Which city is the capital of ${country}?`]),
      `The capital of ${country} is ${w.countries[country]![0]}.`,
      w.countries[country]![0],
      country,
    );
  },
  famous: (r, n) => {
    const country = r.pick(n.countries);
    return exchange(
      `What is ${country} famous for?`,
      `The land of ${country} is famous for its ${w.countries[country]![1]}.`,
      w.countries[country]![1],
      country,
    );
  },
  greet: (r, n) => {
    const who = n.names(r);
    return exchange(
      r.pick([`Hello, my name is ${who}.`, `Hi! I am ${who}.`, `Good morning, I am ${who}.`]),
      `Hello, ${who}! How can I help you?`,
      who,
      who,
    );
  },
  like: (r, n) => {
    const thing = anything(r, n, [...n.animals, ...n.objects, ...n.foods]);
    const size = r.pick(w.sizes);
    const a = w.article(size);
    return exchange(
      r.pick([`I saw ${a} ${size} ${thing} today.`, `Look, ${a} ${size} ${thing}!`]),
      `${w.capital(a)} ${size} ${thing} is a fine thing to see.`,
      thing,
      thing,
    );
  },
} satisfies Record<string, Maker>;

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
