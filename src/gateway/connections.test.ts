import { EventEmitter } from "node:events";
import type { Socket } from "node:net";
import { describe, expect, test } from "vitest";
import { ConnectionRoom, noteAnswer, noteKnown, noteRequest } from "./connections.ts";

class FakeSocket extends EventEmitter {
  destroyed = false;
  readonly remoteAddress: string;
  constructor(address: string) {
    super();
    this.remoteAddress = address;
  }
  destroy(): void {
    this.destroyed = true;
    this.emit("close");
  }
}

const STATES = {
  silent: () => undefined,
  "idle stranger": (socket: Socket) => {
    noteRequest(socket);
    noteAnswer(socket);
  },
  "asking stranger": (socket: Socket) => noteRequest(socket),
  "idle known": (socket: Socket) => {
    noteRequest(socket);
    noteKnown(socket);
    noteAnswer(socket);
  },
  "asking known": (socket: Socket) => {
    noteRequest(socket);
    noteKnown(socket);
  },
} as const;
type State = keyof typeof STATES;

function enter(room: ConnectionRoom, state: State, address = "127.0.0.1"): Socket {
  const socket = new FakeSocket(address) as unknown as Socket;
  room.enter(socket);
  if (!socket.destroyed) STATES[state](socket);
  return socket;
}

const closed = (sockets: readonly Socket[]): readonly number[] => sockets.flatMap(({ destroyed }, at) => (destroyed ? [at] : []));

describe("where there is no room", () => {
  test.each<[State[], number]>([
    [["silent", "silent", "idle stranger"], 0],
    [["idle stranger", "silent", "silent"], 1],
    [["asking known", "asking stranger", "idle stranger"], 2],
    [["idle known", "asking stranger", "asking known"], 1],
    [["asking known", "idle known", "idle known"], 1],
  ])("of %j the connection %i goes for a new one", (states, goes) => {
    const room = new ConnectionRoom(3);
    const sockets = states.map((state) => enter(room, state));
    const newcomer = enter(room, "silent");
    expect(closed(sockets)).toEqual([goes]);
    expect(newcomer.destroyed).toBe(false);
  });

  test("and all are known and wait for answers, the new one goes", () => {
    const room = new ConnectionRoom(2);
    const sockets = [enter(room, "asking known"), enter(room, "asking known")];
    expect(enter(room, "silent").destroyed).toBe(true);
    expect(closed(sockets)).toEqual([]);
  });

  test("the address with most of a kind loses one, not whoever came first", () => {
    const room = new ConnectionRoom(3);
    const sockets = [enter(room, "silent", "10.0.0.1"), enter(room, "silent", "10.0.0.2"), enter(room, "silent", "10.0.0.2")];
    enter(room, "silent", "10.0.0.3");
    expect(closed(sockets)).toEqual([1]);
  });

  test("what was closed counts no more, whatever becomes of its request", () => {
    const room = new ConnectionRoom(1);
    const first = enter(room, "asking stranger");
    const second = enter(room, "asking stranger");
    expect([first.destroyed, second.destroyed]).toEqual([true, false]);
    noteAnswer(first);
    noteAnswer(second);
    expect(enter(room, "silent").destroyed).toBe(false);
    expect(second.destroyed).toBe(true);
  });
});

test("one address beyond loopback has three quarters of the room; more of it costs itself alone", () => {
  const room = new ConnectionRoom(4);
  const far = Array.from({ length: 5 }, () => enter(room, "idle known", "10.0.0.1"));
  expect(closed(far)).toEqual([0, 1]);
  expect(enter(room, "silent", "10.0.0.2").destroyed).toBe(false);
  const near = new ConnectionRoom(4);
  expect(closed(Array.from({ length: 4 }, () => enter(near, "idle known")))).toEqual([]);
});

test("what speaks TLS over a connection is that connection", () => {
  const room = new ConnectionRoom(1);
  const raw = enter(room, "silent");
  const spoken = new FakeSocket("127.0.0.1") as unknown as Socket;
  room.rename(raw, spoken);
  room.enter(spoken);
  STATES["asking known"](spoken);
  expect(enter(room, "silent").destroyed).toBe(true);
  expect([raw.destroyed, spoken.destroyed]).toEqual([false, false]);
  raw.destroy();
  expect(enter(room, "silent").destroyed).toBe(false);
});
