import { chmod, rm } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openOwnFolder } from "../filesystem/own-folder.ts";

/** In the data folder, which only its owner may enter. */
export const OPERATOR_SOCKET = "operator.sock";

/** What does not change until it is let go of. */
export interface HeldStill {
  /** The files of the databases; their logs only grow. */
  readonly databases: Disposable;
  /** No blob is removed. */
  readonly blobs: Disposable;
}

export interface OperatorDoorParts {
  readonly dataDirectory: string;
  readonly holdStill: () => Promise<HeldStill>;
  /** Where the registry's bytes are; in the data folder where absent. */
  readonly registryStore?: `s3://${string}`;
}

/** Each line that the server writes there. */
export type DoorAnswer =
  | { readonly held: true; readonly registryStore?: `s3://${string}` }
  | { readonly refused: string }
  | { readonly heard: string };

/** What whoever came in may say, a line each: that the databases are copied, and that all is. */
export const DATABASES_COPIED = "databases copied";
export const ALL_COPIED = "all copied";

const MOST_AT_ONCE = 4;

/**
 * Lets the operator of this machine, and nobody else, make a backup while the server runs: a socket in the data folder, where the file system says who may come in. Nothing can
 * be read or changed here. Whoever is connected has what a backup reads held still, until they say that it is copied or go away, however they go.
 */
export async function openOperatorDoor({ dataDirectory, holdStill, registryStore }: OperatorDoorParts): Promise<AsyncDisposable> {
  // Under the name of the open folder, which is short: sockets have short paths.
  const folder = await openOwnFolder(dataDirectory);
  const path = join(folder.path, OPERATOR_SOCKET);
  const server = createServer((socket) => void receive(socket, holdStill, registryStore));
  server.maxConnections = MOST_AT_ONCE;
  const sockets = new Set<Socket>();
  server.on("connection", (socket) => {
    sockets.add(socket);
    socket.on("close", () => sockets.delete(socket));
  });
  try {
    // One that was killed leaves it behind. The lock on the database says that no other server works here.
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

async function receive(socket: Socket, holdStill: () => Promise<HeldStill>, registryStore: `s3://${string}` | undefined): Promise<void> {
  const line = (answer: DoorAnswer): string => `${JSON.stringify(answer)}\n`;
  const lines = createInterface(socket);
  // Whoever goes away, goes away.
  socket.on("error", () => undefined);
  lines.on("error", () => undefined);
  let held: HeldStill;
  try {
    held = await holdStill();
  } catch (cause) {
    socket.end(line({ refused: (cause as Error).message }));
    return;
  }
  const release = (): void => {
    held.databases[Symbol.dispose]();
    held.blobs[Symbol.dispose]();
  };
  if (socket.destroyed) return release();
  socket.on("close", release);
  lines.on("line", (said) => {
    if (said === DATABASES_COPIED) held.databases[Symbol.dispose]();
    else if (said !== ALL_COPIED) return void socket.destroy();
    socket.write(line({ heard: said }));
  });
  socket.write(line({ held: true, ...(registryStore === undefined ? {} : { registryStore }) }));
}
