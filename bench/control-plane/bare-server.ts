import { once } from "node:events";
import { Worker } from "node:worker_threads";

/** Answers every request with nothing, at once. */
const SERVER = `
const { parentPort } = require("node:worker_threads");
const server = require("node:http").createServer((request, response) => request.resume().on("end", () => response.end()));
server.listen(0, "127.0.0.1", () => parentPort.postMessage(server.address().port));
`;

/** An HTTP server on a thread that has nothing else to do: what its clients wait for is the machine. */
export async function bareServer(): Promise<AsyncDisposable & { readonly url: string }> {
  const worker = new Worker(SERVER, { eval: true });
  const [port] = (await once(worker, "message")) as [number];
  return {
    url: `http://127.0.0.1:${port}`,
    async [Symbol.asyncDispose]() {
      await worker.terminate();
    },
  };
}
