import { createPrivateKey, X509Certificate } from "node:crypto";
import { mkdtemp, readFile, rm, stat } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterEach, beforeEach, expect, test } from "vitest";
import type { CertificateOrder } from "../../ports/certificate-issuer.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { authorityFile, ownIssuer } from "./own-issuer.ts";

const DAY = 86_400_000;
let data: string;
beforeEach(async () => {
  data = await mkdtemp(join(tmpdir(), "airfield-issuer-"));
});
afterEach(() => rm(data, { recursive: true, force: true }));

const order = (keyAlgorithm: string, ...names: readonly string[]): CertificateOrder => ({
  names,
  keyAlgorithm,
  prove: () => Promise.reject(new Error("our own authority asks for no proof")),
});

test.each(["RSA_2048", "EC_prime256v1", "EC_secp384r1"])(
  "a certificate with a key of %s is for all its names, under the authority",
  async (key) => {
    const clock = new ManualClock(Date.now());
    const place = { folder: join(data, "certificates"), installation: "0a1b2c3d" };
    const issuer = ownIssuer(place, clock);
    const made = await issuer.issue(order(key, "shop.example.com", "*.example.com", `${"a".repeat(63)}.example.com`));
    const [certificate, authority] = [new X509Certificate(made.certificatePem), new X509Certificate(made.chainPem)];
    expect([certificate.checkIssued(authority), certificate.verify(authority.publicKey)]).toEqual([true, true]);
    expect(certificate.checkPrivateKey(createPrivateKey(made.privateKeyPem))).toBe(true);
    expect(certificate.subject).toBe("CN=shop.example.com");
    for (const host of ["shop.example.com", "b.example.com", `${"a".repeat(63)}.example.com`])
      expect(certificate.checkHost(host)).toBeDefined();
    expect(certificate.checkHost("shop.example.org")).toBeUndefined();
    expect(Math.round((Date.parse(certificate.validTo) - clock.now()) / DAY)).toBe(197);
    expect(await readFile(authorityFile(place.folder), "utf8")).toBe(made.chainPem);
    expect((await stat(join(place.folder, "ca.pem"))).mode & 0o777).toBe(0o600);
  },
);

test("orders that come together, and later ones, have the same authority", async () => {
  const clock = new ManualClock(Date.now());
  const place = { folder: join(data, "certificates"), installation: "0a1b2c3d" };
  const issue = (issuer: ReturnType<typeof ownIssuer>) => issuer.issue(order("EC_prime256v1", "a.example.com"));
  const issuer = ownIssuer(place, clock);
  const made = await Promise.all(Array.from({ length: 4 }, () => issue(issuer)));
  const later = await issue(ownIssuer(place, clock));
  expect(new Set([...made, later].map(({ chainPem }) => chainPem)).size).toBe(1);
});

test("another kind of key is refused", async () => {
  const issuer = ownIssuer({ folder: join(data, "certificates"), installation: "0a1b2c3d" }, new ManualClock());
  await expect(issuer.issue(order("RSA_4096", "a.example.com"))).rejects.toMatchObject({ name: "IssuerRefusedError" });
});
