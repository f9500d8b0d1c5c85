/** What is wrong with a filter pattern, in AWS's words; never leaves this folder. */
export class PatternError extends Error {}

/** Refuses a term as AWS does. */
export function invalidCharacters(what: string): PatternError {
  return new PatternError(`Invalid character(s) in term '${what}'`);
}
