import { invalid } from "./key.ts";

const LONGEST_MESSAGE = 4096;

/** What is to be signed or authenticated: 1 to 4096 bytes. The refusal does not show it. @throws ValidationException */
export function checkMessage(message: Uint8Array | undefined): Uint8Array {
  const bound = (what: string): Error =>
    invalid(`1 validation error detected: Value at 'message' failed to satisfy constraint: Member must have length ${what}`);
  if (!message || message.length < 1) throw bound("greater than or equal to 1");
  if (message.length > LONGEST_MESSAGE) throw bound(`less than or equal to ${LONGEST_MESSAGE}`);
  return message;
}
