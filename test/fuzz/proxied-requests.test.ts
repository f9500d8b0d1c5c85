import fc from "fast-check";
import { expect, test } from "vitest";
import { FORBIDDEN, hostileWorld } from "../e2e/hostile-world.ts";
import { FUZZ_RUNS, FUZZ_TIMEOUT_MS } from "./runs.ts";

// A rule keeps a path from a target. Whatever octets come, the target sees no request for it: none hides in another one.

const HIDDEN = `GET ${FORBIDDEN} HTTP/1.1\r\nHost: a.test\r\n\r\n`;
const word = fc.constantFrom(
  ...["GET / HTTP/1.1\r\n", "POST / HTTP/1.1\r\n", "POST / HTTP/1.0\r\n", "Host: a.test\r\n", "Content-Length: ", "Content-Length:"],
  ...[
    "Transfer-Encoding: ",
    "Transfer-Encoding:",
    "chunked",
    "identity",
    "gzip, chunked",
    "Connection: ",
    "keep-alive",
    "close",
    "Upgrade: h2c",
  ],
  ...[
    "Expect: 100-continue\r\n",
    "\r\n",
    "\n",
    "\r",
    " ",
    "\t",
    "\0",
    "\x0b",
    ",",
    ";",
    ":",
    "0",
    "1",
    "5",
    "2b",
    "+",
    "-",
    "0\r\n\r\n",
    HIDDEN,
  ],
  ...[
    "Content-Length: 0\r\n",
    `Content-Length: ${HIDDEN.length}\r\n`,
    "Transfer-Encoding: chunked\r\n",
    `${HIDDEN.length.toString(16)}\r\n`,
  ],
);
const octets = fc.array(fc.oneof({ weight: 12, arbitrary: word }, fc.string({ unit: "binary-ascii", maxLength: 5 })), { maxLength: 16 });
/** Some begin as requests do: most others end with their first line. */
const begun = fc.tuple(fc.constantFrom("", "POST / HTTP/1.1\r\nHost: a.test\r\n", "GET / HTTP/1.1\r\nHost: a.test\r\n"), octets);

test(
  "a target sees no request that a rule would have kept from it",
  async () => {
    await using world = await hostileWorld();
    await fc.assert(
      fc.asyncProperty(begun, fc.boolean(), async ([head, words], ends) => {
        await world.said(`${head}${words.join("")}${ends ? `\r\n\r\n${HIDDEN}` : ""}`, true);
        expect(world.seen.filter((path) => path.startsWith(FORBIDDEN))).toEqual([]);
      }),
      { numRuns: FUZZ_RUNS },
    );
    expect(await world.said("GET / HTTP/1.1\r\nHost: a.test\r\nConnection: close\r\n\r\n")).toMatch(/welcome$/);
  },
  FUZZ_TIMEOUT_MS,
);
