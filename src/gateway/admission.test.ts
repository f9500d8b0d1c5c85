import { describe, expect, test } from "vitest";
import { wireRequest } from "../testing/wire-request.ts";
import { LARGEST_UNSIGNED_BODY, receive } from "./admission.ts";
import { BodyTooLargeError, LARGEST_BODY } from "./body.ts";
import { UNREAD, type ArrivingRequest, type WireBody } from "./protocols/protocol.ts";
import type { HeadCheck } from "./sigv4.ts";

const BODY: WireBody = { body: Buffer.from("Action=A"), bodyHash: "hash" };
const SIGNED: HeadCheck = { claim: {} as never };
const STRANGER: HeadCheck = { refusal: { kind: "missing" } };

/** A request that is on its way, and what is done with it, in turn. */
function arriving(headers: Readonly<Record<string, string>> = {}) {
  const steps: string[] = [];
  const { body: _body, bodyHash: _hash, ...head } = wireRequest({ lines: Object.entries(headers).flat() });
  const request: ArrivingRequest = {
    ...head,
    readBody: (largest) => {
      steps.push(`read ${largest}`);
      return Promise.resolve(BODY);
    },
    known: () => void steps.push("known"),
    turn: () => {
      steps.push("turn");
      return Promise.resolve();
    },
  };
  return { request, steps, head };
}

describe("of who says who it is", () => {
  test("the whole body is read, without waiting for a turn", async () => {
    const { request, steps, head } = arriving({ "x-amz-target": "A.B" });
    expect(await receive(request, SIGNED)).toEqual({ ...head, ...BODY });
    expect(steps).toEqual([`read ${LARGEST_BODY}`]);
  });

  test("a body that is too large is refused", async () => {
    const { request } = arriving();
    await expect(receive({ ...request, readBody: () => Promise.resolve(undefined) }, SIGNED)).rejects.toThrow(BodyTooLargeError);
  });

  test("it is known how it came", async () => {
    const tls = { version: "TLSv1.3", cipher: "TLS_AES_128_GCM_SHA256" };
    const { request } = arriving();
    expect(await receive({ ...request, secure: true, tls }, SIGNED)).toMatchObject({ secure: true, tls });
    expect(await receive(request, SIGNED)).not.toHaveProperty("tls");
  });
});

describe("of a stranger, after a turn,", () => {
  const read = ["turn", `read ${LARGEST_UNSIGNED_BODY}`];
  test.each<[string, Record<string, string>, readonly string[]]>([
    ["a form is read", { "content-type": "application/x-www-form-urlencoded" }, read],
    ["a form of a character set is read", { "content-type": "Application/X-WWW-Form-URLEncoded ; charset=utf-8" }, read],
    ["what has no type is read", {}, read],
    ["what has an empty type is read", { "content-type": "" }, read],
    ["what has a type of white space is read", { "content-type": " " }, read],
    ["JSON is not read", { "content-type": "application/json" }, ["turn"]],
    ["what has a target is not read", { "x-amz-target": "A.B", "content-type": "application/x-www-form-urlencoded" }, ["turn"]],
    ["what has an empty target is not read", { "x-amz-target": "" }, ["turn"]],
  ])("%s", async (_, headers, expected) => {
    const { request, steps, head } = arriving(headers);
    expect(await receive(request, STRANGER)).toEqual({ ...head, ...(expected === read ? BODY : UNREAD) });
    expect(steps).toEqual(expected);
  });

  test("a body that is too large counts as none", async () => {
    const { request, head } = arriving();
    expect(await receive({ ...request, readBody: () => Promise.resolve(undefined) }, STRANGER)).toEqual({ ...head, ...UNREAD });
  });

  test("that does not come, nothing is read", async () => {
    const { request, steps } = arriving();
    await expect(receive({ ...request, turn: () => Promise.reject(new Error("gone")) }, STRANGER)).rejects.toThrow("gone");
    expect(steps).toEqual([]);
  });
});

test("as much as the largest request that needs no signature may have", () => {
  expect(LARGEST_UNSIGNED_BODY).toBe(131_072);
});
