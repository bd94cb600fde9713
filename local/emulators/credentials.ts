export interface Credentials {
  accessKeyId: string;
  secretAccessKey: string;
}

/** The one identity of an emulator that was given none. The laptop draws its own at the first start. */
export const DEFAULT_CREDENTIALS: Credentials = { accessKeyId: "local", secretAccessKey: "local" };
