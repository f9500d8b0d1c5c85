import { createECDH, ECDH, type KeyObject } from "node:crypto";

// Node signs messages, not digests. Points are multiplied by OpenSSL (as ECDH does it); only sums of two points and the arithmetic
// modulo the order are made here. Source: FIPS 186-5, 6.4; SEC 1, 4.1.

interface Curve {
  readonly name: string;
  /** The field's prime, the coefficient a, the order of the base point. */
  readonly p: bigint;
  readonly a: bigint;
  readonly n: bigint;
  readonly bytes: number;
}

/** Source: SEC 2, "Recommended Elliptic Curve Domain Parameters". */
const CURVES: Readonly<Record<string, Curve>> = Object.fromEntries(
  [
    curve(
      "prime256v1",
      2n ** 256n - 2n ** 224n + 2n ** 192n + 2n ** 96n - 1n,
      0xffffffff00000000ffffffffffffffffbce6faada7179e84f3b9cac2fc632551n,
    ),
    curve(
      "secp384r1",
      2n ** 384n - 2n ** 128n - 2n ** 96n + 2n ** 32n - 1n,
      0xffffffffffffffffffffffffffffffffffffffffffffffffc7634d81f4372ddf581a0db248b0a77aecec196accc52973n,
    ),
    curve(
      "secp521r1",
      2n ** 521n - 1n,
      0x01fffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffa51868783bf2f966b7fcc0148f709a5d03bb5c9b8899c47aebb6fb71e91386409n,
    ),
    curve("secp256k1", 2n ** 256n - 2n ** 32n - 977n, 0xfffffffffffffffffffffffffffffffebaaedce6af48a03bbfd25e8cd0364141n, 0n),
  ].map((one) => [one.name, one]),
);

function curve(name: string, p: bigint, n: bigint, a = p - 3n): Curve {
  return { name, p, n, a, bytes: Math.ceil(n.toString(2).length / 8) };
}

interface Point {
  readonly x: bigint;
  readonly y: bigint;
}

/** Signs a digest that was made elsewhere; the signature is DER, as X9.62 has it. */
export function signEcdsa(key: KeyObject, digest: Uint8Array): Buffer {
  const on = curveOf(key);
  const secret = fromBase64Url(key.export({ format: "jwk" }).d);
  const z = digestNumber(on, digest);
  for (;;) {
    const { scalar: k, point } = randomMultiple(on);
    const r = point.x % on.n;
    // Blinded: the inversion, whose time depends on its argument, never sees the nonce itself, nor a product the bare secret.
    const { scalar: blind } = randomMultiple(on);
    const s = (inverse(k * blind, on.n) * (blind * z + ((blind * r) % on.n) * secret)) % on.n;
    if (r !== 0n && s !== 0n) return writeDer(r, s);
  }
}

export function verifyEcdsa(key: KeyObject, digest: Uint8Array, signature: Uint8Array): boolean {
  const on = curveOf(key);
  const read = readDer(Buffer.from(signature));
  if (!read || [read.r, read.s].some((part) => part < 1n || part >= on.n)) return false;
  const jwk = key.export({ format: "jwk" });
  const own = { x: fromBase64Url(jwk.x), y: fromBase64Url(jwk.y) };
  const w = inverse(read.s, on.n);
  const sum = add(on, base(on, (digestNumber(on, digest) * w) % on.n), times(on, (read.r * w) % on.n, own));
  return sum !== undefined && sum.x % on.n === read.r;
}

function curveOf({ asymmetricKeyDetails }: KeyObject): Curve {
  const found = CURVES[asymmetricKeyDetails?.namedCurve ?? ""];
  if (!found) throw new Error(`no curve ${asymmetricKeyDetails?.namedCurve} here`);
  return found;
}

/** The leftmost bits of a digest, as many as the order has. */
function digestNumber({ n }: Curve, digest: Uint8Array): bigint {
  const surplus = digest.length * 8 - n.toString(2).length;
  const number = BigInt(`0x${Buffer.from(digest).toString("hex")}`);
  return surplus > 0 ? number >> BigInt(surplus) : number;
}

function randomMultiple(on: Curve): { readonly scalar: bigint; readonly point: Point } {
  const ecdh = createECDH(on.name);
  ecdh.generateKeys();
  return { scalar: BigInt(`0x${ecdh.getPrivateKey("hex")}`), point: readPoint(on, ecdh.getPublicKey()) };
}

/** A multiple of the base point; `undefined` is the point at infinity, here and below. */
function base(on: Curve, scalar: bigint): Point | undefined {
  if (scalar === 0n) return undefined;
  const ecdh = createECDH(on.name);
  ecdh.setPrivateKey(toBytes(on, scalar));
  return readPoint(on, ecdh.getPublicKey());
}

