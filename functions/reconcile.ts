import { environment, functions } from "./declarations.ts";
import { describe } from "./messages.ts";
import { settleOf } from "./training.ts";

const { settleAll } = settleOf(environment(functions.reconcile));

/** Each minute: whatever a lost message, a lost execution or a dead machine left undone is done. */
export const handler = async () => {
  const { settled, failures } = await settleAll();
  for (const { job, error } of failures) console.error(JSON.stringify({ level: "ERROR", job, ...describe(error) }));
  if (failures.length > 0)
    throw new Error(`${failures.length} of ${settled + failures.length} jobs could not be settled`);
  return { settled };
};
