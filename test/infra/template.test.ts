import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { beforeAll, describe, expect, test } from "vitest";
import type { Route } from "../../functions/api/route.ts";
import { routeTable } from "../../functions/api/table.ts";
import { functions } from "../../functions/declarations.ts";
import { synthesize } from "../../local/synth.ts";
import { type Resource, resourcesOf } from "../../local/template.ts";

let resources: Resource[];
beforeAll(async () => {
  const outDir = mkdtempSync(join(tmpdir(), "anneal-synth-"));
  resources = resourcesOf(
    await synthesize({ outDir, cacheDir: join(outDir, "cache"), inferenceUrl: "http://127.0.0.1:1" }),
  );
  rmSync(outDir, { recursive: true });
});

const ofType = (type: string) => resources.filter((resource) => resource.type === type);
const only = (type: string) => {
  const [one, ...more] = ofType(type);
  expect(more).toEqual([]);
  return one!;
};
/** Every string anywhere in a value. */
const strings = (value: unknown): string[] =>
  typeof value === "string" ? [value] : value && typeof value === "object" ? Object.values(value).flatMap(strings) : [];

describe("the API", () => {
  test("has every route of the table, and no other", () => {
    const parts = new Map(ofType("AWS::ApiGateway::Resource").map((each) => [each.logicalId, each.properties]));
    const path = (id: unknown): string => {
      const found = parts.get((id as { Ref?: string })?.Ref ?? "");
      return found ? `${path(found.ParentId)}/${found.PathPart}` : "";
    };
    const inTemplate = ofType("AWS::ApiGateway::Method").map(
      ({ properties }) => `${properties.HttpMethod} ${path(properties.ResourceId)}`,
    );
    const inTable = routeTable.flatMap(({ routes }) => routes.map(({ method, path: route }) => `${method} ${route}`));
    expect(inTemplate.sort()).toEqual(inTable.sort());
  });

  test("streams the routes that are declared to stream, and those alone", () => {
    const streaming = ofType("AWS::ApiGateway::Method").filter(
      ({ properties }) =>
        (properties.Integration as { ResponseTransferMode?: string }).ResponseTransferMode === "STREAM",
    );
    const declared = routeTable.flatMap(({ routes }): readonly Route[] => routes).filter(({ streams }) => streams);
    expect(streaming.length).toBe(declared.length);
    for (const { properties } of streaming)
      expect((properties.Integration as { TimeoutInMillis?: number }).TimeoutInMillis).toBe(900_000);
  });

  test("is one, and Regional", () => {
    expect(only("AWS::ApiGateway::RestApi").properties.EndpointConfiguration).toEqual({ Types: ["REGIONAL"] });
  });
});

test("every declared function is there, with exactly the environment it declares", () => {
  for (const declaration of Object.values(functions)) {
    const [found] = ofType("AWS::Lambda::Function").filter(
      ({ metadata }) => metadata["anneal:entry"] === declaration.entry,
    );
    const { Variables } = found!.properties.Environment as { Variables: Record<string, unknown> };
    expect([declaration.entry, Object.keys(Variables).sort()]).toEqual([
      declaration.entry,
      [...declaration.environment, "NODE_OPTIONS"].sort(),
    ]);
    expect(found!.properties).toMatchObject({ Runtime: "nodejs24.x", Architectures: ["arm64"] });
  }
});

