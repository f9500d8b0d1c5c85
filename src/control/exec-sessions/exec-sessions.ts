import { timingSafeEqual } from "node:crypto";
import { errorText } from "../../domain/error-text.ts";
import type { Scope } from "../../domain/scope.ts";
import type { Clock } from "../../ports/clock.ts";
import {
  ProgramNotStartedError,
  type ContainerProgram,
  type ContainerPrograms,
  type TerminalSize,
} from "../../ports/container-programs.ts";
import type { ClientHearing, ClientLine, ExecRequest, ExecSessions, SessionLog } from "../../ports/exec-sessions.ts";
import type { Ids } from "../../ports/ids.ts";
import type { Logger } from "../../ports/logger.ts";
import { DataChannel } from "./data-channel.ts";

/** How long a session waits for its client to come, or to come again. */
const ABSENCE_MS = 60_000;
/** Source: Amazon ECS Developer Guide, "Monitor Amazon ECS containers with ECS Exec": the idle timeout of sessions. */
const IDLE_MS = 20 * 60_000;
const MOST_RECORDED_BYTES = 8 * 1024 * 1024;

interface ExecParts {
  readonly programs: ContainerPrograms;
  readonly clock: Clock;
  readonly ids: Ids;
  readonly logger: Logger;
  /** Keeps what a session showed. */
  readonly record: (log: SessionLog, sessionId: string, shown: Uint8Array) => Promise<void>;
}

/** Keeps sessions in memory alone, since what they run ends with this process's connection to it. */
export function execSessions(parts: ExecParts): ExecSessions {
  const sessions = new Map<string, Session>();
  const working = new Set<Promise<unknown>>();

  const find = ({ account, region }: Scope, sessionId: string): Session | undefined => {
    const session = sessions.get(sessionId);
    return session?.scope.account === account && session.scope.region === region ? session : undefined;
  };

  return {
    open(request) {
      const sessionId = `ecs-execute-command-${parts.ids.alphanumeric(25).toLowerCase()}`;
      const session = new Session(parts, sessionId, request);
      sessions.set(sessionId, session);
      const ended = session.ended.then(() => {
        sessions.delete(sessionId);
        working.delete(ended);
      });
      working.add(ended);
      return { sessionId, token: session.newToken() };
    },
    join: (sessionId, token, line) => sessions.get(sessionId)?.join(token, line),
    resume: (scope, sessionId) => find(scope, sessionId)?.newToken(),
    terminate(scope, sessionId) {
      const session = find(scope, sessionId);
      session?.end();
      return session !== undefined;
    },
    async [Symbol.asyncDispose]() {
      for (const session of sessions.values()) session.end();
      await Promise.all(working);
    },
  };
}

/** One program in a container, and the client that it belongs to. */
class Session {
  readonly scope: Scope;
  /** Resolves when nothing of it is left. */
  readonly ended: Promise<void>;
  readonly #parts: ExecParts;
  readonly #id: string;
  readonly #request: ExecRequest;
  readonly #channel: DataChannel;
  readonly #over = settling();
  readonly #begun = settling();
  readonly #recorded: Uint8Array[] = [];
  #size: TerminalSize | undefined;
  #recordedBytes = 0;
  #token: string | undefined;
  #line: ClientLine | undefined;
  #hasBegun = false;
  #isOver = false;
  #program: ContainerProgram | undefined;
  #absence: Disposable | undefined;
  #idle: Disposable | undefined;

