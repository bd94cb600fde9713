import { createHash } from "node:crypto";
import { createWriteStream } from "node:fs";
import { rm } from "node:fs/promises";
import type { IncomingHttpHeaders, IncomingMessage } from "node:http";
import { type Readable, Transform, type TransformCallback } from "node:stream";
import { pipeline } from "node:stream/promises";
import { crc32 } from "node:zlib";
import { S3Error } from "./error.ts";

/** What was written: bytes, MD5 in hex (S3's ETag) and CRC-32 in base64, S3's checksum. */
export interface Written {
  size: number;
  md5: string;
  crc32: string;
}

/**
 * Streams a request's body to a new file, undoing aws-chunked, and checks every digest the client gave.
 * Throws BadDigest, IncompleteBody or XAmzContentSHA256Mismatch; the file is gone then.
 */
export async function writeBody(request: IncomingMessage, path: string): Promise<Written> {
  // Checksums in a presigned URL are ignored, as S3 does: the SDK puts that of an empty body there.
  const { headers } = request;
  const payload = String(headers["x-amz-content-sha256"] ?? "UNSIGNED-PAYLOAD");
  const trailers: Record<string, string> = {};
  const stages = payload.startsWith("STREAMING-") ? [unchunk(trailers)] : [];
  const digests = digestsFor(payload);
  try {
    await pipeline([request, ...stages, digests.stage, createWriteStream(path, { flags: "wx" })]);
    const written = digests.done();
    const promised = headers["x-amz-decoded-content-length"];
    if (promised !== undefined && Number(promised) !== written.size)
      throw new S3Error("IncompleteBody", `The body has ${written.size} bytes and not ${String(promised)}.`);
    if (written.sha256 && written.sha256 !== payload)
      throw new S3Error(
        "XAmzContentSHA256Mismatch",
        "The provided 'x-amz-content-sha256' header does not match what was computed.",
      );
    if (
      headers["content-md5"] &&
      Buffer.from(headers["content-md5"] as string, "base64").toString("hex") !== written.md5
    )
      throw new S3Error("BadDigest", "The Content-MD5 you specified did not match what we received.");
    compareChecksums({ ...headers, ...trailers }, written);
    return written;
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

/** The same for a stream without promises, such as a form's file; more than `maxBytes` throws EntityTooLarge. */
export async function writeStream(stream: Readable, path: string, maxBytes = Infinity): Promise<Written> {
  const digests = digestsFor("UNSIGNED-PAYLOAD", maxBytes);
  try {
    await pipeline(stream, digests.stage, createWriteStream(path, { flags: "wx" }));
    return digests.done();
  } catch (error) {
    await rm(path, { force: true });
    throw error;
  }
}

function digestsFor(payload: string, maxBytes = Infinity) {
  const md5 = createHash("md5");
  const sha256 = /^[\da-f]{64}$/.test(payload) ? createHash("sha256") : null;
  let [size, crc] = [0, 0];
  const stage = new Transform({
    transform(chunk: Buffer, _encoding, done) {
      size += chunk.length;
      // The rest is read and dropped: a browser looks at the answer only when it has sent everything.
      if (size > maxBytes) return done();
      md5.update(chunk);
      sha256?.update(chunk);
      crc = crc32(chunk, crc);
      done(null, chunk);
    },
    flush(done) {
      const tooLarge = new S3Error("EntityTooLarge", "Your proposed upload exceeds the maximum allowed size");
      done(size > maxBytes ? tooLarge : null);
    },
  });
  const done = () => ({ size, md5: md5.digest("hex"), crc32: base64(crc), sha256: sha256?.digest("hex") });
  return { stage, done };
}

function compareChecksums(given: IncomingHttpHeaders | Record<string, string>, written: Written) {
  for (const [name, value] of Object.entries(given)) {
    const [, algorithm] = /^x-amz-checksum-(crc32|crc32c|crc64nvme|sha1|sha256)$/.exec(name) ?? [];
    if (!algorithm) continue;
    // What is not verified must not be accepted: the client would believe it was.
    if (algorithm !== "crc32") throw new S3Error("NotImplemented", `Checksums are CRC32 here, not ${algorithm}.`);
    if (value !== written.crc32)
      throw new S3Error("BadDigest", "The CRC32 you specified did not match the calculated checksum.");
  }
}

const base64 = (crc: number) => {
  const bytes = Buffer.alloc(4);
  bytes.writeUInt32BE(crc);
  return bytes.toString("base64");
};

/** `<hex size>[;chunk-signature=…]\r\n<bytes>\r\n … 0\r\n<trailer>: <value>\r\n\r\n` to the bytes; the trailers go into `trailers`. */
function unchunk(trailers: Record<string, string>): Transform {
  let [line, left, state] = ["", 0, "size" as "size" | "data" | "gap" | "trailers"];
  const onLine = (text: string) => {
    if (state === "size") {
      left = Number.parseInt(text, 16);
      if (!/^[\da-f]+(;|$)/i.test(text)) throw new S3Error("IncompleteBody", "The chunked body is malformed.");
      state = left === 0 ? "trailers" : "data";
    } else if (state === "gap") state = "size";
    else if (text !== "") {
      const colon = text.indexOf(":");
      trailers[text.slice(0, colon).trim().toLowerCase()] = text.slice(colon + 1).trim();
    }
  };
  return new Transform({
    transform(chunk: Buffer, _encoding, done: TransformCallback) {
      try {
        for (let at = 0; at < chunk.length; ) {
          if (state === "data") {
            const piece = chunk.subarray(at, at + left);
            this.push(piece);
            at += piece.length;
            left -= piece.length;
            if (left === 0) state = "gap";
          } else {
            const end = chunk.indexOf(10, at);
            line += chunk.toString("latin1", at, end < 0 ? chunk.length : end);
            at = end < 0 ? chunk.length : end + 1;
            if (line.length > 8192) throw new S3Error("IncompleteBody", "The chunked body is malformed.");
            if (end < 0) continue;
            const whole = line.replace(/\r$/, "");
            line = "";
            onLine(whole);
          }
        }
        done();
      } catch (error) {
        done(error as Error);
      }
    },
    flush(done) {
      done(state === "trailers" ? null : new S3Error("IncompleteBody", "The chunked body ended early."));
    },
  });
}
