import type { IncomingMessage, ServerResponse } from "node:http";
import type { Caller } from "../authority.ts";
import type { Objects } from "./objects.ts";
import type { Uploads } from "./uploads.ts";
import { print, type Xml } from "./xml.ts";

/** A request that was routed. `key` is "" for operations on buckets. */
export interface Exchange {
  request: IncomingMessage;
  response: ServerResponse;
  /** Who signed it. */
  caller: Caller;
  query: URLSearchParams;
  bucket: string;
  key: string;
  objects: Objects;
  uploads: Uploads;
}
export type Handler = (exchange: Exchange) => unknown;

export function replyXml(response: ServerResponse, body: Xml, status = 200) {
  response.writeHead(status, { "content-type": "application/xml" });
  response.end(`<?xml version="1.0" encoding="UTF-8"?>\n${print(body)}`);
}
