import type { FunctionName } from "../declarations.ts";
import { routes as anneal } from "./anneal/routes.ts";
import { routes as inference } from "./inference/routes.ts";
import { routes as langdb } from "./langdb/routes.ts";
import { routes as openai } from "./openai/routes.ts";
import type { Route } from "./route.ts";

/** Every route there is, by the function that answers it. */
export const routeTable = [
  { handler: "apiOpenai", routes: openai },
  { handler: "apiInference", routes: inference },
  { handler: "apiLangdb", routes: langdb },
  { handler: "apiAnneal", routes: anneal },
] as const satisfies readonly { handler: FunctionName; routes: readonly Route[] }[];
