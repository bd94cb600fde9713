import { Readable } from "node:stream";
import { Busboy } from "@fastify/busboy";
import type { APIGatewayProxyEvent } from "aws-lambda";
import { DomainError, invalid } from "../../../shared/errors.ts";
import { bodyBytes, header } from "../request.ts";

export interface Form {
  fields: Record<string, string>;
  files: Record<string, { filename: string; bytes: Buffer }>;
}

/** A multipart body, whole in memory: API Gateway lets no more through than fits. Throws `unsupported` or `invalid`. */
export async function formOf(event: APIGatewayProxyEvent): Promise<Form> {
  const type = header(event, "content-type") ?? "";
  if (!/^multipart\/form-data\b/i.test(type))
    throw new DomainError(
      "unsupported",
      `The body has the content type '${type || "none"}'; send 'multipart/form-data'.`,
    );
  const form: Form = { fields: {}, files: {} };
  try {
    await new Promise<void>((resolve, reject) => {
      const parser = new Busboy({
        headers: { "content-type": type },
        limits: { files: 2, fields: 20, fieldSize: 64 * 1024 },
      });
      parser.on("field", (name, value) => {
        form.fields[name] = value;
      });
      parser.on("file", (name, stream, filename) => {
        const chunks: Buffer[] = [];
        stream.on("data", (chunk: Buffer) => chunks.push(chunk));
        stream.on("end", () => {
          form.files[name] = { filename, bytes: Buffer.concat(chunks) };
        });
        stream.on("error", reject);
      });
      parser.on("finish", resolve);
      parser.on("error", reject);
      Readable.from([bodyBytes(event)]).pipe(parser);
    });
  } catch (error) {
    throw new DomainError("invalid", `The multipart body cannot be read: ${(error as Error).message}. Was it cut off?`);
  }
  return form;
}

/** The file of a form. Throws `invalid` naming the field. */
export function fileOf(form: Form, field: string) {
  const file = form.files[field];
  if (!file) throw invalid(field, `'${field}': send the file in a form field of this name.`);
  return file;
}
