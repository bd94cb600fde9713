import { spawn } from "node:child_process";
import { once } from "node:events";
import { afterAll, beforeAll, expect, test } from "vitest";
import { makeKeys } from "../../shared/keys.ts";
import { type State, state } from "../domain/state.ts";

let here: State;
beforeAll(async () => {
  here = await state();
});
afterAll(() => here.close());

/** The command as an operator runs it against a table elsewhere; its database answers from this process meanwhile. */
async function run(...more: string[]) {
  const env = { ...process.env, ...here.environment };
  const command = spawn(process.execPath, ["local/key.ts", "--table", "table", ...more], { env });
  let text = "";
  for (const stream of [command.stdout, command.stderr]) stream.on("data", (chunk) => (text += chunk));
  const [status] = await once(command, "close");
  return { status, text: text.trim() };
}

test("keys of an installation elsewhere are made and taken back by the name of its table", async () => {
  const made = await run("--org", "acme", "--scopes", "inference");
  expect(made.status).toBe(0);
  const keys = makeKeys({ table: here.table, clock: here.clock });
  expect(await keys.authenticate(made.text)).toMatchObject({ organization: "acme", scopes: ["inference"] });
  expect(await run("--revoke", made.text)).toEqual({
    status: 0,
    text: expect.stringMatching(/^Revoked [0-9a-f]{16}\.$/),
  });
  await expect(keys.authenticate(made.text)).rejects.toMatchObject({ code: "unauthenticated" });
  expect((await run("--revoke", "0".repeat(16))).text).toMatch(/There is no key/);
});

test("a key without an organization is refused with the usage", async () => {
  expect(await run("--scopes", "inference")).toMatchObject({
    status: 1,
    text: expect.stringMatching(/Usage: npm run key/),
  });
});
