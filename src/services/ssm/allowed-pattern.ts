import { InvalidAllowedPatternException, ParameterPatternMismatchException } from "@aws-sdk/client-ssm";
import { createContext, Script } from "node:vm";
import { because } from "../operation.ts";
import { invalid } from "./parameter.ts";

/** Milliseconds that a pattern may take. One that backtracks without end must not hold up everybody else. */
const LONGEST_MATCH = 100;
const MATCH = new Script("new RegExp(pattern).test(value)");

/** @throws InvalidAllowedPatternException, ParameterPatternMismatchException, ValidationException for a pattern that takes too long */
export function refusePattern(value: string, pattern: string | undefined): void {
  if (pattern === undefined || pattern === "") return;
  if (!isPattern(pattern))
    throw new InvalidAllowedPatternException(because(`The request does not meet the regular expression requirement: ${pattern}`));
  let fits: unknown;
  try {
    fits = MATCH.runInContext(createContext({ pattern, value }), { timeout: LONGEST_MATCH });
  } catch (cause) {
    if ((cause as { code?: unknown }).code !== "ERR_SCRIPT_EXECUTION_TIMEOUT") throw cause;
    throw invalid(`The parameter value could not be matched against allowedPattern in ${LONGEST_MATCH} milliseconds: ${pattern}`);
  }
  if (fits !== true)
    throw new ParameterPatternMismatchException(because(`Parameter value, cannot be validated against allowedPattern: ${pattern}`));
}

function isPattern(text: string): boolean {
  try {
    return new RegExp(text) instanceof RegExp;
  } catch {
    return false;
  }
}
