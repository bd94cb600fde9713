import type { Storage } from "./emulators/storage.ts";
import type { Parts } from "./resources.ts";

/** Tells S3 which new objects become messages of which queues. Throws for a notification that the laptop cannot deliver. */
export function wireNotifications(parts: Parts, storage: Storage): void {
  const queues = new Map(parts.of("AWS::SQS::Queue").map(({ arn, ref }) => [arn, ref]));
  for (const { logicalId, properties } of parts.of("Custom::S3BucketNotifications")) {
    const { QueueConfigurations = [], ...others } = properties.NotificationConfiguration as Notifications;
    const odd = Object.keys(others)[0];
    if (odd) throw new Error(`${logicalId} has ${odd}; the laptop delivers S3 notifications to queues only`);
    for (const { Events, Filter, QueueArn } of QueueConfigurations) {
      const other = Events.find((event) => event !== "s3:ObjectCreated:*");
      if (other) throw new Error(`${logicalId} asks for ${other}; the laptop knows s3:ObjectCreated:* only`);
      const queueUrl = queues.get(QueueArn);
      if (!queueUrl) throw new Error(`${logicalId} tells ${QueueArn}, which is no queue of the template`);
      const rules = Filter?.Key.FilterRules ?? [];
      const value = (name: string) => rules.find((rule) => rule.Name.toLowerCase() === name)?.Value ?? "";
      storage.onObjectCreated(
        properties.BucketName as string,
        { prefix: value("prefix"), suffix: value("suffix") },
        queueUrl,
      );
    }
  }
}

interface Notifications {
  QueueConfigurations?: {
    Events: string[];
    Filter?: { Key: { FilterRules: { Name: string; Value: string }[] } };
    QueueArn: string;
  }[];
}

/** Defines the template's state machines, with the functions' names in place. Unfinished executions may go on from here. */
export function wireWorkflows(parts: Parts, stepFunctions: { define(arn: string, definition: object): void }): void {
  for (const { arn, logicalId, properties } of parts.of("AWS::StepFunctions::StateMachine")) {
    const { DefinitionString, DefinitionSubstitutions = {} } = properties as Workflow;
    if (!DefinitionString)
      throw new Error(`${logicalId} has no DefinitionString; the laptop reads the definition from there`);
    const text = DefinitionString.replace(
      /\$\{(\w+)\}/g,
      (whole, name: string) => DefinitionSubstitutions[name] ?? whole,
    );
    stepFunctions.define(arn, JSON.parse(text));
  }
}

interface Workflow {
  DefinitionString?: string;
  DefinitionSubstitutions?: Record<string, string>;
}