/** A multiple of another point. ECDH tells only its x: which of the two y it has, the next multiple tells. */
function times(on: Curve, scalar: bigint, point: Point): Point | undefined {
  if (scalar === 0n) return undefined;
  const opposite = (of: Point): Point => ({ x: of.x, y: on.p - of.y });
  if (scalar === on.n - 1n) return opposite(point);
  const one = withX(on, agreed(on, scalar, point));
  return add(on, one, point)?.x === BigInt(`0x${agreed(on, scalar + 1n, point).toString("hex")}`) ? one : opposite(one);
}

function agreed(on: Curve, scalar: bigint, point: Point): Buffer {
  const ecdh = createECDH(on.name);
  ecdh.setPrivateKey(toBytes(on, scalar));
  return ecdh.computeSecret(Buffer.concat([Buffer.from([4]), toBytes(on, point.x), toBytes(on, point.y)]));
}

function withX(on: Curve, x: Buffer): Point {
  const whole = ECDH.convertKey(Buffer.concat([Buffer.from([2]), x]), on.name, undefined, undefined, "uncompressed");
  return readPoint(on, whole as Buffer);
}

function add({ p, a }: Curve, one: Point | undefined, other: Point | undefined): Point | undefined {
  if (!one || !other) return one ?? other;
  if (one.x === other.x && (one.y + other.y) % p === 0n) return undefined;
  const slope =
    one.x === other.x ? (3n * one.x * one.x + a) * inverse(2n * one.y, p) : (other.y - one.y) * inverse(modulo(other.x - one.x, p), p);
  const x = modulo(slope * slope - one.x - other.x, p);
  return { x, y: modulo(slope * (one.x - x) - one.y, p) };
}

function modulo(value: bigint, by: bigint): bigint {
  const rest = value % by;
  return rest < 0n ? rest + by : rest;
}

/** Euclid's extended algorithm; `value` and `by` have no common divisor. */
function inverse(value: bigint, by: bigint): bigint {
  let [rest, next] = [by, modulo(value, by)];
  let [factor, nextFactor] = [0n, 1n];
  while (next !== 0n) {
    const quotient = rest / next;
    [rest, next] = [next, rest - quotient * next];
    [factor, nextFactor] = [nextFactor, factor - quotient * nextFactor];
  }
  return modulo(factor, by);
}

function readPoint({ bytes }: Curve, encoded: Buffer): Point {
  const part = (from: number): bigint => BigInt(`0x${encoded.subarray(from, from + bytes).toString("hex")}`);
  return { x: part(1), y: part(1 + bytes) };
}

function toBytes({ bytes }: Curve, value: bigint): Buffer {
  return Buffer.from(value.toString(16).padStart(bytes * 2, "0"), "hex");
}

function fromBase64Url(text: string | undefined): bigint {
  return BigInt(`0x${Buffer.from(text ?? "", "base64url").toString("hex")}`);
}

function writeDer(r: bigint, s: bigint): Buffer {
  const integers = Buffer.concat([r, s].map(writeInteger));
  return Buffer.concat([Buffer.from([0x30]), writeLength(integers.length), integers]);
}

function writeInteger(value: bigint): Buffer {
  const hex = value.toString(16);
  const bytes = Buffer.from(hex.padStart(hex.length + (hex.length % 2), "0"), "hex");
  const positive = ((bytes[0] ?? 0) & 0x80) === 0 ? bytes : Buffer.concat([Buffer.alloc(1), bytes]);
  return Buffer.concat([Buffer.from([0x02]), writeLength(positive.length), positive]);
}

function writeLength(length: number): Buffer {
  return length < 0x80 ? Buffer.from([length]) : Buffer.from([0x81, length]);
}

/** Strict: whatever would be written otherwise is no signature. */
function readDer(signature: Buffer): { readonly r: bigint; readonly s: bigint } | undefined {
  const hex = signature.toString("hex");
  const numbers: bigint[] = [];
  let at = signature[1] === 0x81 ? 3 : 2;
  while (at < signature.length && numbers.length < 2) {
    const length = signature[at + 1] ?? 0;
    const digits = hex.slice((at + 2) * 2, (at + 2 + length) * 2);
    if (digits === "") return undefined;
    numbers.push(BigInt(`0x${digits}`));
    at += 2 + length;
  }
  const [r, s] = numbers;
  return r !== undefined && s !== undefined && writeDer(r, s).equals(signature) ? { r, s } : undefined;
}
