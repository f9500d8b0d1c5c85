import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openOwnFolder } from "../filesystem/own-folder.ts";
import { BackupError } from "./contents.ts";
import { ALL_COPIED, DATABASES_COPIED, OPERATOR_SOCKET, type DoorAnswer } from "./operator-door.ts";

/** A server that runs on a data folder, and holds still what a backup reads of it. Disposing lets it go on. */
export interface HeldServer extends AsyncDisposable {
  readonly registryStore?: `s3://${string}`;
  /** The databases may go on. @throws BackupError where the server has ended meanwhile */
  databasesCopied(): Promise<void>;
  /** Nothing of the backup is worth anything unless the server held still until here. @throws BackupError where it has not */
  allCopied(): Promise<void>;
}

/** `undefined` where no server runs. @throws BackupError where it refuses */
export async function holdServer(dataDirectory: string): Promise<HeldServer | undefined> {
  await using folder = await openOwnFolder(dataDirectory);
  const socket = await connected(join(folder.path, OPERATOR_SOCKET));
  if (!socket) return undefined;
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  const next = async (): Promise<DoorAnswer> => {
    const line = await lines.next();
    if (line.done === true) throw new BackupError("the server has ended while the backup was made", "Make it again.");
    return JSON.parse(line.value) as DoorAnswer;
  };
  const say = async (line: string): Promise<void> => {
    socket.write(`${line}\n`);
    await next();
  };
  const first = await next();
  if (!("held" in first)) {
    socket.destroy();
    throw new BackupError(`the server cannot hold still: ${"refused" in first ? first.refused : ""}`, "Its log may tell more.");
  }
  return {
    ...(first.registryStore === undefined ? {} : { registryStore: first.registryStore }),
    databasesCopied: () => say(DATABASES_COPIED),
    allCopied: () => say(ALL_COPIED),
    async [Symbol.asyncDispose]() {
      socket.destroy();
    },
  };
}

function connected(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    socket.once("connect", () => {
      // Its end shows in the lines.
      socket.off("error", failed).on("error", () => undefined);
      resolve(socket);
    });
    const failed = (cause: NodeJS.ErrnoException): void => {
      if (cause.code === "ENOENT" || cause.code === "ECONNREFUSED") resolve(undefined);
      else reject(cause);
    };
    socket.once("error", failed);
  });
}
