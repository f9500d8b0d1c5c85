import { Readable } from "node:stream";
import fc from "fast-check";
import { expect, test } from "vitest";
import { LONGEST_EVENT, logLines, LogPosition, nanoseconds } from "./log-lines.ts";

const PIECE = 16 * 1024;
let clock = 1_700_000_000_000_000_000n;

/** What the engine's log driver keeps: pieces of at most 16 KiB, each with a time stamp. */
function pieces(text: string): { stamp: string; ns: bigint; content: string }[] {
  const found: { stamp: string; ns: bigint; content: string }[] = [];
  for (let at = 0; at < text.length;) {
    const feed = text.indexOf("\n", at);
    const end = feed >= 0 && feed - at < PIECE ? feed + 1 : Math.min(at + PIECE, text.length);
    clock += 1_001n;
    const iso = new Date(Number(clock / 1_000_000n)).toISOString().replace(/\.\d+Z$/, "");
    found.push({ stamp: `${iso}.${String(clock % 1_000_000_000n).padStart(9, "0")}Z`, ns: clock, content: text.slice(at, end) });
    at = end;
  }
  return found;
}

function frame(stream: 1 | 2, text: string | Buffer): Buffer {
  const body = Buffer.from(text as string);
  const header = Buffer.alloc(8);
  header[0] = stream;
  header.writeUInt32BE(body.length, 4);
  return Buffer.concat([header, body]);
}

/** Cuts bytes where a socket might. */
function chunked(bytes: Buffer, cuts: readonly number[]): Readable {
  const at = [...new Set(cuts.map((cut) => cut % (bytes.length + 1)))].toSorted((a, b) => a - b);
  return Readable.from(
    [...at, bytes.length].map((end, index) => bytes.subarray(at[index - 1] ?? 0, end)).filter((chunk) => chunk.length > 0),
  );
}

async function collect(stream: Readable, terminal: boolean): Promise<{ source: string; message: string; ns: bigint }[]> {
  const lines = [];
  for await (const line of logLines(stream, { terminal, whole: true })) lines.push(line);
  return lines;
}

const texts = fc.array(
  fc.oneof(
    fc.string({ unit: fc.constantFrom("a", "b", " ", "Z", "\t"), maxLength: 40 }),
    fc.integer({ min: PIECE - 2, max: 3 * PIECE + 2 }).map((length) => "x".repeat(length)),
  ),
  { maxLength: 5 },
);
const cuts = fc.array(fc.nat(), { maxLength: 12 });

test("however the answer is cut into chunks, each stream's lines come out whole and in order", async () => {
  await fc.assert(
    fc.asyncProperty(texts, texts, cuts, async (out, err, at) => {
      const frames = [
        ...pieces(out.map((line) => `${line}\n`).join("")).map((piece) => ({ stream: 1 as const, ...piece })),
        ...pieces(err.map((line) => `${line}\n`).join("")).map((piece) => ({ stream: 2 as const, ...piece })),
      ];
      const bytes = Buffer.concat(frames.map(({ stream, stamp, content }) => frame(stream, `${stamp} ${content}`)));
      const lines = await collect(chunked(bytes, at), false);
      expect(lines.filter(({ source }) => source === "stdout").map(({ message }) => message)).toEqual(out);
      expect(lines.filter(({ source }) => source === "stderr").map(({ message }) => message)).toEqual(err);
    }),
    { numRuns: 60 },
  );
});

test("the same from a terminal, whose answer has no frames", async () => {
  await fc.assert(
    fc.asyncProperty(texts, cuts, async (out, at) => {
      const bytes = Buffer.from(
        pieces(out.map((line) => `${line}\r\n`).join(""))
          .map(({ stamp, content }) => `${stamp} ${content}`)
          .join(""),
      );
      const lines = await collect(chunked(bytes, at), true);
      expect(lines.map(({ message }) => message)).toEqual(out);
    }),
    { numRuns: 60 },
  );
});

