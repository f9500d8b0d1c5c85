import { createPublicKey, verify } from "node:crypto";
import { expect, test } from "vitest";
import { secretBox } from "../../drivers/system/secret-box.ts";
import { openText, sealText } from "./sealing.ts";
import { ClaimsKey } from "./user-claims.ts";

const key = Buffer.alloc(32, 1);

test("what is sealed is opened with the same key alone, and whole", () => {
  const sealed = sealText(key, "a session");
  expect(sealed).not.toBe(sealText(key, "a session"));
  expect(openText(key, sealed)).toBe("a session");
  expect(openText(Buffer.alloc(32, 2), sealed)).toBeUndefined();
  for (let at = 0; at < sealed.length - 1; at += 1) {
    const other = sealed[at] === "A" ? "B" : "A";
    expect(openText(key, sealed.slice(0, at) + other + sealed.slice(at + 1))).toBeUndefined();
  }
  expect(openText(key, "AAAA")).toBeUndefined();
});

test("claims are signed by a key that every start has again, and told about as AWS does", () => {
  const made = new ClaimsKey(secretBox(Buffer.alloc(32, 7)));
  const same = new ClaimsKey(secretBox(Buffer.alloc(32, 7)));
  expect([same.id, same.publicPem]).toEqual([made.id, made.publicPem]);
  expect(new ClaimsKey(secretBox(Buffer.alloc(32, 8))).id).not.toBe(made.id);
  expect(made.id).toMatch(/^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$/);
  const token = made.sign({ sub: "ü?", exp: 1, iss: "me" }, { signer: "arn:lb", issuer: "https://idp.test", client: "shop", until: 1700 });
  const [head = "", body = "", signature = ""] = token.split(".");
  const read = (part: string): unknown => JSON.parse(Buffer.from(part, "base64url").toString());
  expect(read(head)).toEqual({
    typ: "JWT",
    kid: made.id,
    alg: "ES256",
    iss: "https://idp.test",
    client: "shop",
    signer: "arn:lb",
    exp: 1700,
  });
  expect(read(body)).toEqual({ sub: "ü?", exp: 1700, iss: "https://idp.test" });
  expect([head, body, signature].map((part) => part.length % 4)).toEqual([0, 0, 0]);
  const shown = { key: createPublicKey(made.publicPem), dsaEncoding: "ieee-p1363" } as const;
  expect(verify("sha256", Buffer.from(`${head}.${body}`), shown, Buffer.from(signature, "base64url"))).toBe(true);
});
