import type { Core } from "../../core.ts";
import type { Handlers } from "../serve.ts";
import type { routes } from "./routes.ts";

type ModelHandlers = Pick<Handlers<typeof routes>, "listModels" | "retrieveModel" | "deleteModel">;

export const modelHandlers = ({ models }: Core): ModelHandlers => ({
  async listModels({ caller }) {
    const data = [];
    for await (const model of models.list(caller)) data.push(fromModel(model));
    return { body: { object: "list", data } };
  },
  async retrieveModel({ caller, params: { id } }) {
    return { body: fromModel(await models.get(caller, id)) };
  },
  async deleteModel({ caller, params: { id } }) {
    await models.remove(caller, id);
    return { body: { id, object: "model", deleted: true } };
  },
});

const fromModel = (model: { name: string; ownedBy: string; createdAt: number }) => ({
  id: model.name,
  object: "model",
  created: Math.floor(model.createdAt / 1000),
  owned_by: model.ownedBy,
});
