import { CreateKeyCommand, KMSClient, type CreateKeyCommandInput } from "@aws-sdk/client-kms";
import { memoryJournal } from "../drivers/memory/journal.ts";
import type { JournalChange } from "../ports/journal.ts";
import { JournaledState } from "../state/journaled-state.ts";
import { apiWorld, type ApiWorld } from "./api-world.ts";
import { ManualClock } from "./manual-clock.ts";

export interface KmsWorld extends ApiWorld {
  readonly kms: KMSClient;
  readonly clock: ManualClock;
  /** Lets time pass, here and for the client, which signs by the machine's clock. */
  pass(ms: number): void;
  /** Makes a key and gives its ARN. */
  key(input?: CreateKeyCommandInput): Promise<string>;
  /** What a refused command says: `Code: message`. Fails where it is not refused. */
  refusal(command: object, client?: KMSClient): Promise<string>;
  /** All that the journal holds, as one text. */
  journal(): string;
}

export async function kmsWorld(): Promise<KmsWorld> {
  const records = new Map<string, JournalChange & { readonly value: string }>();
  const clock = new ManualClock(Date.now());
  const api = await apiWorld({ state: new JournaledState(memoryJournal(records), { records: records.values() }), clock });
  const kms = api.client(KMSClient);
  const start = clock.now();
  // The client would take its time from the Date of answers, which is the machine's.
  Object.defineProperty(kms.config, "systemClockOffset", { get: () => clock.now() - start, set: () => {} });
  return {
    ...api,
    kms,
    clock,
    pass: (ms) => clock.advance(ms),
    key: async (input = {}) => (await kms.send(new CreateKeyCommand(input))).KeyMetadata?.Arn ?? "",
    refusal: (command, client = kms) =>
      client.send(command as never).then(
        () => Promise.reject(new Error("it was not refused")),
        (error: Error) => `${error.name}: ${error.message}`,
      ),
    journal: () => [...records.values()].map(({ value }) => value).join("\n"),
    [Symbol.asyncDispose]: () => api[Symbol.asyncDispose](),
  };
}
