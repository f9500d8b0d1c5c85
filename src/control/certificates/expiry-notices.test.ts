import { beforeAll, expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { acmAccounts, certificates } from "../../state/acm.ts";
import { readCertificate, type CertificateFacts } from "../../state/certificate-facts.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { madeCertificate } from "../../testing/certificates.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { expiryNotices } from "./expiry-notices.ts";

const DAY = 86_400_000;
const START = 1_700_000_000_000;
const at = { account: "123456789012", region: "us-east-1" };
let facts: CertificateFacts;

beforeAll(async () => {
  const { pem } = await madeCertificate({ commonName: "a.test", notBefore: new Date(START), notAfter: new Date(START + 60 * DAY) });
  facts = await readCertificate(pem);
});

function world() {
  const clock = new ManualClock(START);
  const state = new JournaledState(memoryJournal());
  const told: unknown[] = [];
  const logger = {
    info: () => undefined,
    warn: (_text: string, fields?: Readonly<Record<string, unknown>>) => void told.push(fields?.["days"]),
    error: (text: string) => expect.unreachable(text),
  };
  const body = { certificatePem: "", sealedKey: "", facts };
  state.commit(() =>
    state.table(certificates).put({ ...at, arn: "a", type: "IMPORTED", status: "ISSUED", body, tags: [], createdAt: START }),
  );
  const days = (daysBeforeExpiry: number): void =>
    state.commit(() => void state.table(acmAccounts).put({ ...at, daysBeforeExpiry, idempotencyToken: "t", putAt: 0 }));
  return { clock, state, body, told, days, start: () => expiryNotices({ state, clock, logger }) };
}

test("a certificate's end is told of every day from forty-five days before, and not after it", async () => {
  const { clock, told, start } = world();
  await using _loop = start();
  await clock.pass(15 * DAY - 1);
  expect(told).toEqual([]);
  await clock.pass(1);
  expect(told).toEqual([45]);
  await clock.pass(100 * DAY);
  expect(told).toEqual(Array.from({ length: 45 }, (_, day) => 45 - day));
});

test("an account says from when on; what changes besides is not told of again", async () => {
  const { clock, state, body, told, days, start } = world();
  await using _loop = start();
  days(2);
  await clock.pass(58 * DAY);
  expect(told).toEqual([2]);
  state.commit(() => state.table(certificates).update("a", (one) => ({ ...one, body: { ...body, chainPem: "" } })));
  await clock.pass(0);
  expect(told).toEqual([2]);
  days(50);
  await clock.pass(DAY);
  expect(told).toEqual([2, 1]);
});
