import type { Socket } from "node:net";
import { createInterface } from "node:readline";
import { openOwnSocket } from "../filesystem/own-socket.ts";

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
export function openOperatorDoor({ dataDirectory, holdStill, registryStore }: OperatorDoorParts): Promise<AsyncDisposable> {
  return openOwnSocket({
    directory: dataDirectory,
    name: OPERATOR_SOCKET,
    mostAtOnce: MOST_AT_ONCE,
    receive: (socket) => void receive(socket, holdStill, registryStore),
  });
}

async function receive(socket: Socket, holdStill: () => Promise<HeldStill>, registryStore: `s3://${string}` | undefined): Promise<void> {
  const line = (answer: DoorAnswer): string => `${JSON.stringify(answer)}\n`;
  const lines = createInterface(socket);
  // Whoever goes away, goes away.
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
