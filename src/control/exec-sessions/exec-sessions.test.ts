import { describe, expect, test } from "vitest";
import { systemIds } from "../../drivers/system/ids.ts";
import { ProgramNotStartedError, type ContainerProgram, type TerminalSize } from "../../ports/container-programs.ts";
import type { ClientHearing, ExecSessions, SessionGrant } from "../../ports/exec-sessions.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { execSessions } from "./exec-sessions.ts";
import { decodeMessage, encodeMessage, PAYLOAD, type SessionMessage } from "./session-message.ts";

const SCOPE = { account: "1", region: "us-east-1" };
const MINUTE = 60_000;

/** A program of which the test is the container. */
class Program implements ContainerProgram {
  typed = "";
  sizes: TerminalSize[] = [];
  isHungUp = false;
  #chunks: (string | Error)[] = [];
  #wake: () => void = () => undefined;
  readonly output = this.#read();

  say(...chunks: (string | Error)[]): void {
    this.#chunks.push(...chunks);
    this.#wake();
  }

  end(): void {
    this.say("");
  }

  write(bytes: Uint8Array): void {
    this.typed += Buffer.from(bytes).toString();
  }

  resize(size: TerminalSize): Promise<void> {
    this.sizes.push(size);
    return Promise.resolve();
  }

  hangUp(): void {
    this.isHungUp = true;
    this.end();
  }

  async *#read(): AsyncGenerator<Uint8Array> {
    for (;;) {
      const chunk = this.#chunks.shift();
      if (chunk instanceof Error) throw chunk;
      if (chunk === "") return;
      if (chunk !== undefined) yield Buffer.from(chunk);
      else await new Promise<void>((resolve) => (this.#wake = resolve));
    }
  }
}

function world({ record = async () => undefined as void, program = new Program() } = {}) {
  const clock = new ManualClock();
  const started: (readonly [string, readonly string[]])[] = [];
  const warned: string[] = [];
  const sessions = execSessions({
    programs: {
      start(container, command) {
        started.push([container, command]);
        return Promise.resolve(program);
      },
    },
    clock,
    ids: systemIds,
    logger: { info: () => undefined, warn: (text) => void warned.push(text), error: (text) => void warned.push(text) },
    record,
  });
  return { clock, sessions, program, started, warned };
}

/** The plugin's side: what it got, and what it says. */
class Client {
  readonly got: SessionMessage[] = [];
  isClosed = false;
  /** Acknowledges what it gets, as a client does that is ready. */
  isReady = true;
  #sequence = 0;
  readonly hearing: ClientHearing | undefined;

  constructor(sessions: ExecSessions, { sessionId, token }: SessionGrant, sequence = 0) {
    this.#sequence = sequence;
    this.hearing = sessions.join(sessionId, token, {
      send: (frame) => this.#get(decodeMessage(Buffer.from(frame))!),
      close: () => (this.isClosed = true),
    });
  }

  #get(message: SessionMessage): void {
    this.got.push(message);
    if (this.isReady && message.type === "output_stream_data") queueMicrotask(() => this.acknowledge(message));
  }

  acknowledge({ sequence }: SessionMessage): void {
    this.#send({
      type: "acknowledge",
      sequence: 0,
      payloadType: 0,
      payload: Buffer.from(JSON.stringify({ AcknowledgedMessageSequenceNumber: sequence })),
    });
  }

  say(payloadType: number, payload: string | Uint8Array, sequence = this.#sequence++): void {
    this.#send({ type: "input_stream_data", sequence, payloadType, payload: Buffer.from(payload) });
  }

  shakeHands(response: object = { ProcessedClientActions: [], Errors: null }): void {
    this.say(PAYLOAD.handshakeResponse, JSON.stringify(response));
  }

  #send(message: Omit<SessionMessage, "createdAt" | "flags" | "id">): void {
    this.hearing?.receive(encodeMessage({ ...message, createdAt: 1, flags: 0, id: systemIds.uuid() }));
  }

  shown(): string {
    const seen = new Map(
      this.got.filter((one) => one.type === "output_stream_data" && one.payloadType === PAYLOAD.output).map((one) => [one.sequence, one]),
    );
    return [...seen.values()].map(({ payload }) => Buffer.from(payload).toString()).join("");
  }

  closedWith(): string | undefined {
    const closed = this.got.find(({ type }) => type === "channel_closed");
    return closed && (JSON.parse(Buffer.from(closed.payload).toString()) as { Output: string }).Output;
  }

  acknowledged(): number[] {
    const all = this.got.filter(({ type }) => type === "acknowledge");
    return all.map(
      ({ payload }) =>
        (JSON.parse(Buffer.from(payload).toString()) as { AcknowledgedMessageSequenceNumber: number }).AcknowledgedMessageSequenceNumber,
    );
  }
}

