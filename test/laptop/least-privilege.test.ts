import { readFileSync } from "node:fs";
import { join } from "node:path";
import { PutObjectCommand, S3Client } from "@aws-sdk/client-s3";
import { afterAll, beforeAll, expect, test } from "vitest";
import { stacks } from "./fixtures/stacks.ts";
import { temporaryDirectory, type World, world } from "./fixtures/world.ts";

const directory = temporaryDirectory();
let laptop: World;
const reach = async (action: string, key: string) =>
  (await fetch(`${laptop.url}/reach?do=${action}&key=${key}`)).json() as Promise<Record<string, string>>;
const refusal = (action: string, resource: string) =>
  `User: arn:aws:sts::000000000000:assumed-role/platform-reachrole/platform-reach is not authorized to perform: ${action} on resource: ${resource} because no identity-based policy allows the ${action} action`;

beforeAll(async () => {
  laptop = await world(directory.path);
  const s3 = new S3Client(laptop.aws.client("s3"));
  await s3.send(new PutObjectCommand({ Bucket: "data-bucket", Key: "secret/1", Body: "secret" }));
});
afterAll(async () => {
  await laptop.close();
  directory.remove();
});

test("a function does what its role in the template allows", async () => {
  expect(await reach("put", "open/1")).toEqual({ result: "written" });
  expect(await reach("get", "open/1")).toEqual({ result: "1" });
  expect(await reach("get", "open/none")).toMatchObject({ name: "NoSuchKey" });
});

test("and fails as in AWS at what it does not allow, which the log tells", async () => {
  const put = refusal("s3:PutObject", "arn:aws:s3:::data-bucket/secret/1");
  expect(await reach("put", "secret/1")).toEqual({ name: "AccessDenied", message: put });
  expect(await reach("get", "secret/1")).toEqual({
    name: "AccessDenied",
    message: refusal("s3:GetObject", "arn:aws:s3:::data-bucket/secret/1"),
  });
  await expect.poll(() => readFileSync(join(directory.path, "anneal.log"), "utf8")).toContain(`iam ${put}`);
});

test("what a function presigns can do no more than the function, and stays good over a restart", async () => {
  const open = await reach("presign", "open/1");
  const secret = await reach("presign", "secret/1");
  expect((await fetch(open.result!)).status).toBe(200);
  expect((await fetch(secret.result!)).status).toBe(403);
  await laptop.close();
  laptop = await world(directory.path);
  expect((await fetch(open.result!)).status).toBe(200);
  expect((await fetch(secret.result!)).status).toBe(403);
});

test("a function whose role is not for Lambda stops the start", async () => {
  const [data, platform] = structuredClone(stacks());
  const { Properties } = platform!.template.Resources!.ReachRole!;
  const trust = Properties!.AssumeRolePolicyDocument as { Statement: [{ Principal: { Service: string } }] };
  trust.Statement[0].Principal.Service = "sagemaker.amazonaws.com";
  const elsewhere = temporaryDirectory();
  await expect(world(elsewhere.path, { stacks: [data!, platform!] })).rejects.toThrow("platform-reach has the role");
  elsewhere.remove();
});
