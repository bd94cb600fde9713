import { coreOf } from "../../core.ts";
import { environment, functions } from "../../declarations.ts";
import { serve } from "../serve.ts";
import { fileHandlers } from "./files.ts";
import { jobHandlers } from "./jobs.ts";
import { modelHandlers } from "./models.ts";
import { routes } from "./routes.ts";
import { voice } from "./voice.ts";

const core = coreOf(environment(functions.apiOpenai));

export const handler = serve({
  routes,
  handlers: { ...fileHandlers(core), ...jobHandlers(core), ...modelHandlers(core) },
  voice,
  authenticate: core.keys.authenticate,
});
