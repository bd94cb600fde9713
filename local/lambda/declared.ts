import { resolve } from "node:path";
import type { Route } from "../api/routes.ts";
import type { Part, Parts } from "../resources.ts";
import { ROOT } from "../synth.ts";
import type { FunctionSetup } from "./functions.ts";

/**
 * How many threads a function may have, and how long one stays warm. A stream occupies its own for as long as the client
 * listens, and API functions mostly wait for the emulators; more of the others would only make two cores slower. Each
 * weighs about 60 MB, so those that nobody waits for are let go soon.
 */
const THREADS = {
  stream: { maxWorkers: 8, idleSeconds: 30 },
  api: { maxWorkers: 3, idleSeconds: 30 },
  other: { maxWorkers: 2, idleSeconds: 10 },
} as const;

/** The template's functions that have a TypeScript entry. Those of the CDK itself have none, and nothing for them to do here. */
export function readFunctions(parts: Parts, routes: readonly Route[]): FunctionSetup[] {
  const kindOf = (arn: string): keyof typeof THREADS => {
    const mine = routes.filter((route) => route.functionArn === arn);
    return mine.some(({ streams }) => streams) ? "stream" : mine.length > 0 ? "api" : "other";
  };
  return parts
    .of("AWS::Lambda::Function")
    .filter((each) => each.metadata["anneal:entry"])
    .map((each) => ({
      name: each.name,
      arn: each.arn,
      roleArn: each.properties.Role as string,
      entry: resolve(ROOT, each.metadata["anneal:entry"] as string),
      environment: variablesOf(each),
      timeoutSeconds: Number(each.properties.Timeout ?? 3),
      memoryMiB: Number(each.properties.MemorySize ?? 128),
      ...THREADS[kindOf(each.arn)],
    }));
}

/** The value that the functions are given for an environment variable. Throws when none has it. */
export function variable(parts: Parts, name: string): string {
  for (const each of parts.of("AWS::Lambda::Function")) {
    const value = variablesOf(each)[name];
    if (value !== undefined) return value;
  }
  throw new Error(`No function of the template has ${name} in its environment`);
}

function variablesOf({ properties }: Part): Record<string, string> {
  return (properties.Environment as { Variables?: Record<string, string> } | undefined)?.Variables ?? {};
}
