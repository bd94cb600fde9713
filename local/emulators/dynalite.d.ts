declare module "dynalite" {
  import type { Server } from "node:http";
  /** Pure JavaScript DynamoDB; closing the server closes its LevelDB too. */
  export default function dynalite(options: {
    path: string;
    createTableMs: number;
    deleteTableMs: number;
    updateTableMs: number;
    maxItemSizeKb: number;
  }): Server;
}
