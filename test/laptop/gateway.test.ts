import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
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

const get = (path: string, init?: RequestInit) => fetch(laptop.url + path, init);
const echoed = async (path: string, init?: RequestInit) =>
  (await (await get(path, init)).json()) as Record<string, unknown>;

describe("routing", () => {
  test("a static segment wins over a variable", async () => {
    expect(await echoed("/things/summary")).toMatchObject({ resource: "/things/summary", pathParameters: null });
    expect(await echoed("/things/42")).toMatchObject({ resource: "/things/{id}", pathParameters: { id: "42" } });
    expect(await echoed("/things/summary/parts")).toMatchObject({ pathParameters: { id: "summary" } });
  });

  test.each([
    ["GET", "/nothing"],
    ["GET", "/"],
    ["GET", "/things//parts"],
    ["DELETE", "/things"],
  ])("%s %s is unknown, in the template's words", async (method, path) => {
    const response = await get(path, { method });
    expect([response.status, await response.json()]).toEqual([404, { error: "no such route" }]);
  });

  test("HEAD and OPTIONS of a route without them are unknown too", async () => {
    expect((await get("/things", { method: "HEAD" })).status).toBe(404);
    expect((await get("/things", { method: "OPTIONS" })).status).toBe(404);
  });

  test("a path that is not valid percent-encoding is a bad request", async () => {
    expect((await get("/things/%E0%A4%A")).status).toBe(400);
  });
});

test("the event is API Gateway's", async () => {
  const event = await echoed("/things/a%2Fb?x=1&x=2&y=a+b", {
    headers: { "X-Thing": "one", "x-forwarded-for": "6.6.6.6" },
  });
  expect(event).toMatchObject({
    resource: "/things/{id}",
    path: "/things/a%2Fb",
    httpMethod: "GET",
    headers: { "X-Thing": "one", "X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "http" },
    multiValueHeaders: { "X-Thing": ["one"] },
    queryStringParameters: { x: "2", y: "a b" },
    multiValueQueryStringParameters: { x: ["1", "2"], y: ["a b"] },
    pathParameters: { id: "a/b" },
    requestContext: { stage: "prod", resourcePath: "/things/{id}", identity: { sourceIp: "127.0.0.1" } },
    body: null,
    isBase64Encoded: false,
  });
});

test("a body is text, and base64 for the API's binary types", async () => {
  const post = (type: string) => echoed("/things", { method: "POST", body: "grüß", headers: { "content-type": type } });
  expect(await post("application/json")).toMatchObject({ body: "grüß", isBase64Encoded: false });
  expect(await post("multipart/form-data; boundary=x")).toMatchObject({
    body: Buffer.from("grüß").toString("base64"),
    isBase64Encoded: true,
  });
});

describe("bodies nobody wants", () => {
  test("four gigabytes that are announced are refused before they are read", async () => {
    const { promise, resolve, reject } = Promise.withResolvers<number>();
    const request = httpRequest(`${laptop.url}/things`, {
      method: "POST",
      headers: { "content-length": 4 * 1024 ** 3 },
    });
    request.on("response", (response) => resolve(response.statusCode!)).on("error", reject);
    request.write("the beginning");
    expect(await promise).toBe(413);
    request.on("error", () => {}).destroy();
  });

  test("more than ten megabytes in chunks are refused", async () => {
    const body = new ReadableStream({
      start(controller) {
        for (let i = 0; i < 11; i++) controller.enqueue(new Uint8Array(1024 * 1024));
        controller.close();
      },
    });
    expect((await get("/things", { method: "POST", body, duplex: "half" } as RequestInit)).status).toBe(413);
  });

  test("more than Lambda's six megabytes are refused", async () => {
    expect((await get("/things", { method: "POST", body: "x".repeat(7 * 1024 * 1024) })).status).toBe(413);
  });

  test("a body that breaks off harms nobody", async () => {
    const { port } = new URL(laptop.url);
    const socket = connect(Number(port), "127.0.0.1");
    socket.write("POST /things HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf");
    await new Promise((resolve) => setImmediate(resolve));
    socket.destroy();
    expect((await get("/things")).status).toBe(200);
  });
});

describe("replies", () => {
  test("headers of both kinds are sent", async () => {
    const response = await get("/things?do=cookies");
    expect(response.status).toBe(201);
    expect(response.headers.get("x-one")).toBe("1");
    expect(response.headers.getSetCookie()).toEqual(["a=1", "b=2"]);
  });

  test("base64 is decoded for a client that asks for a binary type, as in the cloud", async () => {
    const bytes = async (accept: string) => [
      ...new Uint8Array(await (await get("/things?do=binary", { headers: { accept } })).arrayBuffer()),
    ];
    expect(await bytes("multipart/form-data")).toEqual([0, 255, 1]);
    expect(await bytes("*/*")).toEqual([...Buffer.from("AP8B")]);
  });

  test.each(["throw", "exit", "malformed", "large"])(
    "a function that answers with '%s' is an internal server error",
    async (what) => {
      const response = await get(`/things?do=${what}`);
      expect([response.status, await response.json()]).toEqual([502, { message: "Internal server error" }]);
      expect((await get("/things")).status).toBe(200);
    },
  );

  test("a function that takes longer than it declared is ended", async () => {
    expect((await get("/things?do=hang")).status).toBe(504);
    expect((await get("/things")).status).toBe(200);
  });
});

test("a function has its own environment and knows how long it may take", async () => {
  const environment = await echoed("/things?do=environment");
  expect(environment).toMatchObject({
    TABLE_NAME: "data-table",
    RUNS_BUCKET: "data-bucket",
    QUEUE_URL: `${laptop.aws.endpoints.sqs}/000000000000/platform-queue`,
    AWS_REGION: "us-east-1",
    AWS_LAMBDA_FUNCTION_NAME: "platform-echo",
    AWS_ENDPOINT_URL_DYNAMODB: laptop.aws.endpoints.dynamodb,
  });
  expect(environment).not.toHaveProperty("HOME");
  const context = await echoed("/things?do=context");
  expect(context.functionName).toBe("platform-echo");
  expect(context.remaining).toBeGreaterThan(1_000);
  expect(context.remaining).toBeLessThanOrEqual(2_000);
});
