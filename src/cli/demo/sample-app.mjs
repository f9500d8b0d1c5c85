// The sample service of `airfield demo`: says which version answers, and on which host.
import { createServer } from "node:http";
import { hostname } from "node:os";

const version = process.env.APP_VERSION ?? "unknown";

const server = createServer((request, response) => {
  response.setHeader("content-type", "application/json");
  response.end(`${JSON.stringify({ version, host: hostname(), path: request.url })}\n`);
});

server.listen(8080, () => console.log(`version ${version} listens on port 8080 of ${hostname()}`));

// The load balancer has drained this task before the signal comes; what is under way is finished all the same.
process.on("SIGTERM", () => {
  console.log(`version ${version} was asked to stop`);
  server.close(() => process.exit(0));
  server.closeIdleConnections();
});
