import { CfnOutput, Duration, RemovalPolicy, Stack, type StackProps } from "aws-cdk-lib";
import { AttributeType, Billing, TableEncryptionV2, TableV2 } from "aws-cdk-lib/aws-dynamodb";
import { BlockPublicAccess, Bucket, BucketEncryption, type BucketProps } from "aws-cdk-lib/aws-s3";
import type { Construct } from "constructs";

/** What must survive: the table of everything, the datasets and the runs. Nothing here is deleted with the stack. */
export class DataStack extends Stack {
  readonly table: TableV2;
  /** uploads/, parts/ and datasets/, each by organization. */
  readonly datasets: Bucket;
  /** base-models/ and runs/. */
  readonly runs: Bucket;

  constructor(scope: Construct, id: string, props: StackProps) {
    super(scope, id, props);

    this.table = new TableV2(this, "Table", {
      partitionKey: { name: "pk", type: AttributeType.STRING },
      sortKey: { name: "sk", type: AttributeType.STRING },
      // Sparse: only what still needs the reconciler's attention carries `live`.
      globalSecondaryIndexes: [
        {
          indexName: "live",
          partitionKey: { name: "live", type: AttributeType.STRING },
          sortKey: { name: "liveId", type: AttributeType.STRING },
        },
      ],
      billing: Billing.onDemand(),
      encryption: TableEncryptionV2.awsManagedKey(),
      pointInTimeRecoverySpecification: { pointInTimeRecoveryEnabled: true },
      timeToLiveAttribute: "expiresAt",
      removalPolicy: RemovalPolicy.RETAIN,
    });

    new CfnOutput(this, "TableName", { value: this.table.tableName });

    const accessLogs = new Bucket(this, "AccessLogs", {
      ...PRIVATE,
      lifecycleRules: [{ expiration: Duration.days(90) }],
    });
    this.datasets = new Bucket(this, "Datasets", {
      ...PRIVATE,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: "datasets/",
      // Parts are joined on completion; what was abandoned goes.
      lifecycleRules: [
        { prefix: "parts/", expiration: Duration.days(2) },
        { abortIncompleteMultipartUploadAfter: Duration.days(2) },
      ],
    });
    this.runs = new Bucket(this, "Runs", {
      ...PRIVATE,
      serverAccessLogsBucket: accessLogs,
      serverAccessLogsPrefix: "runs/",
      lifecycleRules: [{ abortIncompleteMultipartUploadAfter: Duration.days(2) }],
    });
  }
}

const PRIVATE: BucketProps = {
  blockPublicAccess: BlockPublicAccess.BLOCK_ALL,
  encryption: BucketEncryption.S3_MANAGED,
  enforceSSL: true,
  versioned: false,
  removalPolicy: RemovalPolicy.RETAIN,
};
