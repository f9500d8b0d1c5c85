import { connect, type Socket } from "node:net";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { openOwnFolder } from "../filesystem/own-folder.ts";
import { openOwnSocket } from "../filesystem/own-socket.ts";

/** In the data folder, which only its owner may enter. */
const SOCKET = "questions.sock";
const MOST_AT_ONCE = 16;
const LONGEST_QUESTION = 4096;

export interface QuestionDoorParts {
  readonly dataDirectory: string;
  /** Answers a question with what JSON can tell; what it throws is told as a defect. */
  readonly answer: (question: unknown) => unknown;
  /** Told of defects. */
  readonly failed: (cause: unknown) => void;
}

type Line = { readonly answer: unknown } | { readonly failure: string };

/** Lets the operator ask, until disposed of. The lock on the database says that no other server works here. */
export function openQuestionDoor({ dataDirectory, answer, failed }: QuestionDoorParts): Promise<AsyncDisposable> {
  const reply = (question: unknown): Line => {
    try {
      return { answer: answer(question) };
    } catch (cause) {
      failed(cause);
      return { failure: "the server failed; its log tells more" };
    }
  };
  return openOwnSocket({
    directory: dataDirectory,
    name: SOCKET,
    mostAtOnce: MOST_AT_ONCE,
    receive: (socket) => receive(socket, reply),
  });
}

function receive(socket: Socket, reply: (question: unknown) => Line): void {
  let text = "";
  socket.setEncoding("utf8");
  socket.on("data", (chunk: string) => {
    text += chunk;
    const end = text.indexOf("\n");
    const isTooLong = text.length > LONGEST_QUESTION;
    if (end < 0 && !isTooLong) return;
    socket.removeAllListeners("data");
    const line = isTooLong ? { failure: "the question is too long" } : replyTo(text.slice(0, end), reply);
    socket.end(`${JSON.stringify(line)}\n`);
  });
}

function replyTo(line: string, reply: (question: unknown) => Line): Line {
  let question: unknown;
  try {
    question = JSON.parse(line);
  } catch {
    return { failure: "the question is no JSON" };
  }
  return reply(question);
}

/** Asks the server that works on a data folder. `undefined` where none runs. @throws Error where it cannot answer */
export async function askServer(dataDirectory: string, question: unknown): Promise<{ readonly answer: unknown } | undefined> {
  await using folder = await openOwnFolder(dataDirectory);
  const socket = await connected(join(folder.path, SOCKET));
  if (!socket) return undefined;
  const lines = createInterface(socket)[Symbol.asyncIterator]();
  socket.write(`${JSON.stringify(question)}\n`);
  const { value, done } = await lines.next();
  socket.destroy();
  if (done === true) throw new Error("the server has ended while it was asked");
  const line = JSON.parse(value) as Line;
  if ("failure" in line) throw new Error(line.failure);
  return line;
}

function connected(path: string): Promise<Socket | undefined> {
  return new Promise((resolve, reject) => {
    const socket = connect(path);
    const failed = (cause: NodeJS.ErrnoException): void => {
      if (cause.code === "ENOENT" || cause.code === "ECONNREFUSED") resolve(undefined);
      else reject(cause);
    };
    socket.once("error", failed);
    socket.once("connect", () => {
      // Its end shows in the lines.
      socket.off("error", failed).on("error", () => undefined);
      resolve(socket);
    });
  });
}
