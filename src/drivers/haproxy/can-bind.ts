import { createServer } from "node:net";

/** Whether a TCP port of this host is free for the taking on an address that this host has. It may be taken a moment later. */
export function canBind(address: string, port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = createServer();
    server.on("error", () => resolve(false));
    server.listen({ host: address, port, exclusive: true }, () => server.close(() => resolve(true)));
  });
}
