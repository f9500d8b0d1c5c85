import { CreateSecretCommand, SecretsManagerClient } from "@aws-sdk/client-secrets-manager";
import { expect, test } from "vitest";
import { systemClock } from "../drivers/system/clock.ts";
import { apiWorld } from "../testing/api-world.ts";

test("a body of more than 64 KiB is read, settled and carried out in turns of their own, a smaller one at once", async () => {
  let turns = 0;
  const soon = (run: () => void): Disposable => {
    turns += 1;
    return systemClock.soon(run);
  };
  await using world = await apiWorld({ clock: { ...systemClock, soon } });
  const client = world.client(SecretsManagerClient);
  const turnsOf = async (Name: string, length: number): Promise<number> => {
    turns = 0;
    await client.send(new CreateSecretCommand({ Name, SecretString: "x".repeat(length) }));
    return turns;
  };
  const small = await turnsOf("small", 1000);
  expect(await turnsOf("large", 65_536)).toBe(small + 3);
});
