import { createConnection } from "node:net";

/** Asks one command over HAProxy's command line socket; resolves with what it printed. Rejects where nobody listens. */
export function askHaproxy(socketPath: string, command: string): Promise<string> {
  return new Promise((resolve, reject) => {
    let answer = "";
    const socket = createConnection(socketPath);
    socket.setEncoding("utf8");
    socket.on("data", (text: string) => (answer += text));
    socket.on("error", reject);
    socket.on("close", (failed) => {
      if (!failed) resolve(answer.trim());
    });
    socket.end(`${command}\n`);
  });
}

/** Whether a command that changes something was done: HAProxy prints nothing, or one of these sentences. */
export function wasDone(answer: string): boolean {
  return answer === "" || /^(New server registered|Server deleted)\.$/.test(answer);
}

/**
 * Calls `wake` whenever HAProxy writes to its health ring, and `gone` when the worker ends or the connection is lost.
 * What was written is a signal only; the truth is read from `show stat`. Resolves when connected.
 */
export function watchHealthRing(socketPath: string, wake: () => void, gone: () => void): Promise<Disposable> {
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
    socket.on("data", () => wake());
    socket.on("error", (error) => {
      if (!watching) reject(error);
    });
    socket.on("close", () => {
      if (watching) gone();
    });
  });
}
