/** The laptop's own small files below ANNEAL_DATA. Each is replaced as a whole, and only its owner can read it. */
import { randomBytes } from "node:crypto";
import { readFileSync, renameSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import * as z from "zod";

/** Where the parts of the running laptop are, for `npm run key` and so that the next start finds the same ports. */
export const Runtime = z.object({
  tableName: z.string(),
  endpoints: z.object({
    dynamodb: z.string(),
    s3: z.string(),
    sqs: z.string(),
    sfn: z.string(),
    sagemaker: z.string(),
  }),
  inferenceUrl: z.string(),
});
export type Runtime = z.infer<typeof Runtime>;

export const Credentials = z.object({ baseUrl: z.string(), apiKey: z.string(), organization: z.string() });
export type Credentials = z.infer<typeof Credentials>;

const Identity = z.object({ accessKeyId: z.string(), secretAccessKey: z.string() });

/** Null when the file is absent. Throws with its path when it cannot be read. */
export function readState<T>(dataDir: string, name: string, schema: z.ZodType<T>): T | null {
  const path = join(dataDir, name);
  try {
    return schema.parse(JSON.parse(readFileSync(path, "utf8")));
  } catch (error) {
    if ((error as NodeJS.ErrnoException).code === "ENOENT") return null;
    throw new Error(`${path} cannot be read; remove it and start again`, { cause: error });
  }
}

export function writeState(dataDir: string, name: string, value: unknown): void {
  const path = join(dataDir, name);
  const temporary = `${path}.${process.pid}.tmp`;
  writeFileSync(temporary, `${JSON.stringify(value, null, 2)}\n`, { mode: 0o600 });
  renameSync(temporary, path);
}

/** The AWS credentials of this laptop, drawn at its first start: another user of the machine does not know them. */
export function ownIdentity(dataDir: string) {
  const known = readState(dataDir, "identity.json", Identity);
  if (known) return known;
  const drawn = {
    accessKeyId: `AKIA${randomBytes(8).toString("hex").toUpperCase()}`,
    secretAccessKey: randomBytes(30).toString("base64url"),
  };
  writeState(dataDir, "identity.json", drawn);
  return drawn;
}