test("a last line without a line feed is a line", async () => {
  const [piece] = pieces("no end");
  expect(await collect(Readable.from([frame(1, `${piece!.stamp} ${piece!.content}`)]), false)).toEqual([
    { source: "stdout", ns: piece!.ns, message: "no end" },
  ]);
});

test("where the engine follows, what has no end yet is left for the reading after it", async () => {
  const [first, second] = [...pieces("whole\n"), ...pieces("no end")];
  const bytes = [first, second].map((piece) => frame(1, `${piece!.stamp} ${piece!.content}`));
  const lines = [];
  for await (const { message } of logLines(Readable.from(bytes), { terminal: false, whole: false })) lines.push(message);
  expect(lines).toEqual(["whole"]);
});

test.each([
  ["letters", "x".repeat(600_000)],
  ["characters of several bytes, which pieces cut", `a${"é€😀".repeat(60_000)}`],
])("a line that is longer than an event is several events, cut between characters: %s", async (_, text) => {
  const bytes = Buffer.from(text);
  const cut = Array.from({ length: Math.ceil(bytes.length / PIECE) }, (_piece, at) => bytes.subarray(at * PIECE, (at + 1) * PIECE));
  const stamp = "2026-11-21T09:54:13.852186009Z ";
  const framed = cut.map((piece, at) => {
    return frame(1, Buffer.concat([Buffer.from(stamp), piece, Buffer.from(at === cut.length - 1 ? "\n" : "")]));
  });
  const lines = await collect(Readable.from(framed), false);
  expect(lines.map(({ message }) => message).join("")).toBe(text);
  expect(Math.max(...lines.map(({ message }) => Buffer.byteLength(message)))).toBeLessThanOrEqual(LONGEST_EVENT);
  expect(lines.length).toBeLessThanOrEqual(Math.ceil(bytes.length / LONGEST_EVENT) + 3);
});

test("bytes that are no text arrive as U+FFFD, in events that are not too long", async () => {
  const stamp = "2026-11-21T09:54:13.852186009Z ";
  const content = Buffer.concat([Buffer.from(stamp), Buffer.alloc(250_000, 0xff), Buffer.from("\n")]);
  const lines = await collect(Readable.from([frame(1, content)]), false);
  expect(lines.map(({ message }) => message).join("")).toBe("\ufffd".repeat(250_000));
  expect(Math.max(...lines.map(({ message }) => Buffer.byteLength(message)))).toBeLessThanOrEqual(LONGEST_EVENT);
});

test("resumed at any line, a log is delivered neither with gaps nor twice", () => {
  const line = fc.record({ source: fc.constantFrom("stdout" as const, "stderr" as const), step: fc.integer({ min: 0, max: 2 }) });
  fc.assert(
    fc.property(fc.array(line, { maxLength: 30 }), fc.nat(), (steps, cut) => {
      const at = { stdout: 5_000_000_000n, stderr: 5_000_000_000n };
      const log = steps.map(({ source, step }, index) => ({ source, ns: (at[source] += BigInt(step)), message: String(index) }));
      const stop = cut % (log.length + 1);
      const before = new LogPosition(undefined);
      const first = log.slice(0, stop).filter((one) => before.advance(one));
      const after = new LogPosition(before.toString());
      const second = log.filter((one) => after.advance(one));
      expect([...first, ...second].map(({ message }) => message)).toEqual(log.map(({ message }) => message));
    }),
  );
});

test.each([
  ["2026-11-21T09:54:13.852186009Z", 1_795_254_853_852_186_009n],
  ["2026-11-21T09:54:13Z", 1_795_254_853_000_000_000n],
  ["2026-11-21T09:54:13.5Z", 1_795_254_853_500_000_000n],
  ["garbage", 0n],
])("%s is %s nanoseconds", (text, expected) => {
  expect(nanoseconds(text)).toBe(expected);
});
