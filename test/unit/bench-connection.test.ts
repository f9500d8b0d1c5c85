import { once } from "node:events";
import { createServer, type AddressInfo, type Socket } from "node:net";
import { expect, test } from "vitest";
import { Connection } from "../../bench/registry/connection.ts";

const EMPTY = "HTTP/1.1 200 OK\r\ncontent-length: 0\r\n\r\n";

test("a load generator's connection that the server closed between two requests refuses the next one", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await once(server, "listening");
  const accepted = once(server, "connection") as Promise<[Socket]>;
  const connection = await Connection.open(`127.0.0.1:${(server.address() as AddressInfo).port}`, {});
  const [socket] = await accepted;
  socket.once("data", () => socket.write(EMPTY));
  await expect(connection.send({ method: "GET", path: "/" })).resolves.toMatchObject({ status: 200 });
  const closed = once(socket, "close");
  socket.end();
  await closed;
  await expect(connection.send({ method: "GET", path: "/" })).rejects.toThrow("closed the connection");
  server.close();
});
