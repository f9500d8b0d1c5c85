import { expect, test } from "vitest";
import { grpcCheckLines } from "./grpc-check.ts";

// What servers of gRPC answer is tried with a real one: `test/e2e/grpc.test.ts`.

/** The names of the status as HPACK may write it. */
const NAME = "(0B677270632D737461747573|889ACAC8B21234DA8F)";

function lines(path: string, codes: string): readonly string[] {
  return grpcCheckLines({ path, matcher: codes }).map((line) =>
    line.replace(/\\x(..)/g, (_, byte: string) => String.fromCharCode(Number.parseInt(byte, 16))),
  );
}

test("a check is a call with an empty message", () => {
  const sent = Buffer.from(/send-binary (\S+)/.exec(lines("/a.B/C", "0").join("\n"))?.[1] ?? "", "hex");
  expect(sent.subarray(0, 24).toString()).toBe("PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n");
  expect(sent.toString("latin1")).toContain("\x04\x06/a.B/C");
  // The last frame: five bytes of data, which end the stream.
  expect(sent.subarray(-14).toString("hex")).toBe("000005000100000001" + "0000000000");
});

test("the length of a long path takes more than a byte", () => {
  const path = `/${"a".repeat(299)}`;
  const sent = /send-binary (\S+)/.exec(lines(path, "0").join("\n"))?.[1];
  // RFC 7541, section 5.1: 300 = 127 + 173, and 173 = 45 + 128 * 1.
  expect(sent).toContain(`047fad01${Buffer.from(path).toString("hex")}`);
});

test("a code that is not wanted is told, and one that is wanted is looked for in both ways to write it", () => {
  const asked = lines("/", "0,2-16");
  expect(asked.filter((line) => line.includes("status-code"))).toEqual([
    `tcp-check expect min-recv 0 error-status L7STS status-code int(1) ! rbinary ${NAME}(0131|810F)`,
  ]);
  expect(asked.at(-1)).toContain(`tcp-check expect min-recv 0 rbinary ${NAME}(0130|8107|0132|8117|`);
  expect(lines("/", "12").at(-1)).toBe(`tcp-check expect min-recv 0 rbinary ${NAME}(023132|8208BF)`);
  expect(lines("/", "0-99").filter((line) => line.includes("status-code"))).toEqual([]);
});
