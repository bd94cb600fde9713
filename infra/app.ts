import { App, Validations } from "aws-cdk-lib";
import { AwsSolutionsChecks } from "cdk-nag";
import { DataStack } from "./data-stack.ts";
import { PlatformStack } from "./platform-stack.ts";
import { settings } from "./settings.ts";

const app = new App();
const chosen = settings(app.node);
const account = chosen.account ?? process.env.CDK_DEFAULT_ACCOUNT;
const region = chosen.region ?? process.env.CDK_DEFAULT_REGION;
const env = { ...(account && { account }), ...(region && { region }) };

const data = new DataStack(app, "AnnealData", { env });
new PlatformStack(app, "AnnealPlatform", { env, data, settings: chosen });

if (process.env.CDK_VALIDATION !== "false") Validations.of(app).addPlugins(new AwsSolutionsChecks());
app.synth();
