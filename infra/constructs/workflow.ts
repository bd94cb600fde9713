import { readFileSync } from "node:fs";
import type { Duration } from "aws-cdk-lib";
import type { IFunction } from "aws-cdk-lib/aws-lambda";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import { DefinitionBody, LogLevel, StateMachine } from "aws-cdk-lib/aws-stepfunctions";
import { Construct } from "constructs";

/** A state machine from infra/workflows/<definition>, whose `${Name}` are the ARNs of the given functions. */
export class Workflow extends Construct {
  readonly stateMachine: StateMachine;

  constructor(
    scope: Construct,
    id: string,
    props: { definition: string; steps: Record<string, IFunction>; timeout: Duration },
  ) {
    super(scope, id);
    const text = readFileSync(new URL(`../workflows/${props.definition}`, import.meta.url), "utf8");
    this.stateMachine = new StateMachine(this, "StateMachine", {
      // A string and not a file, so that the template holds the definition itself and the laptop can read it there.
      definitionBody: DefinitionBody.fromString(text),
      definitionSubstitutions: Object.fromEntries(
        Object.entries(props.steps).map(([name, step]) => [name, step.functionArn]),
      ),
      timeout: props.timeout,
      tracingEnabled: true,
      logs: {
        destination: new LogGroup(this, "Logs", { retention: RetentionDays.THREE_MONTHS }),
        level: LogLevel.ALL,
      },
    });
    for (const step of Object.values(props.steps)) step.grantInvoke(this.stateMachine);
  }
}
