import { describe, expect, test } from "vitest";
import type { Access } from "../../local/emulators/authority.ts";
import { makeAuthority } from "../../local/iam/authority.ts";
import { makeRights } from "../../local/iam/rights.ts";
import { readRoles } from "../../local/iam/roles.ts";
import { invokeForWorkflows } from "../../local/iam/sessions.ts";
import { readPolicy } from "../../local/iam/statement.ts";
import { wildcard } from "../../local/iam/wildcard.ts";
import type { Functions } from "../../local/lambda/functions.ts";
import { readParts } from "../../local/resources.ts";

const policy = (...Statement: object[]) => ({ Version: "2012-10-17", Statement });
const rights = (...statements: object[]) => makeRights(readPolicy("Test", policy(...statements)));
const allow = (Action: string | string[], Resource: string | string[], more = {}) => ({
  Effect: "Allow",
  Action,
  Resource,
  ...more,
});
const ask = (action: string, resource: string, context?: Access["context"]): Access => ({
  action,
  resource,
  ...(context && { context }),
});

test.each([
  ["arn:aws:s3:::b/a/*", "arn:aws:s3:::b/a/x/y", true],
  ["arn:aws:s3:::b/a/*", "arn:aws:s3:::b/a/", true],
  ["arn:aws:s3:::b/a/*", "arn:aws:s3:::b/ab/x", false],
  ["arn:aws:s3:::b/a?c", "arn:aws:s3:::b/abc", true],
  ["arn:aws:s3:::b/a?c", "arn:aws:s3:::b/ac", false],
  ["arn:aws:s3:::b.c", "arn:aws:s3:::bxc", false],
  ["arn:aws:s3:::b", "arn:aws:s3:::B", false],
  ["(a|b)+", "aa", false],
  ["a*\n", "a b\n", true],
  ["*", "", true],
])("the pattern %j and %j: %s", (pattern, text, fits) => {
  expect(wildcard(pattern)(text)).toBe(fits);
});

describe("a role", () => {
  test("may do what one of its statements allows, and nothing else", () => {
    const may = rights(
      allow(["s3:GetObject", "s3:PutObject"], "arn:aws:s3:::b/open/*"),
      allow("sqs:Send*", ["arn:q1", "arn:q2"]),
    );
    expect(may(ask("s3:PutObject", "arn:aws:s3:::b/open/1"))).toBe("allowed");
    expect(may(ask("s3:PutObject", "arn:aws:s3:::b/shut/1"))).toBe("not allowed");
    expect(may(ask("s3:DeleteObject", "arn:aws:s3:::b/open/1"))).toBe("not allowed");
    expect(may(ask("sqs:SendMessage", "arn:q2"))).toBe("allowed");
    expect(may(ask("sqs:ReceiveMessage", "arn:q2"))).toBe("not allowed");
    expect(rights()(ask("sqs:SendMessage", "arn:q2"))).toBe("not allowed");
  });

  test("an action is the same in capitals, a resource is not", () => {
    const may = rights(allow("S3:getobject", "arn:B"));
    expect(may(ask("s3:GetObject", "arn:B"))).toBe("allowed");
    expect(may(ask("s3:GetObject", "arn:b"))).toBe("not allowed");
  });

  test("a Deny wins over every Allow, wherever it stands", () => {
    const may = rights({ Effect: "Deny", Action: "s3:*", Resource: "arn:b/secret/*" }, allow("*", "*"));
    expect(may(ask("s3:GetObject", "arn:b/secret/1"))).toBe("denied");
    expect(may(ask("s3:GetObject", "arn:b/open/1"))).toBe("allowed");
  });

  test("a condition must hold, and does not when the request has no such key", () => {
    const may = rights(
      allow("s3:ListBucket", "arn:b", { Condition: { StringLike: { "s3:prefix": ["open/*", "shared/?"] } } }),
      allow("iam:PassRole", "arn:r", {
        Condition: { StringEquals: { "iam:passedtoservice": "sagemaker.amazonaws.com" } },
      }),
    );
    const list = (prefix: string) => may(ask("s3:ListBucket", "arn:b", { "s3:prefix": prefix }));
    expect([list("open/a"), list("shared/1"), list("shared/12"), list("")]).toEqual([
      "allowed",
      "allowed",
      "not allowed",
      "not allowed",
    ]);
    expect(may(ask("s3:ListBucket", "arn:b"))).toBe("not allowed");
    const pass = (service: string) => may(ask("iam:PassRole", "arn:r", { "iam:PassedToService": service }));
    expect([pass("sagemaker.amazonaws.com"), pass("sagemaker.*")]).toEqual(["allowed", "not allowed"]);
  });
});

test.each([
  [
    "a condition on a key that nobody fills in",
    allow("a:B", "*", { Condition: { StringLike: { "aws:username": "x" } } }),
  ],
  ["an operator that is not known", allow("a:B", "*", { Condition: { IpAddress: { "s3:prefix": "x" } } })],
  // biome-ignore lint/suspicious/noTemplateCurlyInString: a policy variable
  ["a policy variable", allow("a:B", "arn:${aws:username}")],
  ["NotAction", { Effect: "Allow", NotAction: "a:B", Resource: "*" }],
  ["NotResource", { Effect: "Allow", Action: "a:B", NotResource: "*" }],
])("%s stops the start, with the policy's name", (_, statement) => {
  expect(() => readPolicy("MyPolicy", policy(statement))).toThrow("MyPolicy");
});

