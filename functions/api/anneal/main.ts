import type { Lineage } from "../../../shared/datasets/prepared.ts";
import { coreOf } from "../../core.ts";
import { environment, functions } from "../../declarations.ts";
import { voice } from "../openai/voice.ts";
import { type Handlers, serve } from "../serve.ts";
import { routes } from "./routes.ts";
import { fromDataset, fromJob, fromJobQuote, fromQuote } from "./translate.ts";

const { datasets, prepared, jobs, quotes, keys } = coreOf(environment(functions.apiAnneal));

const handlers: Handlers<typeof routes> = {
  async createDataset({ caller, body: { filename } }) {
    const { dataset, form, expiresAt, maxBytes } = await datasets.createForm(caller, {
      filename,
      purpose: "fine-tune",
    });
    const upload = { ...form, method: "POST", expires_at: new Date(expiresAt).toISOString(), max_bytes: maxBytes };
    return { body: { ...fromDataset(dataset), upload } };
  },
  async retrieveDataset({ caller, params: { id } }) {
    return { body: fromDataset(await datasets.get(caller, id)) };
  },
  async datasetReport({ caller, params: { id } }) {
    return { body: await datasets.report(caller, id) };
  },
  async datasetRecords({ caller, params: { id } }) {
    return { headers: { location: await prepared.recordsUrl(caller, id) }, body: "" };
  },
  async datasetLineage({ caller, params: { id }, query: { limit, after } }) {
    const data: Lineage[] = [];
    let hasMore = false;
    for await (const line of prepared.lineage(caller, id, { after })) {
      hasMore = data.length === limit;
      if (hasMore) break;
      data.push(line);
    }
    return { body: { object: "list", data, has_more: hasMore } };
  },
  async createQuote({ caller, body: { model, training_file: trainingFile, hyperparameters } }) {
    const { n_epochs: epochs, batch_size: batchSize } = hyperparameters;
    const asked = { epochs, batchSize, learningRateMultiplier: "auto" as const };
    return { body: fromQuote(await quotes.quote(caller, { model, trainingFile, hyperparameters: asked })) };
  },
  async retrieveJob({ caller, params: { id } }) {
    return { body: fromJob(await jobs.get(caller, id)) };
  },
  async jobQuote({ caller, params: { id } }) {
    const job = await jobs.get(caller, id);
    return { body: fromJobQuote(job, quotes.actual(job)) };
  },
};

export const handler = serve({ routes, handlers, voice, authenticate: keys.authenticate });
