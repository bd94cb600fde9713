import { describe, expect, test } from "vitest";
import { readParts } from "../../local/resources.ts";
import { makeResolve, type Stack } from "../../local/template.ts";

const data: Stack = {
  name: "Data",
  template: {
    Resources: { Bucket: { Type: "AWS::S3::Bucket" } },
    Outputs: { Out: { Value: { Ref: "Bucket" }, Export: { Name: "Data:Bucket" } } },
  },
};
const app: Stack = {
  name: "App",
  template: {
    Parameters: { Stage: { Default: "prod" } },
    Resources: { Queue: { Type: "AWS::SQS::Queue", Properties: {} }, Role: { Type: "AWS::IAM::Role" } },
  },
};
const resolve = makeResolve([data, app], (resource, attribute) => `${resource.logicalId}!${attribute ?? "ref"}`);

test.each<[string, unknown, unknown]>([
  ["Ref of a resource", { Ref: "Queue" }, "Queue!ref"],
  ["Ref of a parameter", { Ref: "Stage" }, "prod"],
  ["Ref of a pseudo parameter", { Ref: "AWS::Region" }, "us-east-1"],
  ["Ref of the stack's name", { Ref: "AWS::StackName" }, "App"],
  ["Fn::GetAtt as a list", { "Fn::GetAtt": ["Queue", "Arn"] }, "Queue!Arn"],
  ["Fn::GetAtt as text", { "Fn::GetAtt": "Queue.Arn" }, "Queue!Arn"],
  ["Fn::Join", { "Fn::Join": ["-", ["a", { Ref: "Stage" }]] }, "a-prod"],
  ["Fn::Split and Fn::Select", { "Fn::Select": [1, { "Fn::Split": ["!", { Ref: "Queue" }] }] }, "ref"],
  ["Fn::Sub", { "Fn::Sub": "${Stage}/${Queue.Arn}/${!Literal}" }, "prod/Queue!Arn/${Literal}"],
  ["Fn::Sub with values", { "Fn::Sub": ["${X}", { X: { Ref: "Stage" } }] }, "prod"],
  ["Fn::ImportValue", { "Fn::ImportValue": "Data:Bucket" }, "Bucket!ref"],
  ["nested values", { a: [{ b: { Ref: "Stage" } }] }, { a: [{ b: "prod" }] }],
  ["no value", { a: 1, b: { Ref: "AWS::NoValue" } }, { a: 1 }],
])("%s is resolved", (_name, value, expected) => {
  expect(resolve("App", value)).toEqual(expected);
});

describe("a start that would leave something out is refused", () => {
  test("a function of the template language that is not known", () => {
    expect(() => resolve("App", { "Fn::Cidr": [] })).toThrow("App uses Fn::Cidr");
  });

  test("a reference to nothing", () => {
    expect(() => resolve("App", { Ref: "Nothing" })).toThrow("App has no resource 'Nothing'");
    expect(() => resolve("App", { "Fn::ImportValue": "Data:Nothing" })).toThrow("No stack exports 'Data:Nothing'");
  });

  test("a type that the laptop does not run, by its name", () => {
    const stack = { name: "App", template: { Resources: { Cache: { Type: "AWS::ElastiCache::CacheCluster" } } } };
    expect(() => readParts([stack], { sqsUrl: "" })).toThrow("does not run AWS::ElastiCache::CacheCluster (App/Cache)");
  });
});

test("names come from logical ids, so that a restart finds the state again", () => {
  const [queue] = readParts([data, app], { sqsUrl: "http://127.0.0.1:9" }).of("AWS::SQS::Queue");
  expect(queue).toMatchObject({
    name: "app-queue",
    ref: "http://127.0.0.1:9/000000000000/app-queue",
    arn: "arn:aws:sqs:us-east-1:000000000000:app-queue",
  });
});