test("every queue that feeds a function has dead letters, and these an alarm with a runbook", () => {
  const mappings = ofType("AWS::Lambda::EventSourceMapping");
  expect(mappings.length).toBe(3);
  const alarms = JSON.stringify(ofType("AWS::CloudWatch::Alarm"));
  for (const { properties } of mappings) {
    expect(properties.FunctionResponseTypes).toEqual(["ReportBatchItemFailures"]);
    const [id] = (properties.EventSourceArn as { "Fn::GetAtt": [string, string] })["Fn::GetAtt"];
    const queue = resources.find(({ logicalId }) => logicalId === id)!;
    const redrive = queue.properties.RedrivePolicy as {
      deadLetterTargetArn: { "Fn::GetAtt": [string, string] };
      maxReceiveCount: number;
    };
    expect(redrive.maxReceiveCount).toBe(5);
    expect(alarms).toContain(redrive.deadLetterTargetArn["Fn::GetAtt"][0]);
  }
  expect(alarms).toMatch(/docs\/operations\.md#/);
});

test("nothing has a physical name", () => {
  const names = ["TableName", "BucketName", "QueueName", "FunctionName", "StateMachineName", "RoleName", "TopicName"];
  const owners = resources.filter(({ type }) => /(Table|Bucket|Queue|Function|StateMachine|Role|Topic)$/.test(type));
  for (const { logicalId, properties } of owners)
    expect([logicalId, names.filter((name) => name in properties)]).toEqual([logicalId, []]);
});

test("buckets are private, encrypted and kept when the stack goes", () => {
  for (const { properties } of ofType("AWS::S3::Bucket")) {
    expect(properties.PublicAccessBlockConfiguration).toEqual({
      BlockPublicAcls: true,
      BlockPublicPolicy: true,
      IgnorePublicAcls: true,
      RestrictPublicBuckets: true,
    });
    expect(properties.BucketEncryption).toBeDefined();
  }
});

describe("policies", () => {
  const statements = () =>
    ofType("AWS::IAM::Policy").flatMap(({ logicalId, properties }) =>
      (properties.PolicyDocument as { Statement: { Action: string | string[]; Resource: unknown }[] }).Statement.map(
        (statement) => ({
          logicalId,
          actions: [statement.Action].flat(),
          resources: [statement.Resource].flat(),
        }),
      ),
    );

  /** Actions that know no narrower resource, or belong to what CDK makes for itself. */
  const UNBOUND = [
    /^xray:/,
    /^logs:(\w*LogDeliver(y|ies)|PutResourcePolicy|DescribeResourcePolicies|DescribeLogGroups)/,
    /^ecr:GetAuthorizationToken$/,
    /^cloudwatch:PutMetricData$/,
    /^s3:PutBucketNotification$/,
    /^s3:GetBucketNotification$/,
  ];

  test("give no action by wildcard", () => {
    for (const { logicalId, actions } of statements())
      expect([logicalId, actions.filter((action) => action.includes("*"))]).toEqual([logicalId, []]);
  });

  test("give nothing on every resource that could be narrowed", () => {
    for (const { logicalId, actions, resources: on } of statements().filter(({ resources: all }) => all.includes("*")))
      expect([logicalId, on, actions.filter((action) => !UNBOUND.some((unbound) => unbound.test(action)))]).toEqual([
        logicalId,
        on,
        [],
      ]);
  });

  test("let nobody scan the table or reach a bucket beyond its prefixes", () => {
    const all = statements();
    expect(all.flatMap(({ actions }) => actions)).not.toContain("dynamodb:Scan");
    for (const { actions, resources: on } of all.filter(({ actions: each }) =>
      each.some((action) => /^s3:(Get|Put|Delete)Object/.test(action)),
    ))
      expect([actions, strings(on).filter((text) => text.includes("*"))]).toEqual([
        actions,
        expect.arrayContaining([expect.stringMatching(/^\/(uploads|parts|datasets|base-models|runs)\/\*$/)]),
      ]);
  });
});

test("the workflow is JSONPath, ends every failure in FinishRun, and calls back instead of polling", () => {
  const { DefinitionString } = only("AWS::StepFunctions::StateMachine").properties;
  const text = typeof DefinitionString === "string" ? DefinitionString : strings(DefinitionString).join("");
  const { States } = JSON.parse(text) as {
    States: Record<string, { Type: string; Catch?: { ErrorEquals: string[]; Next: string }[] }>;
  };
  expect(text).not.toContain("JSONata");
  for (const [name, { Type, Catch }] of Object.entries(States)) {
    expect(Type).not.toBe("Wait");
    if (Type !== "Task" || name === "FinishRun") continue;
    expect([name, Catch?.find(({ ErrorEquals }) => ErrorEquals.includes("States.ALL"))?.Next]).toEqual([
      name,
      "FinishRun",
    ]);
  }
});
