import * as z from "zod";
import { readCondition } from "./condition.ts";
import { wildcard } from "./wildcard.ts";

/** A statement of a policy, ready to be asked. */
export interface Statement {
  readonly effect: "Allow" | "Deny";
  action(name: string): boolean;
  resource(arn: string): boolean;
  condition(context?: Readonly<Record<string, string>>): boolean;
}

const Strings = z.union([z.string(), z.array(z.string())]).transform((value) => [value].flat());

/** NotAction, NotResource and Principal are not among them: a template that comes to use one has to teach it to the laptop. */
const Document = z.strictObject({
  Version: z.literal("2012-10-17"),
  Statement: z.union([z.array(z.unknown()), z.unknown().transform((one) => [one])]).pipe(
    z.array(
      z.strictObject({
        Sid: z.string().optional(),
        Effect: z.enum(["Allow", "Deny"]),
        Action: Strings,
        Resource: Strings,
        Condition: z.record(z.string(), z.record(z.string(), z.unknown())).default({}),
      }),
    ),
  ),
});

/** The statements of a policy document. Throws, naming the policy, for whatever would not be enforced as it is meant. */
export function readPolicy(name: string, document: unknown): Statement[] {
  try {
    return Document.parse(document).Statement.map(({ Effect, Action, Resource, Condition }) => ({
      effect: Effect,
      action: any(Action.map((each) => wildcard(each, { ignoreCase: true }))),
      resource: any(Resource.map((each) => wildcard(each))),
      condition: readCondition(Condition),
    }));
  } catch (error) {
    const why = error instanceof z.ZodError ? `cannot be read: ${z.prettifyError(error)}` : (error as Error).message;
    throw new Error(`The policy ${name} ${why}`);
  }
}

const any =
  (matchers: readonly ((text: string) => boolean)[]) =>
  (text: string): boolean =>
    matchers.some((matches) => matches(text));
