import { fileURLToPath } from "node:url";
import { type CfnResource, Duration } from "aws-cdk-lib";
import { Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import { Architecture, Runtime, Tracing } from "aws-cdk-lib/aws-lambda";
import { NodejsFunction, OutputFormat } from "aws-cdk-lib/aws-lambda-nodejs";
import { LogGroup, RetentionDays } from "aws-cdk-lib/aws-logs";
import type { Construct } from "constructs";
import type { Declaration, EnvironmentOf } from "../../functions/declarations.ts";

const ROOT = fileURLToPath(new URL("../..", import.meta.url));

/** A Lambda function as this house makes them: ESM on arm64, the SDK bundled, its own log group, its environment typed. */
export class Handler<D extends Declaration> extends NodejsFunction {
  constructor(scope: Construct, id: string, props: { declaration: D; environment: EnvironmentOf<D> }) {
    const { declaration, environment } = props;
    const logGroup = new LogGroup(scope, `${id}Logs`, { retention: RetentionDays.THREE_MONTHS });
    // Its own role instead of AWS's managed one, which may write to every log group there is.
    const role = new Role(scope, `${id}Role`, { assumedBy: new ServicePrincipal("lambda.amazonaws.com") });
    logGroup.grantWrite(role);
    super(scope, id, {
      entry: `${ROOT}${declaration.entry}`,
      projectRoot: ROOT,
      depsLockFilePath: `${ROOT}package-lock.json`,
      runtime: Runtime.NODEJS_24_X,
      architecture: Architecture.ARM_64,
      memorySize: declaration.memoryMiB,
      timeout: Duration.seconds(declaration.timeoutSeconds),
      environment: { ...environment, NODE_OPTIONS: "--enable-source-maps" },
      tracing: Tracing.ACTIVE,
      logGroup,
      role,
      bundling: {
        format: OutputFormat.ESM,
        target: "node24",
        mainFields: ["module", "main"],
        minify: true,
        sourceMap: true,
        // The Node runtime's own SDK is older than the one we pin, and slower to load than a tree-shaken bundle.
        externalModules: OTHER_CREDENTIALS,
        // Some dependencies are CommonJS and call require for Node's own modules.
        banner: "import{createRequire}from'node:module';const require=createRequire(import.meta.url);",
      },
    });
    // For the laptop, which runs the entry itself instead of the bundle.
    const resource = this.node.defaultChild as CfnResource;
    resource.addMetadata("anneal:entry", declaration.entry);
  }
}

/** A function has its credentials in its environment. The ways to get them elsewhere are loaded by the SDK only when it has none. */
const OTHER_CREDENTIALS = [
  "@aws-sdk/nested-clients",
  "@aws-sdk/credential-provider-http",
  "@aws-sdk/credential-provider-ini",
  "@aws-sdk/credential-provider-login",
  "@aws-sdk/credential-provider-process",
  "@aws-sdk/credential-provider-sso",
  "@aws-sdk/credential-provider-web-identity",
  "@smithy/credential-provider-imds",
];
