import { generateKeyPairSync } from "node:crypto";
import { expect, onTestFinished, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import type { KeySet } from "../../ports/key-sets.ts";
import { signingKeys } from "../../state/elb-signing-keys.ts";
import { listeners, rules, type RuleRecord } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { listenerRecord } from "../../testing/balancer-records.ts";
import { ManualClock } from "../../testing/manual-clock.ts";
import { tokensOf } from "../load-balancing/token-view.ts";
import { signingKeyLoop } from "./signing-key-loop.ts";
import { usableKeys } from "./usable-keys.ts";

const ENDPOINT = "https://login.example.com/keys";
const ACTION = { Type: "jwt-validation", JwtValidationConfig: { JwksEndpoint: ENDPOINT, Issuer: "me" } } as const;
const pair = (bits = 2048) => generateKeyPairSync("rsa", { modulusLength: bits });
const jwkOf = ({ publicKey }: ReturnType<typeof pair>, more: object = {}) => ({ ...publicKey.export({ format: "jwk" }), ...more });
const [one, two] = [pair(), pair()];

async function world(answer: () => KeySet) {
  const state = new JournaledState(memoryJournal());
  const clock = new ManualClock();
  const asked: string[] = [];
  const warnings: string[] = [];
  const logger = {
    info: () => undefined,
    warn: (text: string) => void warnings.push(text),
    error: (...told: unknown[]) => expect.unreachable(String(told)),
  };
  const keySets = { fetch: (endpoint: string) => (asked.push(endpoint), Promise.resolve(answer())) };
  const listener = listenerRecord({ defaultActions: [ACTION] });
  state.commit(() => state.table(listeners).put(listener));
  const running = signingKeyLoop({ state, clock, logger, keySets });
  onTestFinished(() => running[Symbol.asyncDispose]());
  await clock.pass(0);
  return { state, clock, asked, warnings, listener, kids: () => tokensOf(state, listener.account, [ACTION])?.keys.map(({ kid }) => kid) };
}

test("the keys of an endpoint are had when an action names it, and anew every five minutes", async () => {
  let keys = [jwkOf(one, { kid: "one" })];
  const at = await world(() => ({ kind: "found", keys }));
  expect([at.asked, at.kids()]).toEqual([[ENDPOINT], ["one"]]);
  keys = [jwkOf(two, { kid: "two" })];
  await at.clock.pass(299_000);
  expect(at.kids()).toEqual(["one"]);
  await at.clock.pass(1000);
  expect(at.kids()).toEqual(["two"]);
  // The same again is the same object: the proxy has nothing to do.
  const before = [...at.state.table(signingKeys).values()][0]?.keys;
  await at.clock.pass(300_000);
  expect([...at.state.table(signingKeys).values()][0]?.keys).toBe(before);
});

test("while an endpoint does not answer, what was had before counts; before, nobody passes", async () => {
  let answer: KeySet = { kind: "failed", detail: "no" };
  const at = await world(() => answer);
  expect([at.kids(), at.warnings.length]).toEqual([[], 1]);
  answer = { kind: "found", keys: [jwkOf(one, { kid: "one" })] };
  await at.clock.pass(30_000);
  expect(at.kids()).toEqual(["one"]);
  answer = { kind: "failed", detail: "no" };
  await at.clock.pass(300_000);
  expect(at.kids()).toEqual(["one"]);
});

test("nobody is asked, and nothing kept, once no action names the endpoint", async () => {
  const at = await world(() => ({ kind: "found", keys: [jwkOf(one)] }));
  const rule = { arn: "rule", listenerArn: at.listener.arn, account: at.listener.account, actions: [ACTION] } as unknown as RuleRecord;
  at.state.commit(() => {
    at.state.table(rules).put(rule);
    at.state.table(listeners).put({ ...at.listener, defaultActions: [] });
  });
  await at.clock.pass(0);
  expect(at.state.table(signingKeys).size).toBe(1);
  at.state.commit(() => at.state.table(rules).delete("rule"));
  await at.clock.pass(600_000);
  expect([at.state.table(signingKeys).size, at.asked.length]).toEqual([0, 1]);
});

test("of a set those keys are taken with which RS256 is checked", () => {
  const good = jwkOf(one, { kid: "good", use: "sig", alg: "RS256" });
  const ec = generateKeyPairSync("ec", { namedCurve: "P-256" }).publicKey.export({ format: "jwk" });
  const published = [
    good,
    jwkOf(one),
    jwkOf(one, { use: "enc" }),
    jwkOf(one, { alg: "RS512" }),
    jwkOf(one, { kid: "a\nb" }),
    jwkOf(pair(1024)),
    { ...ec },
    { kty: "RSA", n: 1 },
    {},
  ];
  expect(usableKeys(published as never).map(({ kid }) => kid)).toEqual(["good", undefined]);
  expect(usableKeys([{ ...one.privateKey.export({ format: "jwk" }) }] as never)[0]?.pem).toMatch(/^-----BEGIN PUBLIC KEY-----/);
});
