import type { SQSEvent } from "aws-lambda";
import * as z from "zod";
import { environment, functions } from "./declarations.ts";
import { eachMessage } from "./messages.ts";
import { settleOf } from "./training.ts";

const { settle } = settleOf(environment(functions.onJob));
const Message = z.object({ organization: z.string(), job: z.string() });

/** A job was changed: the world is made to agree with it. */
export const handler = (event: SQSEvent) =>
  eachMessage(event, async (body) => {
    const { organization, job } = Message.parse(JSON.parse(body));
    await settle(organization, job);
  });
