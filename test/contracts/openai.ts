import { readFileSync } from "node:fs";
import { Ajv } from "ajv";
import { expect } from "vitest";

const description = JSON.parse(readFileSync(new URL("openai.json", import.meta.url), "utf8"));
const ajv = new Ajv({ strict: false, allErrors: true });
// Names for people: the types beside them are what is checked.
for (const format of ["unixtime", "uri", "date"]) ajv.addFormat(format, true);
ajv.addSchema(description, "openai");

/** Fails unless the reply is what OpenAI's published API description says of this schema. */
export function expectOpenAI(schema: string, reply: unknown) {
  const validate = ajv.getSchema(`openai#/components/schemas/${schema}`);
  if (!validate) throw new Error(`The API description has no schema ${schema}`);
  validate(JSON.parse(JSON.stringify(reply)));
  expect(validate.errors ?? [], `${schema}: ${JSON.stringify(reply)}`).toEqual([]);
}
