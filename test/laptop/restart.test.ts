import { existsSync, readFileSync, statSync } from "node:fs";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import { stacks } from "./fixtures/stacks.ts";
import { temporaryDirectory, world } from "./fixtures/world.ts";

let directory: ReturnType<typeof temporaryDirectory>;
beforeEach(() => {
  directory = temporaryDirectory();
});
afterEach(() => directory.remove());

test("a restart finds the key, the ports and what was written", async () => {
  const first = await world(directory.path);
  await first.noted("event", "aws.events/Scheduled Event");
  await first.close();
  const second = await world(directory.path);
  expect(second.apiKey).toBe(first.apiKey);
  expect(second.aws.endpoints).toEqual(first.aws.endpoints);
  expect(await second.notes("event")).toHaveProperty("aws.events/Scheduled Event");
  const path = join(directory.path, "credentials.json");
  expect(JSON.parse(readFileSync(path, "utf8"))).toEqual({
    baseUrl: second.url,
    apiKey: first.apiKey,
    organization: "laptop",
  });
  expect(statSync(path).mode & 0o777).toBe(0o600);
  await second.close();
  expect(existsSync(join(directory.path, "laptop.lock"))).toBe(false);
});

test("a second laptop on the same directory is refused, and the first goes on", async () => {
  const first = await world(directory.path);
  await expect(world(directory.path)).rejects.toThrow(`Anneal already runs on ${directory.path}`);
  expect((await fetch(`${first.url}/things`)).status).toBe(200);
  await first.close();
});

test("a table that the template now wants otherwise is not thrown away but refused", async () => {
  await (await world(directory.path)).close();
  const changed = stacks();
  const table = changed[0]!.template.Resources!.Table!.Properties as {
    KeySchema: unknown[];
    AttributeDefinitions: unknown[];
  };
  table.KeySchema.pop();
  table.AttributeDefinitions.pop();
  await expect(world(directory.path, { stacks: changed })).rejects.toThrow(
    "was made by another version of the template",
  );
});

test("a queue that is new in the template is there after a restart", async () => {
  await (await world(directory.path)).close();
  const changed = stacks();
  Object.assign(changed[1]!.template.Resources!, { Another: { Type: "AWS::SQS::Queue" } });
  await (await world(directory.path, { stacks: changed })).close();
});
