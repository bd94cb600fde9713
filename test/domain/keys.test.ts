import { afterAll, beforeAll, expect, test } from "vitest";
import { makeIdempotency } from "../../shared/idempotency.ts";
import { derivedId, isId, newId } from "../../shared/ids.ts";
import { makeKeys } from "../../shared/keys.ts";
import { caller, type State, state } from "./state.ts";

let here: State;
beforeAll(async () => {
  here = await state();
});
afterAll(() => here.close());

test("a key is shown once, kept as a hash, and known again", async () => {
  const keys = makeKeys({ table: here.table, clock: here.clock });
  const { key, record } = await keys.create({ organization: "acme", name: "ci", scopes: ["fine-tuning:read"] });
  expect(key).toMatch(/^ann_[0-9a-f]{16}\.[\w-]{43}$/);
  const [, secret] = key.split(".");
  const rows: unknown[] = [];
  for await (const row of here.table.query("-/key")) rows.push(row.value);
  expect(JSON.stringify(rows)).not.toContain(secret);
  expect(await keys.authenticate(key)).toEqual({
    organization: "acme",
    keyId: record.id,
    scopes: ["fine-tuning:read"],
  });
});

test("anything but the whole key is nobody's, and the refusal is the same for each", async () => {
  const keys = makeKeys({ table: here.table, clock: here.clock });
  const { key } = await keys.create({ organization: "acme", name: "ci", scopes: ["inference"] });
  const refusals = new Set<string>();
  for (const wrong of [
    key.slice(0, -1),
    `${key}x`,
    key.replace(/\..*/, `.${"A".repeat(43)}`),
    `ann_${"0".repeat(16)}.${key.split(".")[1]}`,
    "x",
  ])
    await keys.authenticate(wrong).catch((error: Error) => refusals.add(error.message));
  expect(refusals.size).toBe(1);
});

test.each([
  ["organization", { organization: "Acme Inc", scopes: ["inference"] }],
  ["organization", { organization: "../other", scopes: ["inference"] }],
  ["scopes", { organization: "acme", scopes: ["root"] }],
  ["scopes", { organization: "acme", scopes: [] }],
])("a key with an impossible %s is refused", async (param, wanted) => {
  const keys = makeKeys({ table: here.table, clock: here.clock });
  await expect(keys.create({ name: "x", ...wanted })).rejects.toMatchObject({ code: "invalid", param });
});

test("an idempotency key gives one id for a day, whatever the order of the fields, and none to another body", async () => {
  const { idFor } = makeIdempotency({ table: here.table, clock: here.clock });
  let made = 0;
  const fresh = () => `id-${++made}`;
  const ask = (key: string | undefined, body: unknown) => idFor(caller, "create", key, body, fresh);
  const id = await ask("k", { a: 1, b: { c: 2, d: 3 } });
  expect(await ask("k", { b: { d: 3, c: 2 }, a: 1 })).toBe(id);
  await expect(ask("k", { a: 2 })).rejects.toMatchObject({ code: "invalid", param: "Idempotency-Key" });
  expect(await idFor({ ...caller, organization: "other" }, "create", "k", { a: 2 }, fresh)).not.toBe(id);
  expect(await ask(undefined, {})).not.toBe(await ask(undefined, {}));
  here.time.now += 25 * 3600 * 1000;
  expect(await ask("k", { a: 2 })).not.toBe(id);
});

test("ids of one kind sort by time, and a derived one is always the same", () => {
  expect(newId("job", 1_000) < newId("job", 1_001)).toBe(true);
  expect(derivedId("dataset", 5, "a")).toBe(derivedId("dataset", 5, "a"));
  expect(derivedId("dataset", 5, "a")).not.toBe(derivedId("dataset", 5, "b"));
  expect(isId("job", newId("job", Date.now()))).toBe(true);
  for (const wrong of ["ftjob-", "ftjob-../../x", newId("dataset", 1), `${newId("job", 1)}x`])
    expect(isId("job", wrong)).toBe(false);
});
