import { X509Certificate } from "node:crypto";
import { beforeAll, expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { secretBox } from "../../drivers/system/secret-box.ts";
import { IssuerRefusedError, type CertificateIssuer, type CertificateOrder } from "../../ports/certificate-issuer.ts";
import { certificateMaterial, certificates, type CertificateRecord, type DomainValidationRecord } from "../../state/acm.ts";
import { findRecord } from "../../state/dns-zones.ts";
import { listeners, type ListenerRecord } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { hostedZones, recordSetProtections, recordSets, type HostedZoneRecord } from "../../state/route53.ts";
import { madeCertificate, type MadeCertificate } from "../../testing/certificates.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { certificateIssuance } from "./certificate-issuance.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const START = 1_700_000_000_000;
const ARN = "arn:aws:acm:us-east-1:123456789012:certificate/a";
const at = { account: "123456789012", region: "us-east-1" };

/** Each is for 198 days: that of the request, and that of its renewal. */
let made: readonly [MadeCertificate, MadeCertificate];
beforeAll(async () => {
  const of = (start: number) =>
    madeCertificate({ commonName: "www.example.com", notBefore: new Date(start), notAfter: new Date(start + 198 * DAY) });
  made = await Promise.all([of(START), of(START + 138 * DAY)]);
});

const validation = (domainName: string): DomainValidationRecord => ({
  domainName,
  validationDomain: domainName,
  recordName: `_x.${domainName}.`,
  recordValue: "_y.abc.acm-validations.aws.",
  status: "PENDING_VALIDATION",
});

function world(issuer?: CertificateIssuer) {
  const clock = new ManualClock(START);
  const state = new JournaledState(memoryJournal());
  const secrets = secretBox(Buffer.alloc(32, 7));
  const told: string[] = [];
  const logger = { info: () => undefined, warn: () => undefined, error: (text: string) => void told.push(text) };
  const orders: CertificateOrder[] = [];
  const certificateIssuer: CertificateIssuer = issuer ?? {
    async issue(order) {
      const next = made[Math.min(orders.push(order), 2) - 1] as MadeCertificate;
      return { certificatePem: next.pem, chainPem: next.pem, privateKeyPem: next.keyPem };
    },
  };
  const table = state.table(certificates);
  const one = (): CertificateRecord | undefined => table.get(ARN);
  return {
    ...{ clock, state, secrets, told, orders, one },
    start: () => certificateIssuance({ state, secrets, clock, logger, certificateIssuer }),
    request: (...names: readonly string[]) =>
      state.commit(() => {
        const request = {
          names,
          keyAlgorithm: "RSA_2048",
          validations: names.map(validation),
          transparency: "ENABLED",
          export: "DISABLED",
        } as const;
        table.put({ ...at, arn: ARN, type: "AMAZON_ISSUED", status: "PENDING_VALIDATION", request, tags: [], createdAt: clock.now() });
      }),
    zone: (name: string, id = "Z1", privateZone = false) =>
      state.commit(() => {
        const zone = {
          ...at,
          id,
          name,
          privateZone,
          vpcs: [],
          authorizedVpcs: [],
          nameServers: [id],
          tags: [],
          createdAt: 0,
          callerReference: "r",
        };
        state.table(hostedZones).put(zone satisfies HostedZoneRecord);
      }),
    cname: (name: string, value = "_y.abc.acm-validations.aws.", zoneId = "Z1") =>
      state.commit(() => state.table(recordSets).put({ zoneId, account: at.account, name, type: "CNAME", ttl: 60, values: [value] })),
    drop: (name: string) => state.commit(() => state.table(recordSets).delete(`Z1/${name}/CNAME/`)),
    use: () =>
      state.commit(() => {
        const listener = {
          ...at,
          arn: "l",
          loadBalancerArn: "lb",
          defaultActions: [],
          certificates: [{ certificateArn: ARN, isDefault: true }],
        };
        state.table(listeners).put(listener as unknown as ListenerRecord);
      }),
    /** A request for `example.com`, whose zone has the record that proves it. */
    requestProved(): void {
      this.zone("example.com.");
      this.cname("_x.example.com.");
      this.request("example.com");
    },
    /** Resolves when the certificate is as it should be. */
    until: (is: (certificate: CertificateRecord | undefined) => boolean) =>
      new Promise<void>((resolve) => {
        if (is(one())) return resolve();
        const watching = state.watch(certificates, ({ after }) => {
          if (!is(after)) return;
          watching[Symbol.dispose]();
          resolve();
        });
      }),
  };
}

const issued = (certificate: CertificateRecord | undefined): boolean => certificate?.status === "ISSUED";

test("a request is issued when the last of its names has its record, and its key is sealed", async () => {
  const at = world();
  await using _loop = at.start();
  at.zone("example.com.");
  at.request("www.example.com", "example.com");
  await at.clock.pass(0);
  at.cname("_x.www.example.com.");
  await at.until((certificate) => certificate?.request?.validations[0]?.status === "SUCCESS");
  await at.clock.pass(HOUR);
  expect([at.one()?.status, at.orders.length]).toEqual(["PENDING_VALIDATION", 0]);
  at.cname("_x.example.com.", "_Y.abc.acm-validations.aws");
  await at.until(issued);
  expect(at.orders).toMatchObject([{ names: ["www.example.com", "example.com"], keyAlgorithm: "RSA_2048" }]);
  expect(at.one()?.request?.validations.map(({ status }) => status)).toEqual(["SUCCESS", "SUCCESS"]);
  expect(at.one()).toMatchObject({ issuedAt: START + HOUR, body: { facts: { notAfter: START + 198 * DAY } } });
  expect(JSON.stringify(at.one())).not.toContain("PRIVATE");
  const material = certificateMaterial(at, ARN);
  expect(new X509Certificate(material?.certificatePem ?? "").subject).toBe("CN=www.example.com");
  expect(material?.privateKeyPem).toBe(made[0].keyPem);
});

test.each<[string, (at: ReturnType<typeof world>) => void]>([
  ["no zone", () => undefined],
  ["another value", (at) => (at.zone("example.com."), at.cname("_x.example.com.", "_z.abc.acm-validations.aws."))],
  ["a private zone", (at) => (at.zone("example.com.", "Z1", true), at.cname("_x.example.com."))],
  ["a zone that does not answer for the name", (at) => (at.zone("other.com."), at.cname("_x.example.com."))],
])("%s validates nothing, and the request times out after three days", async (_name, prepare) => {
  const at = world();
  await using _loop = at.start();
  at.request("example.com");
  prepare(at);
  await at.clock.pass(72 * HOUR - 1);
  expect([at.one()?.status, at.orders.length]).toEqual(["PENDING_VALIDATION", 0]);
  await at.clock.pass(1);
  expect([at.one()?.status, at.orders.length]).toEqual(["VALIDATION_TIMED_OUT", 0]);
});

test("a zone that comes after its records' request validates it, also what a restart finds", async () => {
  const at = world();
  at.request("example.com");
  at.cname("_x.example.com.");
  await using _loop = at.start();
  await at.clock.pass(0);
  expect(at.one()?.status).toBe("PENDING_VALIDATION");
  at.zone("example.com.");
  await at.until(issued);
});

test("one that is used is renewed under its ARN sixty days before its end", async () => {
  const at = world();
  await using _loop = at.start();
  at.requestProved();
  await at.until(issued);
  at.use();
  await at.clock.pass(138 * DAY - 1);
  expect([at.orders.length, at.one()?.renewal]).toEqual([1, undefined]);
  await at.clock.pass(1);
  await at.until((certificate) => certificate?.renewal?.status === "SUCCESS");
  expect(at.one()).toMatchObject({ status: "ISSUED", issuedAt: START + 138 * DAY, body: { facts: { notAfter: START + 336 * DAY } } });
  expect(at.one()?.renewal?.updatedAt).toBe(START + 138 * DAY);
});

test("a renewal waits for the record that somebody took away, and ends with the certificate otherwise", async () => {
  const at = world();
  await using _loop = at.start();
  at.requestProved();
  at.use();
  await at.until(issued);
  at.drop("_x.example.com.");
  await at.clock.pass(150 * DAY);
  expect(at.one()?.renewal).toMatchObject({ status: "PENDING_VALIDATION", validations: [{ status: "PENDING_VALIDATION" }] });
  expect(at.one()?.status).toBe("ISSUED");
  at.cname("_x.example.com.");
  await at.until((certificate) => certificate?.renewal?.status === "SUCCESS");
  at.drop("_x.example.com.");
  await at.clock.pass(400 * DAY);
  expect([at.one()?.status, at.orders.length]).toEqual(["EXPIRED", 2]);
});

test("one that nobody uses just expires; used in its last days, it is renewed at once", async () => {
  const at = world();
  await using _loop = at.start();
  at.requestProved();
  await at.until(issued);
  await at.clock.pass(190 * DAY);
  expect(at.orders.length).toBe(1);
  at.use();
  await at.until((certificate) => certificate?.renewal?.status === "SUCCESS");
});

test("an authority that refuses is asked again after an hour, and not because something else changed; one that fails, soon", async () => {
  let answer: () => Error = () => new IssuerRefusedError("no");
  let asked = 0;
  const at = world({ issue: () => (asked++, Promise.reject(answer())) });
  await using _loop = at.start();
  at.requestProved();
  await at.clock.pass(0);
  expect([asked, at.told]).toEqual([1, ["the authority refused a certificate"]]);
  expect(at.one()?.request?.validations[0]?.status).toBe("PENDING_VALIDATION");
  at.state.commit(() => at.state.table(certificates).update(ARN, (one) => ({ ...one, tags: [{ Key: "a" }] })));
  await at.clock.pass(HOUR - 1);
  expect(asked).toBe(1);
  answer = () => new Error("connection refused");
  await at.clock.pass(1);
  expect(asked).toBe(2);
  await at.clock.pass(60_000);
  expect(asked).toBeGreaterThan(3);
  expect(at.one()).toMatchObject({ status: "PENDING_VALIDATION", tags: [{ Key: "a" }] });
});

test("what an authority is to find is in the zone beside what is there, as long as it looks", async () => {
  const seen: (readonly string[])[] = [];
  const at = world({
    async issue({ prove }) {
      const name = "_acme-challenge.example.com";
      const both = [await prove({ name, value: "one" }), await prove({ name, value: "two" })];
      seen.push(findRecord(at.state, name, "TXT"));
      for (const proof of both) {
        await proof[Symbol.asyncDispose]();
        seen.push(findRecord(at.state, name, "TXT"));
      }
      await prove({ name: "_acme-challenge.elsewhere.net", value: "x" });
      throw new Error("it was proved where no zone is");
    },
  });
  await using _loop = at.start();
  at.requestProved();
  await at.clock.pass(0);
  expect(seen).toEqual([['"one"', '"two"'], ['"two"'], []]);
  expect(at.told).toEqual(["the authority refused a certificate"]);
});

test("what nobody may change stays as it is: no proof is put there", async () => {
  const name = "_acme-challenge.example.com";
  const at = world({
    async issue({ prove }) {
      await prove({ name, value: "one" });
      throw new Error("it was proved where nobody may");
    },
  });
  await using _loop = at.start();
  at.state.commit(() => {
    at.requestProved();
    const [zone] = [...at.state.table(hostedZones).values()];
    const { id: zoneId = "", account = "" } = zone ?? {};
    at.state.table(recordSetProtections).put({ zoneId, account, name: `${name}.`, type: "TXT" });
  });
  await at.clock.pass(0);
  expect([findRecord(at.state, name, "TXT"), at.told]).toEqual([[], ["the authority refused a certificate"]]);
});

test("a certificate that was deleted while it was made stays deleted", async () => {
  let answer = (): void => undefined;
  const at = world({
    issue: () =>
      new Promise((resolve) => {
        answer = () => resolve({ certificatePem: made[0].pem, chainPem: made[0].pem, privateKeyPem: made[0].keyPem });
      }),
  });
  await using _loop = at.start();
  at.requestProved();
  await at.clock.pass(0);
  at.state.commit(() => at.state.table(certificates).delete(ARN));
  answer();
  await at.clock.pass(HOUR);
  expect(at.one()).toBeUndefined();
});
