import { X509Certificate } from "node:crypto";
import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { certificateIssuance } from "../../src/control/certificates/certificate-issuance.ts";
import { resolveOnHost } from "../../src/control/name-resolution/resolve.ts";
import { acmeIssuer } from "../../src/drivers/acme/acme-issuer.ts";
import { dnsServer } from "../../src/drivers/dns/server.ts";
import { memoryJournal } from "../../src/drivers/memory/journal.ts";
import { secretBox } from "../../src/drivers/system/secret-box.ts";
import { certificates, type CertificateRecord } from "../../src/state/acm.ts";
import { listeners, type ListenerRecord } from "../../src/state/elb.ts";
import { insertHostedZone } from "../../src/state/hosted-zones.ts";
import { JournaledState } from "../../src/state/journaled-state.ts";
import { recordSets } from "../../src/state/route53.ts";
import { freePort } from "../../src/testing/airfield-process.ts";
import { ManualClock } from "../../src/testing/manual-clock.ts";
import { pebble, pebbleBinary } from "../../src/testing/pebble.ts";

const binary = await pebbleBinary();
const EXTERNAL = { id: "kid-1", key: Buffer.alloc(48, 7).toString("base64url") };
const at = { account: "123456789012", region: "us-east-1" };
const ARN = "arn:aws:acm:us-east-1:123456789012:certificate/a";

let folder: string;
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), "airfield-renewal-"));
});
afterAll(() => rm(folder, { recursive: true, force: true }));

// Let's Encrypt's test server and our name server; the loop's clock is turned by hand, since nobody waits for two months.
describe.skipIf(binary === undefined)(`an ACME directory${binary === undefined ? " (neither Pebble nor Go is here)" : ""}`, () => {
  test(
    "that wants an account of its own gives a certificate to who has one, and another one before its end",
    { timeout: 60_000 },
    async () => {
      const state = new JournaledState(memoryJournal());
      const clock = new ManualClock(Date.now());
      const resolve = resolveOnHost({ state, chance: () => 0 }, "127.0.0.1");
      await using names = await dnsServer({ addresses: ["127.0.0.1"], port: 0, resolve });
      const [port, managementPort] = [await freePort(), await freePort()];
      const dns = `127.0.0.1:${names.endpoints[0]?.port}`;
      await using authority = await pebble(binary ?? "", { port, managementPort, dns, externalAccounts: { [EXTERNAL.id]: EXTERNAL.key } });
      const { directory, caFile } = authority;
      const errors: unknown[] = [];
      const logger = { info: () => undefined, warn: () => undefined, error: (...words: readonly unknown[]) => void errors.push(words) };

      const order = {
        ...{ names: ["example.com"], keyAlgorithm: "EC_prime256v1" },
        prove: () => Promise.reject(new Error("nothing was asked yet")),
      };
      const stranger = acmeIssuer({ directory, caFile }, join(folder, "stranger"));
      await expect(stranger.issue(order)).rejects.toMatchObject({ name: "IssuerRefusedError" });
      const forger = { ...EXTERNAL, key: Buffer.alloc(48, 8).toString("base64url") };
      const forged = acmeIssuer({ directory, caFile, externalAccount: forger }, join(folder, "forger"));
      await expect(forged.issue(order)).rejects.toMatchObject({ name: "IssuerRefusedError" });

      const one = (): CertificateRecord | undefined => state.table(certificates).get(ARN);
      const until = async (is: (certificate: CertificateRecord | undefined) => boolean): Promise<void> => {
        await expect.poll(() => is(one()), { timeout: 20_000, message: errors.join("\n") }).toBe(true);
      };
      state.commit(() => {
        insertHostedZone(state, { ...{ id: "Z0", account: at.account, name: "example.com.", callerReference: "r", now: 0 } });
        const proof = { recordName: "_x.example.com.", recordValue: "_y.abc.acm-validations.aws." };
        state.table(recordSets).insert({
          ...{ zoneId: "Z0", account: at.account, name: proof.recordName, type: "CNAME", ttl: 60, values: [proof.recordValue] },
        });
        const validation = { domainName: "example.com", validationDomain: "example.com", ...proof, status: "PENDING_VALIDATION" } as const;
        const request = {
          ...{ names: ["example.com"], keyAlgorithm: "EC_prime256v1" as const, validations: [validation] },
          ...({ transparency: "ENABLED", export: "DISABLED" } as const),
        } as const;
        const status = "PENDING_VALIDATION";
        state.table(certificates).insert({ ...at, arn: ARN, type: "AMAZON_ISSUED", status, request, tags: [], createdAt: clock.now() });
        const used = { certificates: [{ certificateArn: ARN, isDefault: true }], loadBalancerArn: "lb", defaultActions: [] };
        state.table(listeners).insert({ ...at, arn: "l", ...used } as unknown as ListenerRecord);
      });
      const certificateIssuer = acmeIssuer({ directory, caFile, externalAccount: EXTERNAL }, join(folder, "certificates"));
      const secrets = secretBox(Buffer.alloc(32, 7));
      await using _loop = certificateIssuance({ state, secrets, clock, logger, certificateIssuer });
      await until((certificate) => certificate?.status === "ISSUED");
      const first = one()?.body;
      if (!first) throw new Error("it has no certificate");

      // Of ninety days, a third is left.
      const due = first.facts.notAfter - (first.facts.notAfter - first.facts.notBefore) / 3;
      await clock.pass(Math.ceil(due - clock.now()) - 1000);
      expect(one()?.renewal).toBeUndefined();
      await clock.pass(2000);
      await until((certificate) => certificate?.renewal?.status === "SUCCESS");
      const [before, after] = [first, one()?.body].map((body) => new X509Certificate(body?.certificatePem ?? ""));
      expect(after?.serialNumber).not.toBe(before?.serialNumber);
      expect([after?.checkHost("example.com"), after?.issuer]).toEqual(["example.com", expect.stringContaining("Pebble Intermediate CA")]);
      expect([one()?.status, errors]).toEqual(["ISSUED", []]);
      expect(
        state
          .table(recordSets)
          .by("zone", "Z0")
          .filter(({ type }) => type === "TXT"),
      ).toEqual([]);
    },
  );
});
