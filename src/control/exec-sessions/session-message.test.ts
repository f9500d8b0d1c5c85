import { createHash } from "node:crypto";
import fc from "fast-check";
import { expect, test } from "vitest";
import { decodeMessage, encodeMessage } from "./session-message.ts";

const MESSAGE = {
  ...{ type: "output_stream_data", createdAt: 1_700_000_000_000, sequence: 7, flags: 1 },
  ...{ id: "00112233-4455-6677-8899-aabbccddeeff", payloadType: 1, payload: Buffer.from("hello") },
};

test("a message is laid out as the client reads it", () => {
  const bytes = encodeMessage(MESSAGE);
  expect(bytes.readUInt32BE(0)).toBe(116);
  expect(bytes.toString("latin1", 4, 36)).toBe("output_stream_data".padEnd(32));
  expect(bytes.readUInt32BE(36)).toBe(1);
  expect(bytes.readBigUInt64BE(40)).toBe(1_700_000_000_000n);
  expect(bytes.readBigInt64BE(48)).toBe(7n);
  expect(bytes.readBigUInt64BE(56)).toBe(1n);
  // The less significant half first.
  expect(bytes.toString("hex", 64, 80)).toBe("8899aabbccddeeff0011223344556677");
  expect(bytes.subarray(80, 112)).toEqual(createHash("sha256").update("hello").digest());
  expect([bytes.readUInt32BE(112), bytes.readUInt32BE(116), bytes.toString("utf8", 120)]).toEqual([1, 5, "hello"]);
});

test("what is written is read", () => {
  fc.assert(
    fc.property(
      fc.record({
        type: fc.constantFrom("input_stream_data", "acknowledge", "channel_closed"),
        createdAt: fc.nat(),
        sequence: fc.nat(),
        flags: fc.constantFrom(0, 1, 3),
        id: fc.uuid(),
        payloadType: fc.nat(12),
        payload: fc.uint8Array().map((bytes) => Buffer.from(bytes)),
      }),
      (message) => {
        expect(decodeMessage(encodeMessage(message))).toEqual(message);
      },
    ),
  );
});

test("what is no message is none", () => {
  const bytes = encodeMessage(MESSAGE);
  const changed = (at: number, value: number): Buffer => {
    const copy = Buffer.from(bytes);
    copy[at] = value;
    return copy;
  };
  expect(decodeMessage(bytes.subarray(0, 119))).toBeUndefined();
  // A head that is longer than all of it, or shorter than it must be; another payload than the digest is of; a number that is none.
  for (const wrong of [changed(0, 255), changed(3, 1), changed(120, 0), changed(48, 0x7f)]) expect(decodeMessage(wrong)).toBeUndefined();
  fc.assert(
    fc.property(fc.uint8Array({ maxLength: 300 }), (noise) => {
      expect(decodeMessage(Buffer.from(noise))).toBeUndefined();
    }),
  );
});
