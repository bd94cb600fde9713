import { coreOf } from "../../core.ts";
import { environment, functions } from "../../declarations.ts";
import { serve } from "../serve.ts";
import { jobHandlers } from "./jobs.ts";
import { routes } from "./routes.ts";
import { voice } from "./voice.ts";

const core = coreOf(environment(functions.apiLangdb));

export const handler = serve({ routes, handlers: jobHandlers(core), voice, authenticate: core.keys.authenticate });
