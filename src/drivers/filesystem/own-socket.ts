import { chmod, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { openOwnFolder } from "./own-folder.ts";

export interface OwnSocketParts {
  /** Which only its owner may enter: so says the file system who may come in. */
  readonly directory: string;
  readonly name: string;
  readonly mostAtOnce: number;
  /** Whoever has come in. That they went away, however, is no error. */
  readonly receive: (socket: Socket) => void;
}

/** A socket in a folder of the operator's, where nobody else comes in, until disposed of. One that a server which was killed has left is taken away: that no other one works there is for the caller to know. */
export async function openOwnSocket({ directory, name, mostAtOnce, receive }: OwnSocketParts): Promise<AsyncDisposable> {
  // Under the name of the open folder, which is short: sockets have short paths.
  const folder = await openOwnFolder(directory);
  const path = join(folder.path, name);
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
    socket.on("error", () => undefined);
    receive(socket);
  });
  server.maxConnections = mostAtOnce;
  try {
    await rm(path, { force: true });
    await new Promise<void>((resolve, reject) => server.once("error", reject).listen(path, resolve));
    await chmod(path, 0o600);
  } catch (cause) {
    server.close();
    await folder[Symbol.asyncDispose]();
    throw cause;
  }
  return {
    async [Symbol.asyncDispose]() {
      const closed = new Promise((resolve) => server.close(resolve));
      for (const socket of sockets) socket.destroy();
      await closed;
      await folder[Symbol.asyncDispose]();
    },
  };
}
