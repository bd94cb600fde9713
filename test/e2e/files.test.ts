import { createHash } from "node:crypto";
import { afterAll, beforeAll, expect, test } from "vitest";
import { expectOpenAI } from "../contracts/openai.ts";
import { jsonl, processed, rows, until, upload, type World, world } from "../world.ts";

let here: World;
beforeAll(async () => {
  here = await world();
});
afterAll(() => here.close());

test("files are listed newest first, page by page, by purpose, and give their bytes back", async () => {
  const { openai } = here;
  const text = jsonl(rows(3));
  const first = await upload(openai, text, "first.jsonl");
  const second = await upload(openai, text, "second.jsonl");
  const other = await openai.files.create({ file: new File(["hello"], "notes.txt"), purpose: "assistants" });
  expect(other).toMatchObject({ status: "processed", bytes: 5 });

  const page = await openai.files.list({ limit: 2 });
  expectOpenAI("ListFilesResponse", (page as unknown as { body: unknown }).body);
  expect(page.data.map(({ id }) => id)).toEqual([other.id, second.id]);
  expect(page.hasNextPage()).toBe(true);
  expect((await page.getNextPage()).data.map(({ id }) => id)).toEqual([first.id]);
  expect((await openai.files.list({ purpose: "assistants" })).data.map(({ id }) => id)).toEqual([other.id]);
  expect((await openai.files.list({ order: "asc" })).data[0]!.id).toBe(first.id);

  expect(await (await openai.files.content(first.id)).text()).toBe(text);
  expectOpenAI("DeleteFileResponse", await openai.files.delete(first.id));
  await expect(openai.files.retrieve(first.id)).rejects.toMatchObject({ status: 404 });
  await expect(openai.files.content(first.id)).rejects.toMatchObject({ status: 404 });
});

test("an upload in parts is joined in the order the client says, and its checksum is checked", async () => {
  const { openai } = here;
  const whole = Buffer.from(jsonl(rows(40)));
  const [a, b] = [whole.subarray(0, 1000), whole.subarray(1000)];
  const created = await openai.uploads.create({
    filename: "parts.jsonl",
    purpose: "fine-tune",
    bytes: whole.length,
    mime_type: "application/jsonl",
  });
  expect(created.status).toBe("pending");
  // Sent in the wrong order on purpose.
  const partB = await openai.uploads.parts.create(created.id, { data: new File([b], "b") });
  const partA = await openai.uploads.parts.create(created.id, { data: new File([a], "a") });
  expectOpenAI("UploadPart", partA);

  const md5 = createHash("md5").update(whole).digest("hex");
  const complete = (part_ids: string[], sum: string) => openai.uploads.complete(created.id, { part_ids, md5: sum });
  await expect(complete([partB.id, partA.id], md5)).rejects.toMatchObject({ status: 400, param: "md5" });
  await expect(complete([partA.id], md5)).rejects.toMatchObject({ status: 400, param: "bytes" });
  await expect(complete([partA.id, "part-nope"], md5)).rejects.toMatchObject({ status: 400, param: "part_ids" });
  const done = await complete([partA.id, partB.id], md5);
  expectOpenAI("Upload", done);
  // A client that lost the answer asks again and hears the same.
  expect((await complete([partA.id, partB.id], md5)).file!.id).toBe(done.file!.id);
  expect(done).toMatchObject({ status: "completed", file: { bytes: whole.length, filename: "parts.jsonl" } });
  expect(await processed(openai, done.file!.id)).toMatchObject({ status: "processed" });
  expect(Buffer.from(await (await openai.files.content(done.file!.id)).arrayBuffer()).equals(whole)).toBe(true);
  await expect(openai.uploads.cancel(created.id)).rejects.toMatchObject({ status: 400 });
});

test("a cancelled upload takes no more parts", async () => {
  const { openai } = here;
  const created = await openai.uploads.create({
    filename: "a",
    purpose: "assistants",
    bytes: 3,
    mime_type: "text/plain",
  });
  expect(await openai.uploads.cancel(created.id)).toMatchObject({ status: "cancelled" });
  await expect(openai.uploads.parts.create(created.id, { data: new File(["abc"], "a") })).rejects.toMatchObject({
    status: 400,
  });
});

test("a presigned form takes what is too large for the API, and the report says what was found", async () => {
  const { body: dataset } = await here.request("POST", "/api/v1/datasets", { body: { filename: "large.jsonl" } });
  const form = new FormData();
  for (const [name, value] of Object.entries(dataset.upload.fields)) form.append(name, value as string);
  const row = rows(1)[0]!;
  const pii = {
    messages: [
      { role: "user", content: "I am jane@example.com" },
      { role: "assistant", content: "Hello" },
    ],
  };
  const filler = rows(60_000, 100).map((each) => ({ messages: [...each.messages] }));
  const endless = `{"messages":"${"x".repeat(5_000_000)}"}`;
  const text = `${jsonl([row, row, pii])}not json\n${endless}\n${jsonl(filler)}`;
  expect(text.length).toBeGreaterThan(6e6);
  form.append("file", new File([text], "large.jsonl"));
  expect((await fetch(dataset.upload.url, { method: "POST", body: form })).status).toBe(204);

  const found = await until(
    () => here.request("GET", `/api/v1/datasets/${dataset.id}`),
    ({ body }) => body.status === "ready" || body.status === "rejected",
  );
  expect(found.body).toMatchObject({ status: "ready", rows: 60_003, bytes: Buffer.byteLength(text) });
  const { body: report } = await here.request("GET", `/api/v1/datasets/${dataset.id}/report`);
  expect(report).toMatchObject({
    rows: { total: 60_005, accepted: 60_003, dropped: 2 },
    dropped: [
      { line: 4, reason: "not_json" },
      { line: 5, reason: "line_too_long" },
    ],
    duplicates: { exact: { rows: 1, lines: [2] } },
    pii: { kinds: expect.arrayContaining([expect.objectContaining({ kind: "email", rows: 1, lines: [3] })]) },
  });
  expect(JSON.stringify(report)).not.toContain("jane@");

  // Too large to come back through the API: a redirect to the bucket, which clients follow.
  const content = await here.openai.files.content(dataset.id);
  expect((await content.text()).length).toBe(text.length);
});
