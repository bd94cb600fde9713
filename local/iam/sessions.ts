import type { Invoke } from "../emulators/step-functions/tasks.ts";
import type { Identity } from "../endpoints.ts";
import type { FunctionSetup, Functions } from "../lambda/functions.ts";
import type { Parts } from "../resources.ts";
import type { LaptopAuthority } from "./authority.ts";

/** Whom a function calls AWS as. Throws when it has no role of the template that Lambda may assume. */
export function functionSession(authority: LaptopAuthority, { name, roleArn }: FunctionSetup): Identity {
  const session = authority.assume(roleArn, name, "lambda.amazonaws.com");
  if (!session) throw new Error(`${name} has the role ${roleArn}, which the template has not for lambda.amazonaws.com`);
  return session;
}

/** Whom a trainer calls AWS as, or null when there is no such role for SageMaker. */
export const trainerSession = (authority: LaptopAuthority, roleArn: string): Identity | null =>
  authority.assume(roleArn, "SageMaker", "sagemaker.amazonaws.com");

/** Calls functions for the template's state machines, each in the name of its role. */
export function invokeForWorkflows(options: {
  parts: Parts;
  authority: LaptopAuthority;
  functions: Promise<Functions>;
}): Invoke {
  const { parts, authority, functions } = options;
  const machines = new Map(parts.of("AWS::StepFunctions::StateMachine").map((each) => [each.arn, each]));
  return async (functionArn, payload, machineArn) => {
    const { name, properties } = machines.get(machineArn)!;
    authority.demand(properties.RoleArn as string, name, { action: "lambda:InvokeFunction", resource: functionArn });
    return (await functions).invoke(functionArn, payload);
  };
}
