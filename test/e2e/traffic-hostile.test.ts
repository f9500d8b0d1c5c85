import { expect, test } from "vitest";
import { FORBIDDEN, hostileWorld, type HostileWorld } from "./hostile-world.ts";

const GET = "GET / HTTP/1.1\r\nHost: a.test\r\n";
const LAST = `${GET}Connection: close\r\n\r\n`;
const HIDDEN = `GET ${FORBIDDEN} HTTP/1.1\r\nHost: a.test\r\n\r\n`;

async function isServed(world: HostileWorld): Promise<boolean> {
  return (await world.said(LAST)).endsWith("welcome");
}

test.each([false, true])(
  "a request that hides another one reaches a target as one or not at all, strictly or not (%s)",
  async (isStrict) => {
    await using world = await hostileWorld({ isStrict, idleTimeout: 1 });
    const length = `Content-Length: ${HIDDEN.length + 5}\r\n`;
    const chunked = "Transfer-Encoding: chunked\r\n";
    const heads = [
      // These two hide nothing.
      chunked,
      "Content-Length: 0\r\n",
      `${length}${chunked}`,
      `${chunked}${length}`,
      `Content-Length: 0\r\n${length}`,
      `Content-Length: 0, ${HIDDEN.length}\r\n`,
      `Content-Length: +${HIDDEN.length}\r\n`,
      "Content-Length: -1\r\n",
      `Content-Length: 0x5\r\n`,
      `Content-Length : ${HIDDEN.length}\r\n`,
      `${length}Transfer-Encoding : chunked\r\n`,
      `${length}Transfer-Encoding: xchunked\r\n`,
      `${length}Transfer-Encoding: identity\r\n`,
      `${length}Transfer-Encoding:\x0bchunked\r\n`,
      `${length}Transfer-Encoding: chunked, identity\r\n`,
      `${length}Transfer-Encoding: identity, chunked\r\n`,
      `${length}X: a\nTransfer-Encoding: chunked\r\n`,
      `${length}X: a\rTransfer-Encoding: chunked\r\n`,
      `${length}X:\r\n Transfer-Encoding: chunked\r\n`,
      `${length}Transfer-Encoding:\r\n chunked\r\n`,
      `${length}\0Transfer-Encoding: chunked\r\n`,
      `${length}Connection: Content-Length\r\n`,
      `${length}Expect: 100-continue\r\n${chunked}`,
    ];
    const bodies = [`0\r\n\r\n${HIDDEN}`, HIDDEN, `0;a=b\n\n${HIDDEN}`, `${HIDDEN.length.toString(16)}\r\n${HIDDEN}\r\n0\r\n\r\n`];
    const requests = ["POST", "GET"].flatMap((method) =>
      heads.flatMap((head) => bodies.map((body) => `${method} / HTTP/1.1\r\nHost: a.test\r\n${head}\r\n${body}`)),
    );
    const answers = await Promise.all(requests.map((request) => world.said(`${request}${LAST}`)));
    // Some are seen as the requests that they are, and meet the rule; some reach the target, with what is hidden as their body.
    expect(answers.filter((answer) => answer.includes("HTTP/1.1 403 ")).length).toBeGreaterThan(3);
    expect(world.seen.length).toBeGreaterThan(20);
    expect(world.seen.filter((path) => path !== "/")).toEqual([]);
    expect(await isServed(world)).toBe(true);
  },
);

test("a head that is too long is refused with 400, however it is, and one that is not is served", async () => {
  await using world = await hostileWorld();
  const status = async (head: string): Promise<string> => (await world.said(`${head}Connection: close\r\n\r\n`)).slice(9, 12);
  expect(await status(`${GET}X-Long: ${"a".repeat(14_000)}\r\n`)).toBe("200");
  expect(await status(`${GET}X-Long: ${"a".repeat(70_000)}\r\n`)).toBe("400");
  expect(await status(`GET /${"a".repeat(70_000)} HTTP/1.1\r\nHost: a.test\r\n`)).toBe("400");
  expect(await status(`${GET}${"X-Some: a\r\n".repeat(7000)}`)).toBe("400");
  expect(await status(`${GET}${"A:\r\n".repeat(2000)}`)).toBe("400");
  expect(world.seen).toEqual(["/"]);
  expect(await isServed(world)).toBe(true);
});

test("clients that are slow have as long as an idle one and no longer, and nobody waits for them", async () => {
  await using world = await hostileWorld({ idleTimeout: 2 });
  const began = performance.now();
  const slow = Array.from({ length: 200 }, async () => {
    const socket = world.open();
    let text = "";
    socket.on("data", (chunk: Buffer) => (text += String(chunk))).on("end", () => socket.end());
    socket.write(GET);
    // A word now and then: what counts is the whole head.
    const drip = setInterval(() => socket.write("X: a\r\n"), 100);
    if (!socket.closed) await new Promise((closed) => socket.on("close", closed));
    clearInterval(drip);
    return text;
  });
  expect(await isServed(world)).toBe(true);
  expect(performance.now() - began).toBeLessThan(1500);
  const answers = await Promise.all(slow);
  expect(performance.now() - began).toBeLessThan(8000);
  for (const answer of answers) expect(answer).toMatch(/^(HTTP\/1\.1 408 |$)/);
  expect(answers.some((answer) => answer !== "")).toBe(true);
  expect(world.seen).toEqual(["/"]);
});

test("who closes one half of a connection is answered for what is whole, and what is not reaches no target", async () => {
  await using world = await hostileWorld();
  expect(await world.said(`${GET}\r\n`, true)).toMatch(/^HTTP\/1\.1 200 [^]*welcome$/);
  expect(world.seen).toEqual(["/"]);
  for (const part of ["", "GET", "GET / HTTP/1.1\r\n", GET, `${GET}X`])
    expect(await world.said(part, true)).toMatch(/^(HTTP\/1\.1 400 |$)/);
  expect(world.seen).toEqual(["/"]);
  expect(await world.said("POST / HTTP/1.1\r\nHost: a.test\r\nContent-Length: 10\r\n\r\n12345", true)).not.toMatch(/^HTTP\/1\.1 5/);
  expect(await isServed(world)).toBe(true);
});
