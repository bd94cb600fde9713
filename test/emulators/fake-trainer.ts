/** A trainer that does what its run's address says: s3://bucket/<deed>/run.json. */
import { writeFileSync } from "node:fs";

const deed = process.env.ANNEAL_RUN!.split("/").at(-2)!;
process.on("disconnect", () => process.exit(3));
const wait = () => setInterval(() => {}, 1000);
const deeds: Record<string, () => void> = {
  succeed: () => process.exit(0),
  fail: () => {
    console.error("loss is not finite");
    process.exit(1);
  },
  wait: () => {
    process.on("SIGTERM", () => process.exit(0));
    wait();
  },
  stubborn: () => {
    process.on("SIGTERM", () => {});
    console.log("deaf");
    wait();
  },
  tell: () => {
    writeFileSync(process.env.TELL!, JSON.stringify(process.env));
    process.exit(0);
  },
};
deeds[deed]!();
process.send!("ready");
