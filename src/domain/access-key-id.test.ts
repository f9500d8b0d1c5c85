import fc from "fast-check";
import { expect, test } from "vitest";
import { accessKeyId, accountOfAccessKeyId } from "./access-key-id.ts";

const accounts = fc.stringMatching(/^\d{12}$/);
const chances = fc.stringMatching(/^[0-9a-f]{20}$/);

test("an id tells its account, and has AWS's form", () => {
  fc.assert(
    fc.property(fc.constantFrom("AKIA" as const, "ASIA" as const), accounts, chances, (prefix, account, chance) => {
      const id = accessKeyId(prefix, account, chance);
      expect(id).toMatch(/^A[KS]IA[A-Z2-7]{16}$/);
      expect(accountOfAccessKeyId(id)).toBe(account);
    }),
  );
});

test("ids of one account differ where chance does", () => {
  expect(accessKeyId("ASIA", "123456789012", "00000000000000000001")).not.toBe(accessKeyId("ASIA", "123456789012", "00000000000000000002"));
});

test.each([
  ["of AWS's real scheme", "ASIAY34FZKBOKMUTVV7A", "609629065308"],
  ["that carries no account", "AKIAIOSFODNN7EXAMPLE", undefined],
  ["of a role", "AROAY34FZKBOKMUTVV7A", undefined],
  ["that is too short", "ASIAY34FZKBOKMUTVV7", undefined],
  ["of another alphabet", "ASIAY34FZKBOKMUTVV71", undefined],
  ["with bits beyond any account", "ASIA7777777777777777", undefined],
])("an id %s", (_what, id, account) => {
  expect(accountOfAccessKeyId(id)).toBe(account);
});
