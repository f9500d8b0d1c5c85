import { AwsError } from "../aws-error.ts";

/**
 * Refuses members that ask for what is not here, each by its name.
 * @param members the members' names in the input, and what they are about
 * @throws UnsupportedOperation
 */
export function refuseUnsupported<I extends object>(input: I, members: Partial<Record<keyof I & string, string>>): void {
  for (const [name, about] of Object.entries(members))
    if (input[name as keyof I] !== undefined)
      throw new AwsError("UnsupportedOperation", `The parameter ${name} is not supported here: ${String(about)}.`);
}

/**
 * What an earlier request with the same token made, in a list of those that have it.
 * @throws IdempotentParameterMismatch where it asked for something else
 */
export function madeBefore<R>(found: readonly R[], isSame: (record: R) => boolean): R | undefined {
  const [made] = found;
  if (made !== undefined && !isSame(made))
    throw new AwsError(
      "IdempotentParameterMismatch",
      "The client token provided matches a token used in a previous request with different parameters.",
    );
  return made;
}
