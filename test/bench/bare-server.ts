/** The least that Node can do: reads the request, answers a constant of `process.argv[2]` bytes. Ends with whoever started it. */
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";

const constant = Buffer.alloc(Number(process.argv[2]), "x");
const server = createServer((incoming, reply) => {
  incoming.resume().once("end", () => {
    reply.writeHead(200, { "content-type": "application/json", "content-length": constant.length });
    reply.end(constant);
  });
});
server.listen(0, "127.0.0.1", () => process.send!((server.address() as AddressInfo).port));
process.once("disconnect", () => process.exit(0));