const REQUEST = { scope: SCOPE, runtimeId: "c1", command: ["sh"] };
const turns = async (): Promise<void> => {
  for (let turn = 0; turn < 20; turn += 1) await new Promise((resolve) => setImmediate(resolve));
};

async function entered(at = world(), request: Parameters<ExecSessions["open"]>[0] = REQUEST) {
  const grant = at.sessions.open(request);
  const client = new Client(at.sessions, grant);
  client.shakeHands();
  await turns();
  return { ...at, grant, client };
}

describe("a session", () => {
  test("runs the command once the client has shaken hands, and leads what is typed and shown", async () => {
    const at = world();
    const client = new Client(at.sessions, at.sessions.open(REQUEST));
    expect(JSON.parse(Buffer.from(client.got[0]!.payload).toString())).toMatchObject({
      RequestedClientActions: [{ ActionType: "SessionType", ActionParameters: { SessionType: "InteractiveCommands" } }],
    });
    await turns();
    expect(at.started).toEqual([]);
    // Nothing is typed into what has not begun.
    client.say(PAYLOAD.output, "too early");
    client.shakeHands();
    await turns();
    expect(at.started).toEqual([["c1", ["sh"]]]);
    client.say(PAYLOAD.size, JSON.stringify({ cols: 80, rows: 24 }));
    client.say(PAYLOAD.output, "ls\n");
    at.program.say("a\n", "b\n");
    await turns();
    expect(at.program).toMatchObject({ typed: "ls\n", sizes: [{ columns: 80, rows: 24 }] });
    expect(client.shown()).toBe("a\nb\n");
    at.program.end();
    await turns();
    expect([client.closedWith(), client.isClosed]).toEqual(["", true]);
  });

  test("takes what is typed once and in its order, and acknowledges what comes again", async () => {
    const { client, program } = await entered();
    client.say(PAYLOAD.output, "a", 1);
    client.say(PAYLOAD.output, "c", 3);
    client.say(PAYLOAD.output, "a", 1);
    client.say(PAYLOAD.output, "b", 2);
    client.say(PAYLOAD.output, "c", 3);
    expect(program.typed).toBe("abc");
    expect(client.acknowledged()).toEqual([0, 1, 1, 2, 3]);
  });

  test("sends again what a client dropped, and waits where much is under way", async () => {
    const { client, program, clock } = await entered();
    client.isReady = false;
    program.say(...Array.from({ length: 400 }, (_, at) => `${at} `), "");
    await turns();
    const before = client.got.length;
    // 256 are under way, and no more.
    expect(client.shown().trim().split(" ")).toHaveLength(256);
    clock.advance(200);
    clock.advance(200);
    expect(client.got.slice(before).every(({ sequence }) => sequence === client.got[before]?.sequence)).toBe(true);
    expect(client.got.length).toBeGreaterThan(before);
    client.isReady = true;
    for (const message of client.got.filter(({ type }) => type === "output_stream_data")) client.acknowledge(message);
    await turns();
    expect(client.shown().trim().split(" ")).toHaveLength(400);
    expect(client.closedWith()).toBe("");
  });

  test("ends at the client's word, and where it cannot take part", async () => {
    const { client, program } = await entered();
    client.say(PAYLOAD.flag, Buffer.from([0, 0, 0, 2]));
    await turns();
    expect([program.isHungUp, client.isClosed]).toEqual([true, true]);
    const at = world();
    const other = new Client(at.sessions, at.sessions.open(REQUEST));
    other.shakeHands({ Errors: ["Unknown session type"] });
    await turns();
    expect([at.started, other.isClosed]).toEqual([[], true]);
  });

  test("tells what could not be started, and says of anything else only that it broke off", async () => {
    const { client, program } = await entered();
    program.say(new ProgramNotStartedError("Failed to start pty: fork/exec nope: no such file or directory"));
    await turns();
    expect(client.closedWith()).toMatch(/^-+ERROR-+\nUnable to start command: Failed to start pty/);
    const broken = await entered();
    broken.program.say(new Error("secret of the host"));
    await turns();
    expect([broken.client.closedWith(), broken.warned]).toEqual(["The session broke off.", ["a session of ECS Exec broke off"]]);
  });

  test("is kept for a client that comes again in time, with a new token alone", async () => {
    const { client, program, clock, sessions, grant } = await entered();
    client.isReady = false;
    program.say("seen?");
    await turns();
    client.hearing?.gone();
    clock.advance(59_000);
    expect(new Client(sessions, grant).hearing).toBeUndefined();
    expect(sessions.resume({ ...SCOPE, account: "2" }, grant.sessionId)).toBeUndefined();
    expect(sessions.resume({ ...SCOPE, region: "eu-west-1" }, grant.sessionId)).toBeUndefined();
    const again = new Client(sessions, { ...grant, token: sessions.resume(SCOPE, grant.sessionId)! }, 1);
    expect(again.shown()).toBe("seen?");
    again.say(PAYLOAD.output, "x");
    // Of the connection that is over nothing is taken any more.
    client.say(PAYLOAD.output, "y", 2);
    expect(program.typed).toBe("x");
    again.hearing?.gone();
    clock.advance(60_000);
    await turns();
    expect([program.isHungUp, sessions.resume(SCOPE, grant.sessionId)]).toEqual([true, undefined]);
  });

  test("ends after twenty minutes in which nothing happens", async () => {
    const { client, program, clock } = await entered();
    clock.advance(19 * MINUTE);
    client.say(PAYLOAD.output, "x");
    clock.advance(19 * MINUTE);
    program.say("y");
    await turns();
    clock.advance(19 * MINUTE);
    expect(program.isHungUp).toBe(false);
    clock.advance(MINUTE);
    expect(program.isHungUp).toBe(true);
  });

  test("nobody comes to is over after a minute, and never began", async () => {
    const at = world();
    const grant = at.sessions.open(REQUEST);
    at.clock.advance(MINUTE);
    await turns();
    expect([new Client(at.sessions, grant).hearing, at.started]).toEqual([undefined, []]);
  });

  test("is recorded as it was shown, where it is to be", async () => {
    const kept: unknown[] = [];
    const log = { ...SCOPE, group: "/audit" };
    const record = async (...told: unknown[]): Promise<void> => void kept.push([told[0], told[1], String(told[2])]);
    const { program, grant } = await entered(world({ record }), { ...REQUEST, log });
    program.say("a", "b", "");
    await turns();
    expect(kept).toEqual([[log, grant.sessionId, "ab"]]);
  });

  test("can be ended by its account alone; all end with the process", async () => {
    const { sessions, grant, program } = await entered();
    expect(sessions.terminate({ ...SCOPE, account: "2" }, grant.sessionId)).toBe(false);
    expect(program.isHungUp).toBe(false);
    expect(sessions.terminate(SCOPE, grant.sessionId)).toBe(true);
    const other = await entered();
    await other.sessions[Symbol.asyncDispose]();
    expect([program.isHungUp, other.program.isHungUp]).toEqual([true, true]);
  });
});
