import { createHash, createPrivateKey, generateKeyPairSync, sign, verify, constants } from "node:crypto";
import fc from "fast-check";
import { describe, expect, test } from "vitest";
import { signEcdsa, verifyEcdsa } from "./ecdsa-digest.ts";
import { signPkcs1, signPss, verifyPkcs1, verifyPss } from "./rsa-digest.ts";

const HASHES = ["sha256", "sha384", "sha512"] as const;
const digestOf = (hash: string, message: Uint8Array): Buffer => createHash(hash).update(message).digest();
const message = fc.uint8Array({ minLength: 1, maxLength: 60 });

describe.each([
  ["prime256v1", "sha256"],
  ["secp384r1", "sha384"],
  ["secp521r1", "sha512"],
  ["secp256k1", "sha256"],
])("ECDSA over a digest, on %s", (namedCurve, hash) => {
  const { publicKey, privateKey } = generateKeyPairSync("ec", { namedCurve });

  test("OpenSSL accepts what we sign, and we accept what OpenSSL signs", () => {
    fc.assert(
      fc.property(message, (text) => {
        const digest = digestOf(hash, text);
        expect(verify(hash, text, publicKey, signEcdsa(privateKey, digest))).toBe(true);
        expect(verifyEcdsa(publicKey, digest, sign(hash, text, privateKey))).toBe(true);
      }),
      { numRuns: 8 },
    );
  });

  test("a changed digest, signature or key is refused", () => {
    const other = generateKeyPairSync("ec", { namedCurve }).publicKey;
    fc.assert(
      fc.property(message, fc.nat(), fc.integer({ min: 1, max: 255 }), (text, at, mask) => {
        const digest = digestOf(hash, text);
        const signature = sign(hash, text, privateKey);
        const bent = (bytes: Buffer): Buffer => Buffer.from(bytes.map((byte, index) => (index === at % bytes.length ? byte ^ mask : byte)));
        expect(verifyEcdsa(publicKey, bent(digest), signature)).toBe(false);
        expect(verifyEcdsa(publicKey, digest, bent(signature))).toBe(false);
        expect(verifyEcdsa(other, digest, signature)).toBe(false);
      }),
      { numRuns: 8 },
    );
  });

  test("what stands after a signature, or is written in another way, is refused", () => {
    const digest = digestOf(hash, Buffer.from("x"));
    const signature = sign(hash, Buffer.from("x"), privateKey);
    for (const wrong of [Buffer.alloc(0), signature.subarray(0, 1), signature.subarray(0, -1), Buffer.concat([signature, Buffer.alloc(1)])])
      expect(verifyEcdsa(publicKey, digest, wrong)).toBe(false);
  });

  test("the negative of a digest is another digest", () => {
    // A check of x alone that forgets the sign of y takes the one for the other.
    const order = { prime256v1: 0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n }[namedCurve];
    if (order === undefined) return;
    const digest = digestOf(hash, Buffer.from("x"));
    const negative = (order - (BigInt(`0x${digest.toString("hex")}`) % order)).toString(16).padStart(64, "0");
    expect(verifyEcdsa(publicKey, Buffer.from(negative, "hex"), signEcdsa(privateKey, digest))).toBe(false);
  });
});

test("a signature of RFC 6979 (A.2.5, P-256, SHA-256, 'sample') verifies", () => {
  const part = (hex: string): string => Buffer.from(hex, "hex").toString("base64url");
  const jwk = {
    kty: "EC",
    crv: "P-256",
    d: part("C9AFA9D845BA75166B5C215767B1D6934E50C3DB36E89B127B8A622B120F6721"),
    x: part("60FED4BA255A9D31C961EB74C6356D68C049B8923B61FA6CE669622E60F29FB6"),
    y: part("7903FE1008B8BC99A41AE9E95628BC64F2F1B20C2D7E9F5177A3C294D4462299"),
  };
  const r = "EFD48B2AACB6A8FD1140DD9CD45E81D69D2C877B56AAF991C34D0EA84EAF3716";
  const s = "F7CB1C942D657C41D436C7A1B6E29F65F3E900DBB9AFF4064DC4AB2F843ACDA8";
  const der = Buffer.from(`3046022100${r}022100${s}`, "hex");
  expect(verifyEcdsa(createPrivateKey({ key: jwk, format: "jwk" }), digestOf("sha256", Buffer.from("sample")), der)).toBe(true);
});

describe.each(HASHES)("RSA over a digest of %s", (hash) => {
  const { publicKey, privateKey } = generateKeyPairSync("rsa", { modulusLength: 2048 });
  const pss = { padding: constants.RSA_PKCS1_PSS_PADDING, saltLength: constants.RSA_PSS_SALTLEN_DIGEST };

  test("OpenSSL accepts what we sign, and we accept what OpenSSL signs", () => {
    fc.assert(
      fc.property(message, (text) => {
        const digest = digestOf(hash, text);
        expect(signPkcs1(privateKey, hash, digest).equals(sign(hash, text, privateKey))).toBe(true);
        expect(verifyPkcs1(publicKey, hash, digest, sign(hash, text, privateKey))).toBe(true);
        expect(verify(hash, text, { key: publicKey, ...pss }, signPss(privateKey, hash, digest))).toBe(true);
        expect(verifyPss(publicKey, hash, digest, sign(hash, text, { key: privateKey, ...pss }))).toBe(true);
      }),
      { numRuns: 10 },
    );
  });

  test("a changed digest or signature, another hash or padding, and no signature at all are refused", () => {
    const digest = digestOf(hash, Buffer.from("x"));
    const other = digestOf(hash, Buffer.from("y"));
    const [one, two] = [signPkcs1(privateKey, hash, digest), signPss(privateKey, hash, digest)];
    const bent = (bytes: Buffer): Buffer => Buffer.concat([bytes.subarray(0, -1), Buffer.from([(bytes.at(-1) ?? 0) ^ 1])]);
    for (const signature of [bent(one), two, Buffer.alloc(0), Buffer.alloc(256), Buffer.alloc(256, 0xff), one.subarray(1)])
      expect(verifyPkcs1(publicKey, hash, digest, signature)).toBe(false);
    for (const signature of [bent(two), one, Buffer.alloc(0), Buffer.alloc(256), Buffer.alloc(256, 0xff), two.subarray(1)])
      expect(verifyPss(publicKey, hash, digest, signature)).toBe(false);
    expect(verifyPkcs1(publicKey, hash, other, one)).toBe(false);
    expect(verifyPss(publicKey, hash, other, two)).toBe(false);
  });

  test("a signature without the zeros that it begins with is none", () => {
    for (;;) {
      const signature = signPss(privateKey, hash, digestOf(hash, Buffer.from("x")));
      if (signature[0] !== 0) continue;
      expect(verifyPss(publicKey, hash, digestOf(hash, Buffer.from("x")), signature.subarray(1))).toBe(false);
      return;
    }
  });
});
