/** A DynamoDB of its own process, to be killed. */
import { startDynamodb } from "../../local/emulators/dynamodb.ts";

const { url } = await startDynamodb({ dir: process.argv[2]! });
process.send!(url);
