import { afterAll, beforeAll, expect, test } from "vitest";
import { temporaryDirectory, type World, world } from "./fixtures/world.ts";

const directory = temporaryDirectory();
let laptop: World;
beforeAll(async () => {
  laptop = await world(directory.path);
});
afterAll(async () => {
  await laptop.close();
  directory.remove();
});

test("a stream arrives whole and in order", async () => {
  const response = await fetch(`${laptop.url}/events?count=50`);
  expect(response.headers.get("content-type")).toBe("text/event-stream");
  const numbers = (await response.text()).match(/(?<=data: )\d+/g);
  expect(numbers).toEqual(Array.from({ length: 50 }, (_, i) => String(i)));
  expect(await laptop.noted("stream", "whole")).toBeDefined();
});

test("a client that leaves ends the function's stream", async () => {
  const leave = new AbortController();
  const response = await fetch(`${laptop.url}/events`, { signal: leave.signal });
  const reader = response.body!.getReader();
  expect((await reader.read()).done).toBe(false);
  leave.abort();
  expect(await laptop.noted("stream", "cut short")).toBeDefined();
});

test("a client that does not read does not make the function produce", async () => {
  const leave = new AbortController();
  await fetch(`${laptop.url}/events?as=unread`, { signal: leave.signal });
  // Another client meanwhile reads thirty megabytes; this one's function stops when the connection's buffers are full.
  await (await fetch(`${laptop.url}/events?count=3000`)).text();
  leave.abort();
  expect(Number(await laptop.noted("unread", "cut short"))).toBeLessThan(1500);
});

test("a failure before the head is an internal server error, and one within cuts the stream", async () => {
  expect((await fetch(`${laptop.url}/events?fail=before`)).status).toBe(502);
  const response = await fetch(`${laptop.url}/events?fail=within`);
  expect(response.status).toBe(200);
  await expect(response.text()).rejects.toThrow();
});