const roleOf = (service: string, more = {}) => ({
  Type: "AWS::IAM::Role",
  Properties: {
    AssumeRolePolicyDocument: policy({ Effect: "Allow", Action: "sts:AssumeRole", Principal: { Service: service } }),
    ...more,
  },
});
const parts = (Resources: Record<string, { Type: string; Properties?: Record<string, unknown> }>) =>
  readParts([{ name: "S", template: { Resources } }], { sqsUrl: "http://127.0.0.1:1" });

test("a role has its inline policies and those that are attached to it", () => {
  const attached = { PolicyName: "P", Roles: [{ Ref: "One" }], PolicyDocument: policy(allow("a:Attached", "*")) };
  const inline = { Policies: [{ PolicyName: "I", PolicyDocument: policy(allow("a:Inline", "*")) }] };
  const roles = readRoles(
    parts({
      One: roleOf("lambda.amazonaws.com", inline),
      Two: roleOf("lambda.amazonaws.com"),
      Policy: { Type: "AWS::IAM::Policy", Properties: attached },
    }),
  );
  const actions = ["a:Attached", "a:Inline"];
  const has = roles.map((role) =>
    actions.filter((action) => makeRights(role.statements)(ask(action, "r")) === "allowed"),
  );
  expect(has).toEqual([actions, []]);
});

test("what is not enforced is not accepted", () => {
  const admin = { ManagedPolicyArns: ["arn:aws:iam::aws:policy/AdministratorAccess"] };
  expect(() => readRoles(parts({ One: roleOf("lambda.amazonaws.com", admin) }))).toThrow("One has arn:aws:iam");
  const boundary = { PermissionsBoundary: "arn:aws:iam::aws:policy/PowerUserAccess" };
  expect(() => readRoles(parts({ One: roleOf("lambda.amazonaws.com", boundary) }))).toThrow("permissions boundary");
  expect(() => parts({ Mine: { Type: "AWS::IAM::ManagedPolicy" } })).toThrow("AWS::IAM::ManagedPolicy (S/Mine)");
  const users = { PolicyName: "P", Users: ["me"], PolicyDocument: policy() };
  expect(() => readRoles(parts({ P: { Type: "AWS::IAM::Policy", Properties: users } }))).toThrow("users or groups");
});

describe("the authority", () => {
  const operator = { accessKeyId: "AKIAOPERATOR", secretAccessKey: "secret" };
  const roles = readRoles(
    parts({
      Fn: roleOf("lambda.amazonaws.com", {
        Policies: [{ PolicyName: "I", PolicyDocument: policy(allow("sqs:SendMessage", "arn:q")) }],
      }),
    }),
  );
  const role = roles[0]!.arn;
  const make = () => {
    const refused: string[] = [];
    const authority = makeAuthority({ operator, refused: (message) => refused.push(message) });
    authority.know(roles);
    return { authority, refused };
  };

  test("the operator may do everything, a stranger is nobody", () => {
    const { authority } = make();
    expect(authority.caller(operator.accessKeyId)?.refusal(ask("iam:Anything", "*"))).toBeNull();
    expect(authority.caller("AKIASTRANGER")).toBeNull();
  });

  test("a session may do what its role may; a refusal is AWS's sentence, and is heard", () => {
    const { authority, refused } = make();
    const { accessKeyId } = authority.assume(role, "mine", "lambda.amazonaws.com")!;
    const caller = authority.caller(accessKeyId)!;
    expect(caller.refusal(ask("sqs:SendMessage", "arn:q"))).toBeNull();
    expect(caller.refusal(ask("sqs:PurgeQueue", "arn:q"))).toBe(
      "User: arn:aws:sts::000000000000:assumed-role/s-fn/mine is not authorized to perform: sqs:PurgeQueue on resource: arn:q because no identity-based policy allows the sqs:PurgeQueue action",
    );
    expect(refused).toHaveLength(1);
  });

  test("a session's key is its own, and the same at the next start", () => {
    const mine = make().authority.assume(role, "mine", "lambda.amazonaws.com");
    expect(make().authority.assume(role, "mine", "lambda.amazonaws.com")).toEqual(mine);
    const other = make().authority.assume(role, "other", "lambda.amazonaws.com")!;
    expect(other.accessKeyId).not.toBe(mine!.accessKeyId);
    expect(other.secretAccessKey).not.toBe(mine!.secretAccessKey);
  });

  test("nobody assumes a role that is not there or not for them", () => {
    const { authority } = make();
    expect(authority.assume("arn:aws:iam::000000000000:role/none", "mine", "lambda.amazonaws.com")).toBeNull();
    expect(authority.assume(role, "mine", "sagemaker.amazonaws.com")).toBeNull();
  });
});

test("a workflow calls the functions that its role allows", async () => {
  const arn = (name: string) => `arn:aws:lambda:us-east-1:000000000000:function:${name}`;
  const mine = parts({
    Role: roleOf("states.amazonaws.com", {
      Policies: [{ PolicyName: "I", PolicyDocument: policy(allow("lambda:InvokeFunction", arn("step"))) }],
    }),
    Machine: { Type: "AWS::StepFunctions::StateMachine", Properties: { RoleArn: { "Fn::GetAtt": ["Role", "Arn"] } } },
  });
  const operator = { accessKeyId: "AKIAOPERATOR", secretAccessKey: "secret" };
  const authority = makeAuthority({ operator, refused: () => {} });
  authority.know(readRoles(mine));
  const functions = Promise.resolve({ invoke: async (name: string) => name } as unknown as Functions);
  const invoke = invokeForWorkflows({ parts: mine, authority, functions });
  const machine = mine.of("AWS::StepFunctions::StateMachine")[0]!.arn;
  expect(await invoke(arn("step"), {}, machine)).toBe(arn("step"));
  await expect(invoke(arn("other"), {}, machine)).rejects.toThrow(
    "is not authorized to perform: lambda:InvokeFunction",
  );
});
