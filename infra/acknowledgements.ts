import { type Stack, Validations } from "aws-cdk-lib";

/** cdk-nag findings we accept, each with its reason. Anything else fails `cdk synth`. */
export function acknowledge(stack: Stack) {
  const reasons: Record<string, string> = {};
  for (const [id, reason] of Object.entries(reasons)) Validations.of(stack).acknowledge({ id, reason });
}
