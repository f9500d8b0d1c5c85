import { describe } from "vitest";
import type { PublishedKey } from "../ports/identity-providers.ts";
import { fakeIdentityProviders } from "./fake-identity-providers.ts";
import { identityProvidersContract } from "./identity-providers-contract.ts";

describe("identity providers that are made up", () => {
  identityProvidersContract(() => {
    const url = "https://issuer.example";
    const issuers = new Map<string, readonly PublishedKey[] | "down">();
    return Promise.resolve({
      providers: fakeIdentityProviders(issuers),
      issuer: {
        url,
        publish: (keys) => void issuers.set(url, keys),
        goDown: () => Promise.resolve(void issuers.set(url, "down")),
        stopBeingOne: () => void issuers.delete(url),
      },
      [Symbol.asyncDispose]: () => Promise.resolve(),
    });
  });
});
