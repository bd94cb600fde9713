import { makeServing } from "../../../shared/serving.ts";
import { stateOf } from "../../core.ts";
import { environment, functions } from "../../declarations.ts";
import { voice } from "../openai/voice.ts";
import { type Reply, type Request, serveStreams } from "../serve.ts";
import { routes } from "./routes.ts";

const variables = environment(functions.apiInference);
const { keys, models } = stateOf(variables);
const serving = makeServing({ url: variables.INFERENCE_URL });

/** Passes the request to the server of its model, and the answer back under the name the caller used. */
const forward =
  (path: string) =>
  async ({ caller, body }: Request<(typeof routes)[number]>): Promise<Reply> => {
    const model = await models.servable(caller, body.model);
    const { status, contentType, answer } = await serving.ask(model, path, body);
    const standIn = model.standIn ? { "x-anneal-stand-in": model.standIn } : {};
    return { status, headers: { "content-type": contentType, ...standIn }, body: answer };
  };

export const handler = serveStreams({
  routes,
  handlers: { createChatCompletion: forward("/v1/chat/completions"), createCompletion: forward("/v1/completions") },
  voice,
  authenticate: keys.authenticate,
});
