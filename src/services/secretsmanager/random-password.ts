import { InvalidParameterException, InvalidRequestException } from "@aws-sdk/client-secrets-manager";
import type { Ids } from "../../ports/ids.ts";
import { within } from "../constraints.ts";
import { because } from "../operation.ts";
import { operation, refuse } from "./secret.ts";

const LOWERCASE = "abcdefghijklmnopqrstuvwxyz";
const NUMBERS = "0123456789";
const PUNCTUATION = "!\"#$%&'()*+,-./:;<=>?@[\\]^_`{|}~";

export const getRandomPassword = operation("GetRandomPassword", {
  authorize: () => ({ action: "secretsmanager:GetRandomPassword", resource: "*" }),
  run(input, { ids }) {
    const { PasswordLength: length = 32, RequireEachIncludedType: each = true } = input;
    refuse(within("passwordLength", length, 1, 4096));
    const excluded = new Set(input.ExcludeCharacters ?? "");
    const alphabets = [
      input.ExcludeLowercase ? "" : LOWERCASE,
      input.ExcludeUppercase ? "" : LOWERCASE.toUpperCase(),
      input.ExcludeNumbers ? "" : NUMBERS,
      input.ExcludePunctuation ? "" : PUNCTUATION,
    ]
      .map((alphabet) => [...alphabet].filter((character) => !excluded.has(character)))
      .filter((alphabet) => alphabet.length > 0);
    // A space may be in it and is no type that has to be.
    const all = [...alphabets.flat(), ...(input.IncludeSpace && !excluded.has(" ") ? [" "] : [])];
    if (all.length === 0) throw new InvalidRequestException(because("The password can't be generated: every character is excluded."));
    if (each && length < alphabets.length)
      throw new InvalidParameterException(because("Password length is too short based on the required types."));
    const characters = (each ? alphabets : []).map((alphabet) => pick(alphabet, ids));
    while (characters.length < length) characters.push(pick(all, ids));
    return { RandomPassword: shuffled(characters, ids).join("") };
  },
});

function pick<T>(items: readonly T[], ids: Ids): T {
  return items[below(items.length, ids)] as T;
}

/** A number from 0 up to, without, `limit`. */
function below(limit: number, ids: Ids): number {
  // 52 bits over a few dozen items: no measurable bias.
  return Number.parseInt(ids.hex(13), 16) % limit;
}

function shuffled<T>(items: readonly T[], ids: Ids): readonly T[] {
  const result = [...items];
  for (let at = result.length - 1; at > 0; at--) {
    const other = below(at + 1, ids);
    [result[at], result[other]] = [result[other] as T, result[at] as T];
  }
  return result;
}
