/** What a request wants to do, in IAM's words. */
export interface Access {
  /** `service:Operation`. */
  readonly action: string;
  readonly resource: string;
  /** Condition keys and their values, as far as the request has them. */
  readonly context?: Readonly<Record<string, string>>;
}

/** Whom an access key belongs to. */
export interface Caller {
  readonly secretAccessKey: string;
  /** Null when it may; otherwise why not, as AWS says it. */
  refusal(access: Access): string | null;
}

/** Who may call, and what for. Every emulator asks it once per request, before anything is done. */
export interface Authority {
  /** Null when there is no such access key. */
  caller(accessKeyId: string): Caller | null;
}

/** Of an emulator that was given none: whoever calls may do everything, and the secret of each key is `local`. */
export const OPEN: Authority = { caller: () => ({ secretAccessKey: "local", refusal: () => null }) };

/** The access key of a signed request, or null when it carries none in its header. */
export const accessKeyOf = (authorization: string | undefined): string | null =>
  /^AWS4-HMAC-SHA256 (?:.*[ ,])?Credential=([^/,\s]+)\//.exec(authorization ?? "")?.[1] ?? null;
