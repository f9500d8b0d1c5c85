import { DescribeParametersCommand, GetParameterHistoryCommand, PutParameterCommand, SSMClient } from "@aws-sdk/client-ssm";
import { expect, test } from "vitest";
import { apiWorld } from "../../testing/api-world.ts";
import { readPolicies } from "./parameter-policies.ts";

const NOW = Date.parse("2026-01-01T00:00:00Z");
const EXPIRATION = { Type: "Expiration", Version: "1.0", Attributes: { Timestamp: "2099-12-02T21:34:33.000Z" } };
const NOTICE = { Type: "ExpirationNotification", Version: "1.0", Attributes: { Before: "15", Unit: "Days" } };
const STALE = { Type: "NoChangeNotification", Version: "1.0", Attributes: { After: "20", Unit: "Hours" } };

test("policies are read with the times that they mean", () => {
  expect(readPolicies(JSON.stringify([EXPIRATION, NOTICE, STALE]), NOW)).toMatchObject([
    { type: "Expiration", at: Date.parse("2099-12-02T21:34:33Z") },
    { type: "ExpirationNotification", before: 15 * 86_400_000 },
    { type: "NoChangeNotification", after: 20 * 3_600_000 },
  ]);
  const offset = { ...EXPIRATION, Attributes: { Timestamp: "2099-11-01T22:13:48.87+10:30" } };
  expect(readPolicies(JSON.stringify(offset), NOW)).toMatchObject([{ at: Date.parse("2099-11-01T11:43:48.870Z") }]);
  expect(readPolicies("[{}]", NOW)).toEqual([]);
});

test.each([
  ["what is no JSON", "{", "ValidationException"],
  ["a list of texts", `["Expiration"]`, "ValidationException"],
  ["null", "null", "ValidationException"],
  ["a type that is none", { ...EXPIRATION, Type: "Rotation" }, "InvalidPolicyTypeException"],
  ["another version", { ...EXPIRATION, Version: "2.0" }, "InvalidPolicyAttributeException"],
  ["no timestamp", { ...EXPIRATION, Attributes: {} }, "InvalidPolicyAttributeException"],
  ["a day for a timestamp", { ...EXPIRATION, Attributes: { Timestamp: "2099-01-01" } }, "InvalidPolicyAttributeException"],
  ["a timestamp that is over", { ...EXPIRATION, Attributes: { Timestamp: "2018-12-02T21:34:33.000Z" } }, "InvalidPolicyAttributeException"],
  ["a unit that is none", { ...STALE, Attributes: { After: "1", Unit: "Weeks" } }, "InvalidPolicyAttributeException"],
  ["a duration of nothing", { ...STALE, Attributes: { After: "0", Unit: "Days" } }, "InvalidPolicyAttributeException"],
  ["two expirations", [EXPIRATION, EXPIRATION], "IncompatiblePolicyException"],
  ["notice of an expiration that there is not", [NOTICE], "IncompatiblePolicyException"],
  ["eleven policies", Array.from({ length: 11 }, () => STALE), "PoliciesLimitExceededException"],
])("%s is refused", (_what, policies, name) => {
  expect(() => readPolicies(typeof policies === "string" ? policies : JSON.stringify(policies), NOW)).toThrow(
    expect.objectContaining({ name }),
  );
});

async function policiesWorld() {
  const api = await apiWorld();
  const client = api.client(SSMClient);
  return {
    ...api,
    client,
    put: (input: object) =>
      client.send(
        new PutParameterCommand({ Name: "p", Value: "v", Type: "String", Tier: "Intelligent-Tiering", Overwrite: true, ...input }),
      ),
    described: async () => (await client.send(new DescribeParametersCommand({}))).Parameters![0]!,
  };
}

test("policies make a parameter advanced, outlive a new value, and go when asked", async () => {
  await using api = await policiesWorld();
  expect((await api.put({ Policies: JSON.stringify([EXPIRATION, NOTICE]) })).Tier).toBe("Advanced");
  await api.put({ Value: "w" });
  expect((await api.described()).Policies).toEqual([
    { PolicyType: "Expiration", PolicyText: JSON.stringify(EXPIRATION), PolicyStatus: "Pending" },
    { PolicyType: "ExpirationNotification", PolicyText: JSON.stringify(NOTICE), PolicyStatus: "Pending" },
  ]);
  await api.put({ Policies: "[{}]" });
  expect((await api.described()).Policies).toEqual([]);
  const { Parameters } = await api.client.send(new GetParameterHistoryCommand({ Name: "p" }));
  expect(Parameters!.map(({ Policies }) => Policies!.length)).toEqual([2, 2, 0]);
});

test("a standard parameter has no policies", async () => {
  await using api = await policiesWorld();
  await expect(api.put({ Tier: "Standard", Policies: JSON.stringify([STALE]) })).rejects.toThrow("advanced-parameter tier");
  await expect(api.put({ Tier: undefined, Policies: JSON.stringify([STALE]) })).rejects.toThrow("advanced-parameter tier");
});
