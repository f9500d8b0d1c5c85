import { expect, test } from "vitest";
import type { IdentityProviders, PublishedKey } from "../ports/identity-providers.ts";

/** An issuer that a contract test changes. */
export interface ContractIssuer {
  readonly url: string;
  publish(keys: readonly PublishedKey[]): void;
  /** From now on nobody answers. */
  goDown(): Promise<void>;
  /** From now on it answers, and is no issuer. */
  stopBeingOne(): void;
}

/** What every implementation of the port must do. */
export function identityProvidersContract(
  open: () => Promise<{ readonly providers: IdentityProviders; readonly issuer: ContractIssuer } & AsyncDisposable>,
): void {
  const key = (kid: string): PublishedKey => ({ kid, kty: "oct" });

  test("the keys that an issuer publishes are found", async () => {
    await using world = await open();
    world.issuer.publish([key("a"), key("b")]);
    expect(await world.providers.signingKeys(world.issuer.url, "a")).toEqual({ kind: "found", keys: [key("a"), key("b")] });
  });

  test("an issuer that publishes no key has none", async () => {
    await using world = await open();
    world.issuer.publish([]);
    expect(await world.providers.signingKeys(world.issuer.url, undefined)).toEqual({ kind: "found", keys: [] });
  });

  test("an issuer that is down is unreachable", async () => {
    await using world = await open();
    await world.issuer.goDown();
    expect(await world.providers.signingKeys(world.issuer.url, "a")).toMatchObject({ kind: "unreachable" });
  });

  test("what is no issuer is unusable", async () => {
    await using world = await open();
    world.issuer.stopBeingOne();
    expect(await world.providers.signingKeys(world.issuer.url, "a")).toMatchObject({ kind: "unusable" });
  });
}
