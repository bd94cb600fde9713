/** Directories that are whole or not there: files first, then a `manifest.json` with the size and SHA-256 of each. */
import { createHash } from "node:crypto";
import * as z from "zod";
import type { Storage } from "./storage.ts";

const Manifest = z.looseObject({ files: z.record(z.string(), z.object({ bytes: z.int(), sha256: z.string() })) });

export const sha256 = (bytes: Uint8Array): string => createHash("sha256").update(bytes).digest("hex");
export const json = (value: unknown): Uint8Array => new TextEncoder().encode(`${JSON.stringify(value, null, 2)}\n`);

/** Writes the files, then the manifest with `facts` in it. Returns the bytes of all of them together. `uri` ends in a slash. */
export async function writeDirectory(
  storage: Storage,
  uri: string,
  files: Record<string, Uint8Array>,
  facts: object,
): Promise<number> {
  const listed = Object.entries(files).map(
    ([name, body]) => [name, { bytes: body.length, sha256: sha256(body) }] as const,
  );
  for (const [name, body] of Object.entries(files)) await storage.write(uri + name, body);
  const manifest = json({ ...facts, files: Object.fromEntries(listed) });
  await storage.write(`${uri}manifest.json`, manifest);
  return listed.reduce((sum, [, { bytes }]) => sum + bytes, manifest.length);
}

/** Reads and checks every file of a directory. Throws when it is not whole, naming what is wrong. */
export async function readDirectory(storage: Storage, uri: string): Promise<Record<string, Uint8Array>> {
  const manifest = await storage.read(`${uri}manifest.json`);
  if (!manifest) throw new Error(`${uri} has no manifest.json: it was never finished`);
  const { files } = Manifest.parse(JSON.parse(new TextDecoder().decode(manifest)));
  const found: Record<string, Uint8Array> = {};
  for (const [name, { sha256: expected }] of Object.entries(files)) {
    const body = await storage.read(uri + name);
    if (!body || sha256(body) !== expected)
      throw new Error(`${uri}${name} is not the file that its manifest describes`);
    found[name] = body;
  }
  return found;
}
