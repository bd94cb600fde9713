import { ArnFormat, Stack } from "aws-cdk-lib";
import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";
import { objects } from "../grants.ts";

/** The role a training job runs under: it reads base models and prepared datasets, and writes below runs/ only. */
export class Trainer extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string, props: { datasets: IBucket; runs: IBucket }) {
    super(scope, id);
    this.role = new Role(this, "Role", { assumedBy: new ServicePrincipal("sagemaker.amazonaws.com") });
    objects(props.datasets, "datasets/", this.role, "read");
    objects(props.runs, "base-models/", this.role, "read");
    objects(props.runs, "runs/", this.role, "read", "write");
    const may = (actions: string[], resources: string[]) =>
      this.role.addToPolicy(new PolicyStatement({ actions, resources }));
    // Neither of these can be narrowed to a resource.
    may(["ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"], ["*"]);
    may(
      ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
      [Stack.of(this).formatArn({ service: "ecr", resource: "repository", resourceName: "*" })],
    );
    may(
      ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
      [
        Stack.of(this).formatArn({
          service: "logs",
          resource: "log-group",
          resourceName: "/aws/sagemaker/TrainingJobs*",
          arnFormat: ArnFormat.COLON_RESOURCE_NAME,
        }),
      ],
    );
  }
}
