/** The kinds of question that the fictional world answers, each with its plain answer. */
import type { Random } from "./random.ts";
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

export type Maker = (r: Random, n: Nouns) => Exchange;
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
