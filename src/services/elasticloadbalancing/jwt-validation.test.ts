import type { JwtValidationActionAdditionalClaim, JwtValidationActionConfig } from "@aws-sdk/client-elastic-load-balancing-v2";
import { expect, test } from "vitest";
import { checkJwtValidation } from "./jwt-validation.ts";

const BASE: JwtValidationActionConfig = { JwksEndpoint: "https://login.example.com/keys", Issuer: "https://login.example.com" };
const claim = (more: Partial<JwtValidationActionAdditionalClaim> = {}): JwtValidationActionAdditionalClaim => ({
  ...{ Name: "scope", Format: "space-separated-values", Values: ["read", "write"], ...more },
});
const check = (config: JwtValidationActionConfig | undefined) => checkJwtValidation(config, "actions.1.member");

test("what is asked for is kept as it is", () => {
  const whole = { ...BASE, AdditionalClaims: [claim(), claim({ Name: "aud", Format: "string-array", Values: ["a b"] })] };
  expect([check(BASE), check(whole)]).toEqual([BASE, whole]);
});

test.each<[string, JwtValidationActionConfig | undefined, string]>([
  ["nothing", undefined, "must be specified"],
  ["an endpoint without TLS", { ...BASE, JwksEndpoint: "http://login.example.com/keys" }, "must be a full URL"],
  ["an endpoint with a password", { ...BASE, JwksEndpoint: "https://a:b@login.example.com/keys" }, "must be a full URL"],
  ["a long endpoint", { ...BASE, JwksEndpoint: `https://login.example.com/${"a".repeat(240)}` }, "at most 256"],
  ["no issuer", { ...BASE, Issuer: "" }, "The issuer ''"],
  ["a claim that is looked at anyway", { ...BASE, AdditionalClaims: [claim({ Name: "iss" })] }, "validated by default"],
  ["a claim with a path", { ...BASE, AdditionalClaims: [claim({ Name: "a.b" })] }, "the claim 'a.b' is refused"],
  ["a claim twice", { ...BASE, AdditionalClaims: [claim(), claim()] }, "a name of its own"],
  ["eleven claims", { ...BASE, AdditionalClaims: Array.from({ length: 11 }, (_, at) => claim({ Name: `c${at}` })) }, "at most 10"],
  ["no value", { ...BASE, AdditionalClaims: [claim({ Values: [] })] }, "1 to 10 values"],
  ["an empty value", { ...BASE, AdditionalClaims: [claim({ Values: [""] })] }, "1 to 256"],
  ["a space in one of several", { ...BASE, AdditionalClaims: [claim({ Values: ["a b"] })] }, "cannot contain a space"],
  ["two texts of one", { ...BASE, AdditionalClaims: [claim({ Format: "single-string" })] }, "must have one value"],
  ["another format", { ...BASE, AdditionalClaims: [claim({ Format: "number" as never })] }, "format"],
])("%s is refused", (_what, config, message) => {
  expect(() => check(config)).toThrow(message);
});
