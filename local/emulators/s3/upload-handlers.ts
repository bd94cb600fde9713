import { writeBody } from "./body.ts";
import { text } from "./bucket-handlers.ts";
import { S3Error } from "./error.ts";
import { type Handler, replyXml } from "./handler.ts";
import { keptHeaders } from "./headers.ts";
import { conditionOf, copyPart, iso } from "./object-handlers.ts";
import { insides, textOf, xml } from "./xml.ts";

export const createUpload: Handler = ({ request, response, bucket, key, uploads }) => {
  const id = uploads.begin(bucket, key, keptHeaders(request.headers));
  replyXml(
    response,
    xml("InitiateMultipartUploadResult", [xml("Bucket", bucket), xml("Key", key), xml("UploadId", id)]),
  );
};

export const uploadPart: Handler = async (exchange) => {
  const { request, response, query, bucket, key, objects, uploads } = exchange;
  const id = query.get("uploadId")!;
  const number = Number(query.get("partNumber"));
  if (!(Number.isInteger(number) && number >= 1 && number <= 10_000))
    throw new S3Error("InvalidArgument", "Part number must be an integer between 1 and 10000, inclusive");
  uploads.demand(id, bucket, key);
  const file = objects.fresh();
  const copies = request.headers["x-amz-copy-source"] !== undefined;
  const written = copies ? await copyPart(exchange, file) : await writeBody(request, objects.pathOf(bucket, file));
  uploads.add(id, bucket, key, number, file, written);
  const etag = `"${written.md5}"`;
  if (copies)
    return replyXml(response, xml("CopyPartResult", [xml("LastModified", iso(Date.now())), xml("ETag", etag)]));
  response.writeHead(200, { etag, "x-amz-checksum-crc32": written.crc32 });
  response.end();
};

export const completeUpload: Handler = async (exchange) => {
  const { request, response, query, bucket, key, uploads } = exchange;
  const document = await text(request);
  const wanted = insides(document, "Part").map((part) => ({
    number: Number(textOf(part, "PartNumber")),
    etag: (textOf(part, "ETag") ?? "").replaceAll('"', ""),
  }));
  const stored = await uploads.complete(query.get("uploadId")!, bucket, key, wanted, conditionOf(exchange));
  const location = `http://${request.headers.host}/${bucket}/${encodeURIComponent(key)}`;
  replyXml(
    response,
    xml("CompleteMultipartUploadResult", [
      xml("Location", location),
      xml("Bucket", bucket),
      xml("Key", key),
      xml("ETag", `"${stored.etag}"`),
    ]),
  );
};

export const abortUpload: Handler = ({ response, query, bucket, key, uploads }) => {
  uploads.abort(query.get("uploadId")!, bucket, key);
  response.writeHead(204).end();
};

export const listParts: Handler = ({ response, query, bucket, key, uploads }) => {
  const id = query.get("uploadId")!;
  const after = Number(query.get("part-number-marker") ?? 0);
  const most = Math.min(Number(query.get("max-parts") ?? 1000), 1000);
  const rest = uploads.parts(id, bucket, key).filter((part) => part.number > after);
  const page = rest.slice(0, most);
  replyXml(
    response,
    xml("ListPartsResult", [
      xml("Bucket", bucket),
      xml("Key", key),
      xml("UploadId", id),
      xml("PartNumberMarker", after),
      xml("NextPartNumberMarker", page.at(-1)?.number ?? after),
      xml("MaxParts", most),
      xml("IsTruncated", String(rest.length > page.length)),
      ...page.map((part) =>
        xml("Part", [
          xml("PartNumber", part.number),
          xml("LastModified", iso(part.modifiedAt)),
          xml("ETag", `"${part.etag}"`),
          xml("Size", part.size),
        ]),
      ),
    ]),
  );
};
