/** The inside of a function's worker thread: loads the entry once, then runs one invocation at a time. */

import { enableCompileCache } from "node:module";
import { finished } from "node:stream/promises";
import { parentPort, workerData } from "node:worker_threads";
import { type FromWorker, failureOf, type ToWorker, type WorkerSetup } from "./protocol.ts";
import { awslambda, isStreaming, ResponseStream } from "./response-stream.ts";

const setup = workerData as WorkerSetup;
const port = parentPort!;
const say = (message: FromWorker) => port.postMessage(message);

enableCompileCache(setup.cacheDir);
Object.assign(globalThis, { awslambda });
let stream: ResponseStream | null = null;

// An entry that cannot be loaded throws here and ends the thread with that error, which fails the waiting invocation.
const { handler } = (await import(setup.entry)) as { handler: (event: unknown, context: unknown) => unknown };
if (typeof handler !== "function") throw new Error(`${setup.entry} exports no function named handler`);
say({ type: "ready" });

const answers: { [T in ToWorker["type"]]: (message: Extract<ToWorker, { type: T }>) => void } = {
  invoke: (message) => {
    invoke(message).catch((thrown) => say({ type: "failed", failure: failureOf(thrown) }));
  },
  drained: () => stream?.drained(),
  cancel: () => {
    stream?.destroy(Object.assign(new Error("The client closed the connection"), { name: "ClientGone" }));
  },
};
port.on("message", (message: ToWorker) => answers[message.type](message as never));

async function invoke({ requestId, event, deadline }: Extract<ToWorker, { type: "invoke" }>) {
  const context = {
    awsRequestId: requestId,
    functionName: setup.functionName,
    functionVersion: "$LATEST",
    invokedFunctionArn: setup.functionArn,
    memoryLimitInMB: String(setup.memoryMiB),
    logGroupName: `/aws/lambda/${setup.functionName}`,
    logStreamName: "laptop",
    callbackWaitsForEmptyEventLoop: true,
    getRemainingTimeInMillis: () => Math.max(0, deadline - Date.now()),
  };
  if (!isStreaming(handler)) {
    const result = await handler(JSON.parse(event), context);
    return say({ type: "result", payload: JSON.stringify(result) ?? "null" });
  }
  const mine = new ResponseStream(port);
  stream = mine;
  // The handler hears of a broken stream through the stream; without a listener it would end the thread as well.
  const over = finished(mine).catch(() => {});
  try {
    await handler(JSON.parse(event), mine, context);
    if (!mine.destroyed) mine.end();
    await over;
    say({ type: "ended" });
  } finally {
    mine.destroy();
    stream = null;
  }
}
