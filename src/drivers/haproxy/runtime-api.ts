import { createConnection } from "node:net";

/** Asks one command over HAProxy's command line socket; resolves with what it printed. Rejects where nobody listens. */
export async function askHaproxy(socketPath: string, command: string): Promise<string> {
  return (await tell(socketPath, `${command}\n`)).trim();
}

function tell(socketPath: string, text: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = createConnection(socketPath);
    socket.setEncoding("utf8");
    socket.on("data", (some: string) => (answer += some));
    socket.on("error", reject);
    socket.on("close", (failed) => {
      if (!failed) resolve(answer);
    });
    socket.end(text);
  });
}

/**
 * Asks many commands over one connection of a worker's socket, one after the other; resolves with what each printed. HAProxy's queue of connections is
 * short: who asks a hundred things by a hundred of them is refused with EAGAIN. Rejects where nobody listens, or not all was answered.
 */
export async function askHaproxyAll(socketPath: string, commands: readonly string[]): Promise<readonly string[]> {
  if (commands.length === 0) return [];
  // With a prompt, the end of each answer can be told: it prints one before each command, and after the last.
  const [, ...answers] = (await tell(socketPath, ["prompt", ...commands, "quit", ""].join("\n"))).split("\n> ");
  // What follows the last prompt is no answer.
  if (answers.length <= commands.length) throw new Error(`HAProxy answered ${answers.length - 1} of ${commands.length} commands`);
  // Each line that is handed over with a command is asked for by a plus.
  return commands.map((_, at) => (answers[at] ?? "").replace(/^(?:\+ )+/, "").trim());
}

/** Whether a command that changes something was done: HAProxy prints nothing, or one of these sentences. */
export function wasDone(answer: string): boolean {
  return answer === "" || /^(New server registered|Server deleted)\.$/.test(answer);
}

/**
 * Calls `wake` with what HAProxy writes to its health ring, in parts that may end within a line, and `gone` when the worker ends or the connection is lost.
 * What was written is a signal only; the truth is read from `show stat`. Resolves when connected.
 */
export function watchHealthRing(socketPath: string, wake: (text: string) => void, gone: () => void): Promise<Disposable> {
  return new Promise((resolve, reject) => {
    const socket = createConnection(socketPath);
    let watching = false;
    socket.on("connect", () => {
      watching = true;
      // Without `-n` the ring is told from its beginning, so that no event falls between connecting and reading the state.
      socket.write("show events health -w\n");
      resolve({
        [Symbol.dispose]: () => {
          watching = false;
          socket.destroy();
        },
      });
    });
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => wake(text));
    socket.on("error", (error) => {
      if (!watching) reject(error);
    });
    socket.on("close", () => {
      if (watching) gone();
    });
  });
}
