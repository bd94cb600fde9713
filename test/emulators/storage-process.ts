/** A storage of its own process with one bucket, to be killed. */
import { CreateBucketCommand, S3Client } from "@aws-sdk/client-s3";
import { startStorage } from "../../local/emulators/storage.ts";

const { s3Url } = await startStorage({ dir: process.argv[2]! });
const credentials = { accessKeyId: "local", secretAccessKey: "local" };
await new S3Client({ endpoint: s3Url, region: "us-east-1", credentials }).send(
  new CreateBucketCommand({ Bucket: "things" }),
);
process.send!(s3Url);
