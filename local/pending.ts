import { listen } from "./emulators/listener.ts";
import type { BusEvent } from "./triggers/rules.ts";

const nothing = (port?: number) => listen((_q, s) => void s.writeHead(501).end(), port);
export const startModelServer = (o: { dir: string; port?: number; env: Record<string, string>; servePath: string }) =>
  nothing(o.port);
export const startSagemaker = (o: {
  dir: string;
  port?: number;
  env: Record<string, string>;
  trainerEntry: string;
  emit(event: BusEvent): void;
}) => nothing(o.port);
