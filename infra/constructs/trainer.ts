import { PolicyStatement, Role, ServicePrincipal } from "aws-cdk-lib/aws-iam";
import type { IBucket } from "aws-cdk-lib/aws-s3";
import { Construct } from "constructs";

/** The role a training job runs under: it reads base models and prepared datasets, and writes below runs/ only. */
export class Trainer extends Construct {
  readonly role: Role;

  constructor(scope: Construct, id: string, props: { datasets: IBucket; runs: IBucket }) {
    super(scope, id);
    this.role = new Role(this, "Role", { assumedBy: new ServicePrincipal("sagemaker.amazonaws.com") });
    props.datasets.grantRead(this.role, "datasets/*");
    props.runs.grantRead(this.role, "base-models/*");
    props.runs.grantReadWrite(this.role, "runs/*");
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ["ecr:GetAuthorizationToken", "cloudwatch:PutMetricData"],
        resources: ["*"],
      }),
    );
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents", "logs:DescribeLogStreams"],
        resources: ["arn:aws:logs:*:*:log-group:/aws/sagemaker/TrainingJobs*"],
      }),
    );
    this.role.addToPolicy(
      new PolicyStatement({
        actions: ["ecr:BatchCheckLayerAvailability", "ecr:GetDownloadUrlForLayer", "ecr:BatchGetImage"],
        resources: ["arn:aws:ecr:*:*:repository/*"],
      }),
    );
  }
}
