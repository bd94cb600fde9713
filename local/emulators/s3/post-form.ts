import { rm } from "node:fs/promises";
import type { Readable } from "node:stream";
import { Busboy } from "@fastify/busboy";
import type { Authority } from "../authority.ts";
import { demand, objectArn } from "./access.ts";
import { type Written, writeStream } from "./body.ts";
import { S3Error } from "./error.ts";
import type { Exchange } from "./handler.ts";
import { keptHeaders } from "./headers.ts";
import { checkPolicy } from "./post-policy.ts";
import { print, xml } from "./xml.ts";

/** A browser's upload: a form whose fields carry a signed policy, and then the file. What follows the file is ignored. */
export const postForm =
  (authority: Authority) =>
  async ({ request, response, bucket, objects }: Omit<Exchange, "caller">) => {
    const fields = new Map<string, string>();
    const file = objects.fresh();
    const path = objects.pathOf(bucket, file);
    const written = await new Promise<Written>((resolve, reject) => {
      let form: ReturnType<typeof Busboy>;
      try {
        form = Busboy({
          headers: request.headers as { "content-type": string },
          limits: { files: 1, fieldSize: 64 * 1024 },
        });
      } catch (error) {
        return reject(new S3Error("MalformedPOSTRequest", (error as Error).message));
      }
      let begun = false;
      form.on("field", (name, value) => void (begun || fields.set(name.toLowerCase(), value)));
      form.on("file", (_name, stream, filename) => {
        begun = true;
        request.once(
          "close",
          () => void (request.complete || stream.destroy(new Error("The client left in mid-upload."))),
        );
        // biome-ignore lint/suspicious/noTemplateCurlyInString: S3's own placeholder
        fields.set("key", (fields.get("key") ?? "").replaceAll("${filename}", filename ?? ""));
        receive(stream).then(resolve, (error) => {
          stream.resume();
          reject(error);
        });
      });
      form.on("error", (error) => reject(new S3Error("MalformedPOSTRequest", (error as Error).message)));
      form.on(
        "finish",
        () =>
          void (begun || reject(new S3Error("InvalidArgument", "POST requires exactly one file upload per request."))),
      );
      request.pipe(form);
    });

    async function receive(stream: Readable): Promise<Written> {
      const { leastBytes, mostBytes, caller } = checkPolicy(fields, bucket, authority);
      if (!fields.get("key")) throw new S3Error("InvalidArgument", "User key must have a length greater than 0.");
      demand(caller, { action: "s3:PutObject", resource: objectArn(bucket, fields.get("key")!) });
      const result = await writeStream(stream, path, mostBytes);
      if (result.size >= leastBytes) return result;
      await rm(path, { force: true });
      throw new S3Error("EntityTooSmall", "Your proposed upload is smaller than the minimum allowed size");
    }

    const key = fields.get("key")!;
    const headers = keptHeaders(Object.fromEntries(fields));
    const stored = objects.commit(
      { bucket, key, size: written.size, etag: written.md5, crc32: written.crc32, headers },
      file,
      "Post",
    );
    const redirect = fields.get("success_action_redirect");
    const wanted = Number(fields.get("success_action_status"));
    const status = redirect ? 303 : [200, 201].includes(wanted) ? wanted : 204;
    response.writeHead(status, { etag: `"${stored.etag}"`, ...(redirect && { location: redirect }) });
    const told = xml("PostResponse", [xml("Bucket", bucket), xml("Key", key), xml("ETag", `"${stored.etag}"`)]);
    response.end(status === 201 ? print(told) : undefined);
  };
