import type { IncomingMessage } from "node:http";

/** One connection reads on at each turn: what it can in one go, which is two megabytes at most. */
const TURN_MS = 40;
/** What somebody sends on after the answer is read for so long and so far, so that the client comes to read the answer. */
const LONGEST_MS = 30_000;
/** What is not worth waiting for a turn. */
const SMALL_BYTES = 64 * 1024;
/** A client that has sent nothing for so long has read its answer, or will not. */
const SILENT_MS = 1000;
const LARGEST_BYTES = 64 * 1024 * 1024;

interface Leftover {
  readonly request: IncomingMessage;
  readonly since: number;
  readonly isOver: () => boolean;
  bytes: number;
  lastByteAt: number;
}

const waiting: Leftover[] = [];
let timer: NodeJS.Timeout | undefined;

/**
 * Takes what is left of a body that nobody wants, and calls back when there is no more. A client that is still sending would not read its
 * answer from a connection that is closed. All such connections together read 50 megabytes a second at most, however many there are, and keep nothing.
 */
export function takeLeftover(request: IncomingMessage, taken: () => void): void {
  let over = false;
  const end = (): void => {
    if (over) return;
    over = true;
    taken();
  };
  const now = performance.now();
  const leftover: Leftover = { request, since: now, isOver: () => over, bytes: 0, lastByteAt: now };
  request.on("data", (piece: Buffer) => {
    leftover.bytes += piece.length;
    leftover.lastByteAt = performance.now();
  });
  request.once("end", end).once("close", end);
  if (Number(request.headers["content-length"] ?? Infinity) <= SMALL_BYTES) request.resume();
  else request.pause();
  wait(leftover);
}

function wait(leftover: Leftover): void {
  waiting.push(leftover);
  timer ??= setInterval(turn, TURN_MS).unref();
}

function turn(): void {
  let leftover = waiting.shift();
  while (leftover?.isOver() === true) leftover = waiting.shift();
  if (!leftover) {
    clearInterval(timer);
    timer = undefined;
    return;
  }
  const { request, since } = leftover;
  const flowing = !request.isPaused();
  request.resume();
  // After the connection was read from once.
  setTimeout(() => {
    if (leftover.isOver()) return;
    const now = performance.now();
    if (now - since > LONGEST_MS || now - leftover.lastByteAt > SILENT_MS || leftover.bytes > LARGEST_BYTES) {
      request.socket.destroySoon();
      return;
    }
    if (!flowing) request.pause();
    wait(leftover);
  }, 1);
}
