import type { IncomingMessage } from "node:http";
import { expect, test } from "vitest";
import { secretBox } from "../drivers/system/secret-box.ts";
import { authenticate } from "./authenticate.ts";

/** The challenge for who comes under this host, without a token. */
function challengeFor(host: string | undefined): string | undefined {
  try {
    authenticate({ headers: { host } } as IncomingMessage, secretBox(Buffer.alloc(32, 7)), 0);
  } catch (refusal) {
    return (refusal as { headers: Readonly<Record<string, string>> }).headers["www-authenticate"];
  }
  return undefined;
}

test.each([
  ["localhost:4566", "localhost:4566"],
  ["Airfield.LAN", "airfield.lan"],
  ["[::1]:80", "[::1]:80"],
  [undefined, "localhost"],
  ['x",service="evil', "localhost"],
  ["user:password@evil.example", "localhost"],
  ["evil.example/path?", "localhost"],
])("a host header of %j is asked for a token in the realm of %s", (host, realm) => {
  expect(challengeFor(host)).toBe(`Basic realm="https://${realm}/",service="ecr.amazonaws.com"`);
});
