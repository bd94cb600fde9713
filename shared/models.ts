import * as z from "zod";
import type { Caller } from "./caller.ts";
import { models as catalogue, type Installation, resolve } from "./catalogue.ts";
import { DomainError, invalid, missing } from "./errors.ts";
import type { Job } from "./jobs/job.ts";
import { collection, type Table } from "./table.ts";

export const TunedModel = z.object({
  organization: z.string(),
  name: z.string(),
  job: z.string(),
  requested: z.string(),
  baseModel: z.string(),
  standIn: z.boolean(),
  createdAt: z.number(),
  /** s3:// address of the merged F16 GGUF. */
  gguf: z.string(),
  /** s3:// prefix of the adapter and its manifest. */
  files: z.string(),
});
export type TunedModel = z.infer<typeof TunedModel>;

/** `ft:<base>:<organization>:<suffix>:<id>`, OpenAI's form; the id is the job's. */
export const tunedModelName = (job: Pick<Job, "model" | "organization" | "suffix" | "id">) =>
  `ft:${job.model}:${job.organization}:${job.suffix ?? ""}:${job.id.slice("ftjob-".length)}`;

export function makeTunedModels(table: Table) {
  const rows = collection(table, { name: "model", schema: TunedModel });
  return {
    add: (model: TunedModel) => rows.insert(model.organization, model.name, model),
    get: (caller: Caller, name: string) => rows.get(caller.organization, name),
    list: (caller: Caller) => rows.list(caller.organization),
    remove: (caller: Caller, name: string) => rows.remove(caller.organization, name),
  };
}

/** A model that can be asked, base or tuned. */
export interface Servable {
  /** As the caller says it. */
  readonly name: string;
  /** s3:// address of its GGUF. */
  readonly gguf: string;
  /** What answers in its place when it needs a GPU that is not here. */
  readonly standIn: string | null;
}

export function makeModels({
  table,
  installation,
  runsBucket,
}: {
  table: Table;
  installation: Installation;
  runsBucket: string;
}) {
  const tuned = makeTunedModels(table);
  return {
    /** Base models of the catalogue, then the organization's own. */
    async *list(caller: Caller): AsyncIterable<{ name: string; ownedBy: string; createdAt: number }> {
      for (const base of catalogue) yield { name: base.name, ownedBy: base.ownedBy, createdAt: Date.parse(base.asOf) };
      for await (const model of tuned.list(caller))
        yield { name: model.name, ownedBy: model.organization, createdAt: model.createdAt };
    },
    async get(caller: Caller, name: string) {
      for await (const model of this.list(caller)) if (model.name === name) return model;
      throw missing("model", name, "model");
    },
    /** A base model cannot be deleted: `forbidden`. The weights stay with the job's run. */
    async remove(caller: Caller, name: string) {
      if (catalogue.some((base) => base.name === name))
        throw new DomainError("forbidden", `'${name}' is a base model and cannot be deleted.`, "model");
      if (!(await tuned.get(caller, name))) throw missing("model", name, "model");
      await tuned.remove(caller, name);
    },
    /** Throws `missing` naming `model`. */
    async servable(caller: Caller, name: string): Promise<Servable> {
      const own = await tuned.get(caller, name);
      if (own) return { name, gguf: own.gguf, standIn: own.standIn ? own.baseModel : null };
      if (/:ckpt-step-\d+$/.test(name))
        throw invalid(
          "model",
          `'${name}' is a checkpoint, and these are not served yet. Ask the job's fine_tuned_model.`,
        );
      if (!catalogue.some((base) => base.name === name) && !installation.aliases[name])
        throw missing("model", name, "model");
      const { model, standIn } = resolve(name, installation);
      return {
        name,
        gguf: `s3://${runsBucket}/base-models/${model.name}/model-f16.gguf`,
        standIn: standIn ? model.name : null,
      };
    },
  };
}
export type Models = ReturnType<typeof makeModels>;