  constructor(parts: ExecParts, id: string, request: ExecRequest) {
    this.#parts = parts;
    this.#id = id;
    this.#request = request;
    this.scope = request.scope;
    this.#channel = new DataChannel({
      ...{ clock: parts.clock, ids: parts.ids, sessionId: id },
      send: (frame) => this.#line?.send(frame),
      ends: {
        ready: () => this.#begun.resolve(),
        input: (bytes) => {
          this.#active();
          this.#program?.write(bytes);
        },
        resized: (size) => this.#resize(size),
        terminate: () => this.end(),
      },
    });
    this.#awaitClient();
    this.ended = this.#run();
  }

  newToken(): string {
    this.#token = this.#parts.ids.alphanumeric(64);
    return this.#token;
  }

  /** A token opens the session once. */
  join(token: string, line: ClientLine): ClientHearing | undefined {
    if (this.#isOver || this.#token === undefined || !isSame(token, this.#token)) return undefined;
    this.#token = undefined;
    this.#absence?.[Symbol.dispose]();
    this.#line?.close();
    this.#line = line;
    if (this.#hasBegun) this.#channel.resume();
    else this.#channel.begin();
    this.#hasBegun = true;
    this.#active();
    return {
      receive: (frame) => {
        if (this.#line === line) this.#channel.receive(Buffer.from(frame.buffer, frame.byteOffset, frame.byteLength));
      },
      gone: () => {
        if (this.#line !== line) return;
        this.#line = undefined;
        this.#awaitClient();
      },
    };
  }

  end(): void {
    if (this.#isOver) return;
    this.#isOver = true;
    this.#over.resolve();
    this.#program?.hangUp();
  }

  async #run(): Promise<void> {
    await Promise.race([this.#begun.promise, this.#over.promise]);
    const told = this.#isOver ? "" : await this.#runProgram();
    this.#isOver = true;
    this.#over.resolve();
    this.#channel.close(told);
    this.#line?.close();
    for (const timer of [this.#absence, this.#idle]) timer?.[Symbol.dispose]();
    await this.#record();
  }

  /** Resolves with what the client is told at the end. */
  async #runProgram(): Promise<string> {
    try {
      this.#program = await this.#parts.programs.start(this.#request.runtimeId, this.#request.command);
      if (this.#isOver) this.#program.hangUp();
      if (this.#size) this.#resize(this.#size);
      for await (const chunk of this.#program.output) {
        this.#active();
        this.#note(chunk);
        await Promise.race([this.#channel.write(chunk), this.#over.promise]);
      }
      await Promise.race([this.#channel.flushed(), this.#over.promise]);
      return "";
    } catch (cause) {
      if (cause instanceof ProgramNotStartedError) return `----------ERROR-------\nUnable to start command: ${cause.message}`;
      this.#parts.logger.warn("a session of ECS Exec broke off", { session: this.#id, cause: errorText(cause) });
      return "The session broke off.";
    }
  }

  #resize(size: TerminalSize): void {
    this.#size = size;
    this.#program?.resize(size).catch((cause: unknown) => {
      // It may have ended meanwhile.
      if (!this.#isOver)
        this.#parts.logger.info("a terminal has not the size of its client's", { session: this.#id, cause: errorText(cause) });
    });
  }

  #awaitClient(): void {
    this.#absence?.[Symbol.dispose]();
    if (!this.#isOver) this.#absence = this.#parts.clock.after(ABSENCE_MS, () => this.end());
  }

  #active(): void {
    this.#idle?.[Symbol.dispose]();
    if (!this.#isOver) this.#idle = this.#parts.clock.after(IDLE_MS, () => this.end());
  }

  #note(chunk: Uint8Array): void {
    if (!this.#request.log || this.#recordedBytes >= MOST_RECORDED_BYTES) return;
    this.#recorded.push(chunk);
    this.#recordedBytes += chunk.length;
  }

  async #record(): Promise<void> {
    const { log } = this.#request;
    if (!log || this.#recorded.length === 0) return;
    try {
      await this.#parts.record(log, this.#id, Buffer.concat(this.#recorded));
    } catch (cause) {
      this.#parts.logger.error("what a session of ECS Exec showed was not logged", { session: this.#id, cause: errorText(cause) });
    }
  }
}

interface Settling {
  readonly promise: Promise<void>;
  readonly resolve: () => void;
}

function settling(): Settling {
  let resolve = (): void => undefined;
  const promise = new Promise<void>((settle) => {
    resolve = settle;
  });
  return { promise, resolve };
}

function isSame(given: string, token: string): boolean {
  const [a, b] = [Buffer.from(given), Buffer.from(token)];
  return a.length === b.length && timingSafeEqual(a, b);
}
