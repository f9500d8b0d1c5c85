import { expect, test } from "vitest";
import { nextStep, type CertificateStep, type CertificateView } from "./next-step.ts";

const HOUR = 3_600_000;
const DAY = 24 * HOUR;
const life = { notBefore: 0, notAfter: 198 * DAY };
const requested: CertificateView = { status: "PENDING_VALIDATION", now: 0, requestedAt: 0, validated: false, renewable: false };
const issued: CertificateView = { status: "ISSUED", now: 10 * DAY, requestedAt: 0, life, validated: true, renewable: true };
const { validated: _, ...imported } = issued;

test.each<[string, CertificateView, CertificateStep]>([
  ["a request waits for its validation", requested, { kind: "wait-for-validation", at: 72 * HOUR }],
  ["a validated request is issued", { ...requested, validated: true }, { kind: "issue" }],
  ["a request times out after three days", { ...requested, now: 72 * HOUR }, { kind: "time-out" }],
  ["also where it is validated only then", { ...requested, now: 72 * HOUR, validated: true }, { kind: "time-out" }],
  ["one that is used is renewed sixty days before its end", issued, { kind: "wait", at: 138 * DAY }],
  ["not a moment before", { ...issued, now: 138 * DAY - 1 }, { kind: "wait", at: 138 * DAY }],
  ["but then", { ...issued, now: 138 * DAY }, { kind: "renew" }],
  [
    "one that lives for ninety days, thirty days before",
    { ...issued, life: { notBefore: 0, notAfter: 90 * DAY } },
    { kind: "wait", at: 60 * DAY },
  ],
  [
    "one whose record is gone waits for it",
    { ...issued, now: 138 * DAY, validated: false },
    { kind: "wait-for-validation", at: 198 * DAY },
  ],
  ["one that nobody uses just ends", { ...issued, now: 138 * DAY, renewable: false }, { kind: "wait", at: 198 * DAY }],
  ["so does one that was imported", { ...imported, now: 138 * DAY }, { kind: "wait", at: 198 * DAY }],
  ["at its end it has expired, whatever else", { ...issued, now: 198 * DAY }, { kind: "expire" }],
  ["what has expired stays so", { ...issued, status: "EXPIRED", now: 300 * DAY }, { kind: "wait" }],
  ["what has timed out stays so", { ...requested, status: "VALIDATION_TIMED_OUT", validated: true }, { kind: "wait" }],
])("%s", (_name, view, step) => expect(nextStep(view)).toEqual(step));
