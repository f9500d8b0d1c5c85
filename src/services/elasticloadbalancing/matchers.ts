import { invalid } from "./elb-operation.ts";

/** @param most 499 behind Application Load Balancers, 599 behind Network Load Balancers */
export function checkHttpMatcher(matcher: string, most: number): void {
  const ranges = rangesOf(matcher, /^\d{3}$/);
  if (!ranges)
    throw invalid(
      `Health check matcher HTTP code '${matcher}' must be a code, a comma-separated list or a range of codes, such as '200', '200,202' or '200-299'`,
    );
  if (ranges.some(([first, last]) => first > last || first < 200 || last > most))
    throw invalid(`Health check matcher HTTP code '${matcher}' must be within '200-${most}' inclusive`);
}

export function checkGrpcMatcher(matcher: string): void {
  const ranges = rangesOf(matcher, /^\d{1,2}$/);
  if (!ranges)
    throw invalid(
      `Health check matcher gRPC code '${matcher}' must be a code, a comma-separated list or a range of codes, such as '12', '0,1' or '0-5'`,
    );
  if (ranges.some(([first, last]) => first > last))
    throw invalid(`Health check matcher gRPC code '${matcher}' must be within '0-99' inclusive`);
}

/** The ranges of a list such as `200,202-204`; `undefined` where it is none. */
function rangesOf(matcher: string, code: RegExp): (readonly [first: number, last: number])[] | undefined {
  const parts = matcher.split(",").map((part) => part.split("-"));
  if (!parts.every((ends) => ends.length <= 2 && ends.every((end) => code.test(end)))) return undefined;
  return parts.map(([first, last = first]) => [Number(first), Number(last)] as const);
}
