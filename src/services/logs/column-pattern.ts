import { comparison, disjunction, PatternScanner, type Matcher } from "./filter-comparison.ts";
import { PatternError } from "./pattern-error.ts";

type Column = "rest" | ((field: string) => boolean);

/** `[ip, user, status = 4* || status = 5*, ...]`: one condition for each column of a line. @throws PatternError */
export function columnPattern(pattern: string): Matcher {
  const scanner = new PatternScanner(pattern);
  scanner.expect(/\[/);
  const columns: Column[] = [];
  do columns.push(column(scanner));
  while (scanner.take(/,/));
  scanner.expect(/\]$/);
  const rest = columns.indexOf("rest");
  if (rest !== columns.lastIndexOf("rest")) throw new PatternError("Invalid filter pattern: more than one ellipsis");
  const head = conditions(rest < 0 ? columns : columns.slice(0, rest));
  const tail = conditions(rest < 0 ? [] : columns.slice(rest + 1));
  return (message) => {
    const fields = split(message);
    const fits = rest < 0 ? fields.length === head.length : fields.length >= head.length + tail.length;
    return (
      fits && head.every((holds, at) => holds(fields[at] ?? "")) && tail.every((holds, at) => holds(fields.at(at - tail.length) ?? ""))
    );
  };
}

function column(scanner: PatternScanner): Column {
  if (scanner.take(/\.\.\./)) return "rest";
  const only = scanner.take(/[A-Za-z_]\w*(?=\s*[,\]])/);
  if (only) return () => true;
  return disjunction<string>(scanner, () => {
    scanner.expect(/[A-Za-z_]\w*/);
    const test = comparison(scanner.operator(), scanner.literal());
    // A column is text; where it reads as a number, `=` compares it as one.
    return (field) =>
      test(/^-?\d+(\.\d+)?$/.test(field) && Number.isSafeInteger(Number(field)) && String(Number(field)) === field ? Number(field) : field);
  });
}

function conditions(columns: readonly Column[]): readonly ((field: string) => boolean)[] {
  return columns.filter((item) => item !== "rest");
}

/** The columns of a line: what is in brackets or in double quotes is one. */
function split(message: string): readonly string[] {
  return [...message.matchAll(/\[([^\]]*)\]|"([^"]*)"|(\S+)/g)].map(([, bracketed, quoted, word]) => bracketed ?? quoted ?? word ?? "");
}
