import { join } from "node:path";
import { type Gateway, startGateway } from "./api/gateway.ts";
import { readRoutes } from "./api/routes.ts";
import { firstKey } from "./credentials.ts";
import { awsSettings } from "./endpoints.ts";
import { makeAuthority } from "./iam/authority.ts";
import { readRoles } from "./iam/roles.ts";
import { functionSession, invokeForWorkflows } from "./iam/sessions.ts";
import { readFunctions, variable } from "./lambda/declared.ts";
import { type Functions, startFunctions } from "./lambda/functions.ts";
import type { Log } from "./log.ts";
import { freePort } from "./ports.ts";
import { sayWhenSlow } from "./progress.ts";
import { provision } from "./provision.ts";
import { readParts } from "./resources.ts";
import { seedModels } from "./seed.ts";
import { startActors, startStores } from "./services.ts";
import { type Credentials, ownIdentity, Runtime, readState, writeState } from "./state.ts";
import { ROOT, synthesize } from "./synth.ts";
import type { Stack } from "./template.ts";
import { startQueueTriggers } from "./triggers/queues.ts";
import { type BusEvent, makeRules, type Rules } from "./triggers/rules.ts";
import { wireNotifications, wireWorkflows } from "./wiring.ts";

export interface SystemOptions {
  port: number;
  dataDir: string;
  stacks?: readonly Stack[];
  backOffSeconds?: number;
  log: Log;
  /** What is deferred is closed in reverse: first what brings work, then what does it, last what keeps it. */
  defer: (close: () => Promise<void>) => void;
}

/** Starts everything that the template needs, in the order that each needs the other. */
export async function startSystem(options: SystemOptions) {
  const { dataDir, log, defer } = options;
  const progress = sayWhenSlow(log);
  const began = Date.now();
  const authority = makeAuthority({ operator: ownIdentity(dataDir), refused: (message) => log.write("iam", message) });
  const before = readState(dataDir, "runtime.json", Runtime);
  const cacheDir = join(dataDir, "cache");

  progress.doing("synthesizing the CDK app");
  const inferencePort = await freePort(before?.inferenceUrl);
  const inferenceUrl = `http://127.0.0.1:${inferencePort}`;
  const synth = { outDir: join(dataDir, "template"), cacheDir, inferenceUrl };
  const [stacks, stores] = await Promise.all([
    options.stacks ?? synthesize(synth),
    startStores({ dataDir, authority, before, defer }),
  ]);
  const parts = readParts(stacks, { sqsUrl: stores.storage.sqsUrl });
  authority.know(readRoles(parts));

  // The emulators call functions and rules, and those need the emulators' addresses: whoever calls first, waits.
  const functionsReady = Promise.withResolvers<Functions>();
  const rulesReady = Promise.withResolvers<Rules>();
  const invoke = invokeForWorkflows({ parts, authority, functions: functionsReady.promise });
  const emit = (event: BusEvent) => void rulesReady.promise.then((rules) => rules.emit(event));
  const actors = await startActors({
    dataDir,
    cacheDir,
    authority,
    before,
    stores,
    inferencePort,
    invoke,
    emit,
    defer,
  });
  const { aws, endpoints } = actors;

  progress.doing("making tables, buckets and queues");
  await provision(parts, aws, dataDir);
  wireNotifications(parts, stores.storage);
  const tableName = variable(parts, "TABLE_NAME");
  progress.doing("putting the base models where trainers and the model server find them");
  await seedModels({ modelsDir: join(ROOT, "models"), bucket: variable(parts, "RUNS_BUCKET"), aws });

  const functions = startFunctions({
    functions: readFunctions(parts, readRoutes(parts)),
    environmentOf: (each) => awsSettings(endpoints, functionSession(authority, each)).environment,
    cacheDir,
    log,
  });
  defer(() => functions.close());
  // Before the functions: a task that is cut off must not look like one that failed.
  defer(() => actors.stepFunctions.close());
  const rules = makeRules({ parts, functions, log });
  defer(async () => rules.close());
  const gateway: Gateway = await startGateway({ parts, functions, log, port: options.port });
  const credentials: Credentials = await firstKey({ dataDir, tableName, aws, baseUrl: gateway.url });
  writeState(dataDir, "runtime.json", { tableName, endpoints, inferenceUrl } satisfies Runtime);

  functionsReady.resolve(functions);
  rulesReady.resolve(rules);
  wireWorkflows(parts, actors.stepFunctions);
  const queues = startQueueTriggers({ parts, functions, aws, log, backOffSeconds: options.backOffSeconds });
  defer(() => queues.close());
  defer(() => gateway.close());
  rules.start();
  progress.done();
  log.write("laptop", `ready at ${gateway.url} after ${Date.now() - began} ms`);
  return { gateway, credentials, aws };
}
