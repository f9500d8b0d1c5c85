import { request as httpRequest } from "node:http";
import type { Socket } from "node:net";
import { setTimeout as pause } from "node:timers/promises";
import { ProgramNotStartedError, type ContainerProgram, type ContainerPrograms } from "../../ports/container-programs.ts";
import { EngineError, EngineUnavailableError, type DockerEngine } from "./engine.ts";

/** As the agent of Session Manager sets it. */
const TERMINAL = "TERM=xterm-256color";
const KILL_AFTER_MS = 5_000;
const NOT_STARTED = "OCI runtime exec failed";

interface ExecState {
  readonly Running: boolean;
  readonly ExitCode: number | null;
  /** On the engine's host. */
  readonly Pid: number;
}

/** Programs that the engine starts beside those of its containers (`docker exec`). */
export function dockerContainerPrograms(engine: DockerEngine): ContainerPrograms {
  return {
    async start(container, command) {
      const { Id: id } = await create(engine, container, command);
      const socket = await hijack(engine, `/exec/${id}/start`);
      return program(engine, id, command[0] ?? "", socket);
    },
  };
}

async function create(engine: DockerEngine, container: string, command: readonly string[]): Promise<{ readonly Id: string }> {
  try {
    return await engine.call("POST", `/containers/${container}/exec`, {
      body: { AttachStdin: true, AttachStdout: true, AttachStderr: true, Tty: true, User: "0", Env: [TERMINAL], Cmd: command },
    });
  } catch (cause) {
    if (cause instanceof EngineError && (cause.status === 404 || cause.status === 409))
      throw new ProgramNotStartedError("the container does not run", { cause });
    throw cause;
  }
}

/** In the words that the agent has of the system. */
function notStarted(name: string, text: string): string {
  const why = /permission denied/.test(text)
    ? "permission denied"
    : /no such file|not found/.test(text)
      ? "no such file or directory"
      : text.trim();
  return `Failed to start pty: fork/exec ${name}: ${why}`;
}

function program(engine: DockerEngine, id: string, name: string, socket: Socket): ContainerProgram {
  const state = (): Promise<ExecState> => engine.call("GET", `/exec/${id}/json`);
  return {
    output: outputOf(socket, name, state),
    write: (bytes) => void (socket.writable && socket.write(bytes)),
    async resize({ columns, rows }) {
      await engine.call("POST", `/exec/${id}/resize`, { query: { w: columns, h: rows } });
    },
    hangUp() {
      socket.end();
      const close = (): void => void socket.destroy();
      // An engine that is away tells so by itself.
      void hangUp(state).then(close, close);
    },
  };
}

async function* outputOf(socket: Socket, name: string, state: () => Promise<ExecState>): AsyncGenerator<Uint8Array> {
  let isFirst = true;
  try {
    for await (const chunk of socket as AsyncIterable<Buffer>) {
      if (isFirst && chunk.includes(NOT_STARTED)) refuseUnstarted(name, chunk.toString(), await state());
      isFirst = false;
      yield chunk;
    }
  } catch (cause) {
    // The engine went away, or it was hung up: nothing more comes in either case.
    if (cause instanceof ProgramNotStartedError || !socket.destroyed) throw cause;
  }
}

/** What cannot be started has ended, and the runtime's words are all that it wrote. */
function refuseUnstarted(name: string, text: string, { Running, ExitCode }: ExecState): void {
  if (!Running && (ExitCode === 126 || ExitCode === 127)) throw new ProgramNotStartedError(notStarted(name, text));
}

/** The engine has no call for it; its host knows the process, where that is this one. */
async function hangUp(state: () => Promise<ExecState>): Promise<void> {
  for (const signal of ["SIGHUP", "SIGKILL"] as const) {
    const { Running, Pid } = await state();
    if (!Running || Pid === 0) return;
    try {
      process.kill(Pid, signal);
    } catch {
      // It ended just now, or its host is another one: then the end of its input has to do.
      return;
    }
    for (let waited = 0; waited < KILL_AFTER_MS && isAlive(Pid); waited += 100) await pause(100);
  }
}

function isAlive(pid: number): boolean {
  try {
    return process.kill(pid, 0);
  } catch {
    return false;
  }
}

/** Takes over the connection of a call: what the program reads and writes follows the answer's head. */
async function hijack(engine: DockerEngine, path: string): Promise<Socket> {
  const version = await engine.apiVersion();
  const body = JSON.stringify({ Detach: false, Tty: true });
  const headers = {
    host: "docker",
    "content-type": "application/json",
    "content-length": body.length,
    connection: "Upgrade",
    upgrade: "tcp",
  };
  return await new Promise((resolve, reject) => {
    const outgoing = httpRequest({ socketPath: engine.socketPath, method: "POST", path: `/v${version}${path}`, headers });
    outgoing.once("upgrade", (_response, socket: Socket, head: Buffer) => {
      if (head.length > 0) socket.unshift(head);
      resolve(socket);
    });
    outgoing.once("response", (response) => {
      response.resume();
      reject(new EngineError(response.statusCode ?? 500, `the engine did not start the program: ${response.statusCode}`));
    });
    outgoing.once("error", (error) =>
      reject(new EngineUnavailableError(`the Docker engine cannot be reached: ${error.message}`, { cause: error })),
    );
    outgoing.end(body);
  });
}
