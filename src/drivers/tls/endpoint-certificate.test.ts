import { X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import type { Clock } from "../../ports/clock.ts";
import type { Logger } from "../../ports/logger.ts";
import { issue, newAuthority, type Credential } from "./certificate-authority.ts";
import { openEndpointCertificate, ownNames } from "./endpoint-certificate.ts";
import { systemClock } from "../system/clock.ts";

const DAY_MS = 86_400_000;
const silent: Logger = { info: () => undefined, warn: () => undefined, error: () => undefined };
let folder: string;

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), "airfield-certificate-"));
});
afterEach(() => rm(folder, { recursive: true, force: true }));

/** A clock whose one timer is rung by hand. */
function ringing(start: number): Clock & { ring(at: number): void; readonly due: number } {
  let now = start;
  let timer: { readonly due: number; readonly run: () => void } | undefined;
  return {
    now: () => now,
    after(ms, run) {
      timer = { due: now + ms, run };
      return { [Symbol.dispose]: () => (timer = undefined) };
    },
    soon: (run: () => void) => systemClock.soon(run),
    ring(at) {
      now = at;
      timer?.run();
    },
    get due() {
      return timer?.due ?? Number.NaN;
    },
  };
}

const own = (hosts: readonly string[]) => ({ kind: "own", folder: join(folder, "tls"), installation: "0a1b2c3d", hosts }) as const;

describe("a certificate of our own", () => {
  test("is for the names and addresses that are asked for, and is kept over a restart", async () => {
    const clock = ringing(Date.now());
    const hosts = [...ownNames(), "127.0.0.1", "192.0.2.7"];
    using first = await openEndpointCertificate(own(hosts), { clock, logger: silent, changed: () => undefined });
    const certificate = new X509Certificate(first.current.certificate);
    expect(certificate.checkHost("localhost")).toBeDefined();
    expect(certificate.checkIP("192.0.2.7")).toBeDefined();
    expect(certificate.checkIP("192.0.2.8")).toBeUndefined();
    const authority = new X509Certificate(await readFile(first.authorityFile ?? ""));
    expect(certificate.verify(authority.publicKey)).toBe(true);
    expect((await stat(join(folder, "tls", "server.pem"))).mode & 0o777).toBe(0o600);
    using second = await openEndpointCertificate(own(hosts), { clock, logger: silent, changed: () => undefined });
    expect(second.current.certificate).toBe(first.current.certificate);
  });

  test("is another one where the addresses are others, of the same authority; a further name needs another authority", async () => {
    const parts = { clock: ringing(Date.now()), logger: silent, changed: () => undefined };
    using first = await openEndpointCertificate(own(["localhost", "127.0.0.1"]), parts);
    const before = await readFile(first.authorityFile ?? "", "utf8");
    using second = await openEndpointCertificate(own(["localhost", "127.0.0.1", "192.0.2.7"]), parts);
    expect(second.current.certificate).not.toBe(first.current.certificate);
    expect(await readFile(first.authorityFile ?? "", "utf8")).toBe(before);
    using third = await openEndpointCertificate(own(["localhost", "airfield.lan"]), parts);
    expect(await readFile(first.authorityFile ?? "", "utf8")).not.toBe(before);
    expect(new X509Certificate(third.current.certificate).checkHost("airfield.lan")).toBeDefined();
  });

  test("is renewed in time", async () => {
    const clock = ringing(Date.now());
    let told: (made: Credential) => void = () => undefined;
    const renewed = new Promise<Credential>((resolve) => (told = resolve));
    using certificate = await openEndpointCertificate(own(["localhost"]), { clock, logger: silent, changed: (made) => told(made) });
    const end = Date.parse(new X509Certificate(certificate.current.certificate).validTo);
    expect(clock.due).toBeLessThan(end - 100 * DAY_MS);
    clock.ring(clock.due);
    expect(Date.parse(new X509Certificate((await renewed).certificate).validTo)).toBeGreaterThan(end);
  });
});

describe("a certificate of the operator's", () => {
  test("is not taken with a key that is not its own, nor without its file", async () => {
    const now = Date.now();
    const authority = await newAuthority({ name: "a", domains: ["localhost"], now });
    const [one, other] = await Promise.all([
      issue(authority, { hosts: ["localhost"], now }),
      issue(authority, { hosts: ["localhost"], now }),
    ]);
    const given = { kind: "given", certificateFile: join(folder, "a.crt"), keyFile: join(folder, "a.key") } as const;
    const parts = { clock: ringing(now), logger: silent, changed: () => undefined };
    await expect(openEndpointCertificate(given, parts)).rejects.toMatchObject({ code: "ENOENT" });
    await writeFile(given.certificateFile, one.certificate);
    await writeFile(given.keyFile, other.key);
    await expect(openEndpointCertificate(given, parts)).rejects.toThrow("key values mismatch");
  });
});
