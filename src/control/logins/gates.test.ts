import type { Action } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { memoryJournal } from "../../drivers/memory/journal.ts";
import { secretBox } from "../../drivers/system/secret-box.ts";
import { listeners, rules, type ListenerRecord, type RuleRecord } from "../../state/elb.ts";
import { JournaledState } from "../../state/journaled-state.ts";
import { gateOf, Gates, loginOf } from "./gates.ts";

const secrets = secretBox(Buffer.alloc(32, 7));
const config = {
  Issuer: "https://idp.test",
  AuthorizationEndpoint: "https://idp.test/auth",
  TokenEndpoint: "https://idp.test/token",
  UserInfoEndpoint: "https://idp.test/me",
  ClientId: "shop",
  ClientSecret: "sealed",
  SessionCookieName: "Session",
  Scope: "openid",
  SessionTimeout: 60,
};
const place = { arn: "arn:listener/1", loadBalancerArn: "arn:lb" };
const END: Action = { Type: "fixed-response" };
const actions = (more: object = {}): readonly Action[] => [
  { Type: "authenticate-oidc", AuthenticateOidcConfig: { ...config, ...more } },
  END,
];

test("actions without a login let everybody through", () => {
  expect(loginOf(secrets)(place, [END])).toBeUndefined();
});

test("what becomes of those without a session, and the client's secret, leave the gate and its key as they are", () => {
  const login = loginOf(secrets)(place, actions());
  expect(login).toMatchObject({ cookie: "Session", otherwise: "authenticate" });
  expect(loginOf(secrets)(place, actions({ OnUnauthenticatedRequest: "deny", ClientSecret: "other" }))).toEqual({
    ...login,
    otherwise: "deny",
  });
});

test.each<[string, typeof place, object]>([
  ["another listener", { ...place, arn: "arn:listener/2" }, {}],
  ["another issuer", place, { Issuer: "https://other.test" }],
  ["another endpoint", place, { UserInfoEndpoint: "https://idp.test/other" }],
  ["another client", place, { ClientId: "other" }],
  ["another scope", place, { Scope: "openid email" }],
  ["another time", place, { SessionTimeout: 61 }],
])("%s is another gate, whose key opens other sessions", (_, at, more) => {
  const [one, other] = [loginOf(secrets)(place, actions()), loginOf(secrets)(at, actions(more))];
  expect(other?.gate).not.toBe(one?.gate);
  expect(other?.key).not.toBe(one?.key);
});

test("gates come and go with listeners and rules", async () => {
  const state = new JournaledState(memoryJournal());
  using gates = new Gates(state);
  const ofListener = gateOf(place, config);
  const ofRule = gateOf(place, { ...config, ClientId: "other" });
  expect(gates.find(ofListener.id)).toBeUndefined();
  const listener = { ...place, certificates: [], defaultActions: actions() } as unknown as ListenerRecord;
  const rule = { arn: "arn:rule", listenerArn: place.arn, loadBalancerArn: "arn:lb", actions: actions({ ClientId: "other" }) };
  state.commit(() => state.table(listeners).put(listener));
  await expect.poll(() => [gates.find(ofListener.id), gates.find(ofRule.id)]).toEqual([ofListener, undefined]);
  state.commit(() => state.table(rules).put(rule as unknown as RuleRecord));
  await expect.poll(() => gates.find(ofRule.id)).toEqual(ofRule);
  state.commit(() => state.table(rules).delete("arn:rule"));
  await expect.poll(() => [gates.find(ofListener.id), gates.find(ofRule.id)]).toEqual([ofListener, undefined]);
});
